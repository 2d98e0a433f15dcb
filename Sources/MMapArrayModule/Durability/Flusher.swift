import CFlusher
import CModuleShim
import Glibc
import MappedArray

/// Flushes arrays to the disk, by the thread in `CFlusher` or at once, and keeps count of what failed.
final class Flusher {
  /// What is waiting for the end of a flush.
  private enum Waiting {
    case array(FileIdentity)
    case call(SynchronizeCall)
  }

  private(set) var failures = 0
  private(set) var flushes = 0
  /// Arrays that have become dirty since the last round.
  private var dirty: [FileIdentity] = []
  private var waiting: [UInt64: Waiting] = [:]
  private var lastToken: UInt64 = 0

  /// Begins to flush: every second, and whenever somebody waits.
  func start(_ context: OpaquePointer?) {
    let results = flusher_start()
    guard results >= 0 else {
      log(context, .warning, "no thread for flushing: mmaparray.fsync everysec flushes on the main thread")
      return
    }
    _ = server_EventLoopAdd(
      results, Int32(SERVER_EVENT_LOOP_READABLE), { _, _, _ in Module.current.flusher.takeResults() }, nil)
  }

  /// An array has been changed: flushes it or notes that it is to be flushed.
  ///
  /// - Throws: if it was flushed, why that failed.
  @inline(__always)
  func changed(_ array: ServedArray) throws(CommandError) {
    switch FlushPolicy.current {
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
    guard let file = array.file.duplicateDescriptor() else { return }
    if !flusher_submit(file, 0) { close(file) }
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

  /// Makes sure that the array may be changed after a failed flush: another must succeed first. What a master sends is
  /// done in any case: a replica that left it out would differ for ever.
  func checkWritable(_ array: ServedArray, _ call: Call) throws(CommandError) {
    if !call.has(SERVER_CONTEXT_REPLICATED) { try flush(array) }
  }

  /// The round of `everysec`.
  func flushDirty() {
    let identities = dirty
    dirty = []
    for identity in identities {
      guard let array = Module.current.arrays.array(identity) else { continue }
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
    guard FlushPolicy.current != .no else { return }
    for array in Module.current.arrays.all where array.flush.isDirty {
      array.flush.isDirty = false
      try? flush(array)
    }
  }

  /// Flushes for a call that waits. False if it cannot be done off the main thread.
  func submit(_ array: ServedArray, for call: SynchronizeCall) -> Bool { submit(array, .call(call)) }

  private func submit(_ array: ServedArray, _ entry: Waiting) -> Bool {
    guard let file = array.file.duplicateDescriptor() else { return false }
    lastToken &+= 1
    guard flusher_submit(file, lastToken) else {
      close(file)
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
        guard let array = Module.current.arrays.array(identity) else {
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
    flushes += 1
    if let failure {
      failures += 1
      // Once, however many changes are refused.
      if array.flush.failure == nil { log(nil, .warning, "flush failed, no changes until one succeeds: \(failure)") }
    } else if array.flush.failure != nil {
      log(nil, .notice, "flush succeeded again: \(quoted(array.file.path.bytes))")
    }
    array.flush.failure = failure
  }

  /// A flush has ended whose array is not there any more.
  private func flushedUnwatched(_ code: Int32) {
    flushes += 1
    guard code != 0 else { return }
    failures += 1
    log(nil, .warning, "the flush of a file that is not mapped any more failed: \(String(cString: strerror(code)))")
  }
}

/// A client that waits for the flush of an array.
final class SynchronizeCall: BlockedCall {
  let array: ServedArray
  fileprivate(set) var failure: MappedArrayError?

  init(_ array: ServedArray) {
    self.array = array
    Module.current.arrays.retain(array)
  }

  deinit {
    Module.current.arrays.release(array)
  }

  /// Flushes on the main thread, where the other one cannot.
  func flushNow() {
    do throws(CommandError) {
      try Module.current.flusher.flush(array)
    } catch {
      if case .array(let error) = error { failure = error }
    }
    unblock()
  }

  override func reply(to call: Call) {
    if let failure {
      _ = CommandError.array(failure).reply(to: call)
    } else {
      call.replyOK()
    }
  }
}
