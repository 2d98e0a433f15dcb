import MappedArray
import ModuleWork
import ServerModule

/// Work that changes an array that may be huge, done in slices so that other clients are served in between.
///
/// It counts as done with its first slice: the next change of the array, or a fork, does the rest of it first.
protocol SlicedWork<Element> {
  associatedtype Element: MappableElement

  /// Does the next slice.
  ///
  /// - Returns: whether more are left.
  mutating func advance(_ array: TypedArray<Element>) throws(CommandError) -> Bool

  func reply(to call: Call)
}

extension Services {
  /// Does work that changes. `propagate` is called once the first slice has shown that the change can be made.
  func perform<Work: SlicedWork>(
    _ work: Work, on array: TypedArray<Work.Element>, for call: Call, propagate: () throws(CommandError) -> Void
  ) throws(CommandError) {
    var work = work
    let isMore = try work.advance(array)
    try propagate()
    guard isMore else { return work.reply(to: call) }
    let job = SlicedJob(work, on: array, with: self)
    array.served.unfinishedChange = job
    if call.origin == .primary {
      // A primary waits for nobody.
      job.reply(to: call)
    } else if !call.mayBlock || !job.block(call) {
      job.complete()
      job.reply(to: call)
      return
    }
    self.work.add(job)
  }
}

/// A job of one kind of work.
private final class SlicedJob<Work: SlicedWork>: BackgroundJob {
  private var work: Work
  private let array: ServedArray
  private let arrays: ArrayRegistry
  private let flusher: Flusher
  private var failure: CommandError?
  private var isMore = true

  init(_ work: Work, on array: TypedArray<Work.Element>, with services: Services) {
    self.work = work
    self.array = array.served
    arrays = services.arrays
    flusher = services.flusher
    super.init()
    // The array stays mapped until the work is done, whatever becomes of its keys.
    arrays.retain(self.array)
  }

  deinit { arrays.release(array) }

  override func advance() -> Bool {
    guard isMore else { return false }
    do throws(CommandError) {
      isMore = try work.advance(TypedArray(array))
    } catch {
      arrays.recover(array, after: error)
      failure = error
      isMore = false
    }
    if !isMore { finish() }
    return isMore
  }

  private func finish() {
    guard array.unfinishedChange === self else { return }
    array.unfinishedChange = nil
    do throws(CommandError) {
      // Its first slice has been flushed, or a flush has been asked for.
      try flusher.changed(array)
    } catch {
      failure = failure ?? error
    }
  }

  override var isUnfinishedChange: Bool { array.unfinishedChange === self }

  override func reply(to call: Call) {
    if let failure {
      call.reply.error(failure)
    } else {
      work.reply(to: call)
    }
  }
}
