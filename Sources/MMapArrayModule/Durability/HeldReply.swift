import MappedArray
import ServerModule

/// A client whose reply waits for a flush.
final class HeldReply: BlockedCall, FlushWaiter {
  private let answer: any ChangeReply
  private var failure: MappedArrayError?

  init(_ answer: some ChangeReply) { self.answer = answer }

  func flushEnded(_ failure: MappedArrayError?) {
    self.failure = failure
    unblock()
  }

  override func reply(to call: Call) {
    if let failure {
      call.reply.error(CommandError.array(failure))
    } else {
      answer.write(to: call.reply)
    }
  }
}

extension Flusher {
  /// Replies once all that has been changed is on the disk. The client waits for that, and nobody else does, if it can be
  /// kept waiting.
  ///
  /// - Throws: why the flush failed, if it was done at once.
  @inline(never)
  func reply(_ answer: some ChangeReply, to call: Call, after array: ServedArray) throws(CommandError) {
    if call.mayBlock, let flush = sharedFlush(of: array) {
      let held = HeldReply(answer)
      if held.block(call) { return flush.add(held) }
    }
    try flush(array, for: call)
    answer.write(to: call.reply)
  }

  /// Flushes an array at once. A primary is not told of a failure: it could not do anything about it.
  func flush(_ array: ServedArray, for call: Call) throws(CommandError) {
    do throws(CommandError) {
      try flush(array)
    } catch {
      if call.origin != .primary { throw error }
    }
  }
}
