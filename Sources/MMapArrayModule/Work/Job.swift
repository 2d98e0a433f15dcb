import MappedArray

/// Sliced work that goes on after its command.
class Job: BlockedCall {
  /// Does the next slice and answers whether more are left.
  func advance() -> Bool { false }

  /// Whether this is a change that counts as done already.
  var isUnfinishedChange: Bool { false }

  /// Does all that is left, and lets the client go on.
  final func complete() {
    while advance() {}
    unblock()
  }
}

/// A job of one kind of work.
final class SlicedJob<Work: SlicedWork>: Job {
  private var work: Work
  private let served: ServedArray
  private var failure: CommandError?
  private var isMore = true

  init(_ work: Work, on array: TypedArray<Work.Element>) {
    self.work = work
    served = array.served
    // The array stays mapped until the work is done, whatever becomes of its keys.
    Module.current.arrays.retain(served)
  }

  deinit {
    Module.current.arrays.release(served)
  }

  override func advance() -> Bool {
    guard isMore else { return false }
    do throws(CommandError) {
      isMore = try work.advance(served.typed(as: Work.Element.self))
    } catch {
      served.noticeFault(error)
      failure = error
      isMore = false
    }
    if !isMore { finish() }
    return isMore
  }

  private func finish() {
    guard served.work.unfinishedChange === self else { return }
    served.work.unfinishedChange = nil
    do throws(CommandError) {
      // Its first slice has been flushed, or a flush has been asked for.
      try Module.current.flusher.changed(served)
    } catch {
      failure = failure ?? error
    }
  }

  override var isUnfinishedChange: Bool { served.work.unfinishedChange === self }

  override func reply(to call: Call) {
    if let failure {
      _ = failure.reply(to: call)
    } else {
      work.reply(to: call)
    }
  }
}
