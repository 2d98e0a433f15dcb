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
