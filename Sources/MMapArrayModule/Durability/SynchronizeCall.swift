import MappedArray
import ServerModule

/// A client that waits for the flush of an array.
final class SynchronizeCall: BlockedCall {
  let array: ServedArray
  private let arrays: ArrayRegistry
  private let flusher: Flusher
  var failure: MappedArrayError?

  init(_ array: ServedArray, in arrays: ArrayRegistry, _ flusher: Flusher) {
    self.array = array
    self.arrays = arrays
    self.flusher = flusher
    super.init()
    arrays.retain(array)
  }

  deinit { arrays.release(array) }

  /// Lets the client wait, and flushes off the main thread where that can be had.
  ///
  /// - Returns: false if the client cannot wait; nothing has been done then.
  func begin(_ call: Call) -> Bool {
    guard call.mayBlock, block(call) else { return false }
    if flusher.submit(array, for: self) { return true }
    do throws(CommandError) {
      try flusher.flush(array)
    } catch {
      if case .array(let error) = error { failure = error }
    }
    unblock()
    return true
  }

  override func reply(to call: Call) {
    if let failure {
      call.reply.error(CommandError.array(failure))
    } else {
      call.reply.ok()
    }
  }
}
