import CModuleShim
import MappedArray

/// Work on an array that may be huge, done in slices so that other clients are served in between.
///
/// The array may change between two slices, or lose its key: a slice looks at what is there when it runs, so that the
/// answer was true for each element at some moment.
protocol SlicedWork<Element> {
  associatedtype Element: MappableElement

  /// The event that tells of the change, or nil if the work changes nothing.
  var event: StaticString? { get }

  /// Does the next slice and answers whether more are left.
  mutating func advance(_ array: TypedArray<Element>) throws(CommandError) -> Bool

  func reply(to call: Call)
}

/// How much a slice does: about a millisecond of it.
enum Slice {
  /// Of elements that are read or written, in bytes.
  static let bytes = 4 << 20
  /// Of disk space that is freed, in bytes.
  static let freedBytes = 16 << 20
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

/// Does all of the work and replies: at once if it is little or if the call cannot wait, otherwise in slices while the
/// client is blocked.
func perform<Work: SlicedWork>(
  _ work: Work, on array: TypedArray<Work.Element>, for call: Call
) throws(CommandError) {
  var work = work
  var isMore = try work.advance(array)
  if isMore, call.mayBlock, let job = Job(work, on: array, for: call) {
    Module.current.work.add(job)
    return
  }
  while isMore { isMore = try work.advance(array) }
  if let event = work.event { call.changed(event) }
  work.reply(to: call)
}

extension Call {
  /// Whether the client can be kept waiting: not in a script or a transaction, not when a master or the AOF speaks.
  fileprivate var mayBlock: Bool {
    let flags =
      SERVER_CONTEXT_LUA | SERVER_CONTEXT_MULTI | SERVER_CONTEXT_DENY_BLOCKING | SERVER_CONTEXT_REPLICATED
      | SERVER_CONTEXT_LOADING
    return !has(flags)
  }
}
