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
  @inline(__always)
  func changed(_ array: ServedArray) throws(CommandError) {
    switch FlushPolicy.current {
    case .no: break
    case .everysec:
      guard !array.isDirty else { return }
      array.isDirty = true
      dirty.append(array.identity)
    case .always: try flush(array)
    }
  }

  /// Flushes an array and waits for it.
  func flush(_ array: ServedArray) throws(CommandError) {
    do throws(MappedArrayError) {
      try array.synchronize()
      flushed(array, failure: nil)
    } catch {
      flushed(array, failure: error)
      throw .array(error)
    }
  }

  /// Makes sure that the array may be changed: after a failed flush, another must succeed first.
  func checkWritable(_ array: ServedArray) throws(CommandError) {
    if array.flushFailure != nil { try flush(array) }
  }

  /// The round of `everysec`.
  func flushDirty() {
    let identities = dirty
    dirty = []
    for identity in identities {
      guard let array = Module.current.arrays.array(identity) else { continue }
      array.isDirty = false
      if !submit(array, .array(identity)) {
        // The thread has more than enough to do: next second.
        array.isDirty = true
        dirty.append(identity)
      }
    }
  }

  /// Flushes for a call that waits. False if it cannot be done off the main thread.
  func submit(_ array: ServedArray, for call: SynchronizeCall) -> Bool { submit(array, .call(call)) }

  private func submit(_ array: ServedArray, _ entry: Waiting) -> Bool {
    guard let file = array.duplicateDescriptor() else { return false }
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
      guard let entry = waiting.removeValue(forKey: result.token) else { continue }
      switch entry {
      case .array(let identity):
        // It may have been unmapped meanwhile.
        guard let array = Module.current.arrays.array(identity) else { continue }
        flushed(array, failure: array.flushError(result.error))
      case .call(let call):
        call.failure = call.array.flushError(result.error)
        flushed(call.array, failure: call.failure)
        call.unblock()
      }
    }
  }

  private func flushed(_ array: ServedArray, failure: MappedArrayError?) {
    flushes += 1
    if let failure {
      failures += 1
      log(nil, .warning, "flush failed, no changes until one succeeds: \(failure)")
    } else if array.flushFailure != nil {
      log(nil, .notice, "flush succeeded again: \(array.pathText)")
    }
    array.flushFailure = failure
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
