import MappedArray
import ModuleWork
import ServerModule

/// Work that reads an array that may be huge, done in slices so that other clients are served in between.
///
/// It looks at what is there when a slice runs: the array may change in between or lose its key, and the reply was true for
/// each element at some moment.
protocol SlicedWork<Element> {
  associatedtype Element: MappableElement

  /// Does the next slice.
  ///
  /// - Returns: whether more are left.
  mutating func advance(_ array: TypedArray<Element>) throws(CommandError) -> Bool

  func reply(to call: Call)
}

extension Services {
  /// Does work that reads: at once if it is little or if the call cannot wait, otherwise while the client is blocked.
  func perform<Work: SlicedWork>(
    _ work: Work, on array: TypedArray<Work.Element>, for call: Call
  ) throws(CommandError) {
    var work = work
    guard try work.advance(array) else { return work.reply(to: call) }
    let job = SlicedJob(work, on: array, with: self)
    if call.mayBlock, job.block(call) {
      self.work.add(job)
    } else {
      job.complete()
      job.reply(to: call)
    }
  }
}

/// A job of one kind of work.
private final class SlicedJob<Work: SlicedWork>: BackgroundJob {
  private var work: Work
  private let array: ServedArray
  private let arrays: ArrayRegistry
  private var failure: CommandError?
  private var isMore = true

  init(_ work: Work, on array: TypedArray<Work.Element>, with services: Services) {
    self.work = work
    self.array = array.served
    arrays = services.arrays
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
    return isMore
  }

  override func reply(to call: Call) {
    if let failure {
      call.reply.error(failure)
    } else {
      work.reply(to: call)
    }
  }
}
