/// How much a slice does: about a millisecond of it.
package enum SliceSize {
  /// Of elements that are read or written, in bytes.
  package static let bytes = 4 << 20
  /// Of disk space that is freed, in bytes.
  package static let freedBytes = 4 << 20
}

/// The slices of a range of elements, first to last.
package struct Slices<Element> {
  private var rest: Range<Int>

  package init(_ range: Range<Int>) { rest = range }

  package var isEmpty: Bool { rest.isEmpty }

  /// What `next` returns.
  package var first: Range<Int> {
    var copy = self
    return copy.next()
  }

  /// The next slice: a multiple of the blocks in which aggregates are computed, so that results do not depend on it.
  package mutating func next() -> Range<Int> {
    let slice = rest.prefix(SliceSize.bytes / MemoryLayout<Element>.stride)
    rest = slice.upperBound..<rest.upperBound
    return slice
  }
}
