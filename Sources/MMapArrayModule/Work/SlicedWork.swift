import CModuleShim
import MappedArray

/// Work on an array that may be huge, done in slices so that other clients are served in between.
///
/// Work that reads looks at what is there when a slice runs: the array may change in between or lose its key, and the
/// answer was true for each element at some moment. Work that changes counts as done with its first slice: the next
/// change of the array, or a fork, does the rest of it first.
protocol SlicedWork<Element> {
  associatedtype Element: MappableElement

  /// Does the next slice and answers whether more are left.
  mutating func advance(_ array: TypedArray<Element>) throws(CommandError) -> Bool

  func reply(to call: Call)
}

/// How much a slice does: about a millisecond of it.
enum Slice {
  /// Of elements that are read or written, in bytes.
  static let bytes = 4 << 20
  /// Of disk space that is freed, in bytes.
  static let freedBytes = 4 << 20
}

/// The slices of a range of elements, first to last.
struct Slices<Element> {
  private var rest: Range<Int>

  init(_ range: Range<Int>) { rest = range }

  var isEmpty: Bool { rest.isEmpty }

  /// The next slice: a multiple of the blocks in which aggregates are computed, so that results do not depend on it.
  mutating func next() -> Range<Int> {
    let slice = rest.prefix(Slice.bytes / MemoryLayout<Element>.stride)
    rest = slice.upperBound..<rest.upperBound
    return slice
  }
}

/// Does work that reads: at once if it is little or if the call cannot wait, otherwise while the client is blocked.
func perform<Work: SlicedWork>(
  _ work: Work, on array: TypedArray<Work.Element>, for call: Call
) throws(CommandError) {
  var work = work
  guard try work.advance(array) else { return work.reply(to: call) }
  let job = SlicedJob(work, on: array)
  if call.mayBlock, job.block(call) {
    Module.current.work.add(job)
  } else {
    job.complete()
    job.reply(to: call)
  }
}

/// Does work that changes. `announce` tells of the change once the first slice has shown that it can be made.
func perform<Work: SlicedWork>(
  _ work: Work, on array: TypedArray<Work.Element>, for call: Call, announce: () throws(CommandError) -> Void
) throws(CommandError) {
  var work = work
  let isMore = try work.advance(array)
  try announce()
  guard isMore else { return work.reply(to: call) }
  let job = SlicedJob(work, on: array)
  array.served.work.unfinishedChange = job
  if call.has(SERVER_CONTEXT_REPLICATED) {
    // A master waits for nobody.
    job.reply(to: call)
  } else if !call.mayBlock || !job.block(call) {
    job.complete()
    job.reply(to: call)
    return
  }
  Module.current.work.add(job)
}
