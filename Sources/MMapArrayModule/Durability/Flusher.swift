import CFlusher
import Glibc
import MappedArray
import ServerModule

/// Flushes arrays to the disk, by the thread in `CFlusher` or at once, and keeps count of what failed.
final class Flusher {
  /// What is waiting for the end of a flush.
  private enum Waiting {
    case array(FileIdentity)
    case call(SynchronizeCall)
  }

  private let arrays: ArrayRegistry
  private let setting: FlushSetting
  private(set) var failureCount = 0
  private(set) var count = 0
  /// Arrays that have become dirty since the last round.
  private var dirty: [FileIdentity] = []
  private var waiting: [UInt64: Waiting] = [:]
  private var lastToken: UInt64 = 0
  /// Where the thread's results come out.
  private var results: ReadableDescriptor?

  init(_ arrays: ArrayRegistry, _ setting: FlushSetting) {
    self.arrays = arrays
    self.setting = setting
  }

  /// Begins to flush: every second, and whenever somebody waits.
  func start(_ context: Context) {
    let descriptor = flusher_start()
    guard descriptor >= 0 else {
      return context.log(.warning, "no thread for flushing: mmaparray.fsync everysec flushes on the main thread")
    }
    results = ReadableDescriptor(descriptor) { [unowned self] in takeResults() }
    _ = results?.start()
  }

  /// An array has been changed: flushes it or notes that it is to be flushed.
  ///
  /// - Throws: if it was flushed, why that failed.
  @inline(__always)
  func changed(_ array: ServedArray) throws(CommandError) {
    switch setting.policy {
    case .no: break
    case .everysec:
      guard !array.flush.isDirty else { return }
      array.flush.isDirty = true
      dirty.append(array.identity)
    case .always: try flush(array)
    }
  }

  /// Flushes an array that nobody is bound to any more, without waiting. May be called on any thread.
  static func flushUnwatched(_ array: ServedArray) {
    guard let descriptor = array.file.duplicateDescriptor() else { return }
    if !flusher_submit(descriptor, 0) { close(descriptor) }
  }

  /// Flushes an array and waits for it.
  func flush(_ array: ServedArray) throws(CommandError) {
    do throws(MappedArrayError) {
      try array.file.synchronize()
      flushed(array, failure: nil)
    } catch {
      flushed(array, failure: error)
      throw .array(error)
    }
  }

  /// Makes sure that the array may be changed after a failed flush: another must succeed first. What a primary sends is
  /// done in any case: a replica that left it out would differ for ever.
  func checkWritable(_ array: ServedArray, _ call: Call) throws(CommandError) {
    if call.origin != .primary { try flush(array) }
  }

  /// The round of every second.
  func flushDirty() {
    guard setting.policy == .everysec else { return }
    let identities = dirty
    dirty = []
    for identity in identities {
      guard let array = arrays.array(identity) else { continue }
      // Where a flush is still under way, or the thread has more than enough to do: next second.
      if !array.flush.isFlushing, submit(array, .array(identity)) {
        (array.flush.isDirty, array.flush.isFlushing) = (false, true)
      } else {
        dirty.append(identity)
      }
    }
  }

  /// The server ends: flushes what has changed since the last round, and waits for it.
  func finish() {
    guard setting.policy != .no else { return }
    for array in arrays.all where array.flush.isDirty {
      array.flush.isDirty = false
      // A failure is logged and counted.
      try? flush(array)
    }
  }

  /// Flushes for a call that waits.
  ///
  /// - Returns: false if it cannot be done off the main thread.
  func submit(_ array: ServedArray, for call: SynchronizeCall) -> Bool { submit(array, .call(call)) }

  private func submit(_ array: ServedArray, _ entry: Waiting) -> Bool {
    guard let descriptor = array.file.duplicateDescriptor() else { return false }
    lastToken &+= 1
    guard flusher_submit(descriptor, lastToken) else {
      close(descriptor)
      return false
    }
    waiting[lastToken] = entry
    return true
  }

  private func takeResults() {
    var result = flusher_result()
    while flusher_take(&result) {
      switch waiting.removeValue(forKey: result.token) {
      case .array(let identity)?:
        // It may have been unmapped meanwhile.
        guard let array = arrays.array(identity) else {
          flushedUnwatched(result.error)
          continue
        }
        array.flush.isFlushing = false
        flushed(array, failure: array.file.flushError(result.error))
      case nil: flushedUnwatched(result.error)
      case .call(let call)?:
        call.failure = call.array.file.flushError(result.error)
        flushed(call.array, failure: call.failure)
        call.unblock()
      }
    }
  }

  private func flushed(_ array: ServedArray, failure: MappedArrayError?) {
    count += 1
    if let failure {
      failureCount += 1
      // Once, however many changes are refused.
      if array.flush.failure == nil {
        Context.none.log(.warning, "flush failed, no changes until one succeeds: \(failure)")
      }
    } else if array.flush.failure != nil {
      Context.none.log(.notice, "flush succeeded again: \(quoted(array.file.path.bytes))")
    }
    array.flush.failure = failure
  }

  /// A flush has ended whose array is not there any more.
  private func flushedUnwatched(_ code: Int32) {
    count += 1
    guard code != 0 else { return }
    failureCount += 1
    Context.none.log(
      .warning, "the flush of a file that is not mapped any more failed: \(String(cString: strerror(code)))")
  }
}
