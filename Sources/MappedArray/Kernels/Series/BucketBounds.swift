/// A range in parts of as equal size as possible: part *i* begins with the element ⌊*i*·length/count⌋ of it.
public struct BucketBounds: Sendable, Equatable {
  /// The whole range.
  public let range: Range<Int>
  /// How many parts there are: no more than the range has elements.
  public let count: Int

  /// Divides a range into `count` parts, or into single elements if it has fewer.
  public init(_ range: Range<Int>, count: Int) {
    self.range = range
    self.count = max(0, min(count, range.count))
  }

  /// The index of the first element of a part, or of the end; `bucket` is in `0...count`.
  public func start(of bucket: Int) -> Int {
    guard count > 0 else { return range.lowerBound }
    let (high, low) = UInt(bitPattern: bucket).multipliedFullWidth(by: UInt(bitPattern: range.count))
    // The quotient is no greater than the length, so that it fits.
    return range.lowerBound &+ Int(bitPattern: UInt(bitPattern: count).dividingFullWidth((high, low)).quotient)
  }

  /// The part that an element of the range belongs to.
  public func bucket(of index: Int) -> Int {
    guard count > 0, range.contains(index) else { return 0 }
    // The last part that begins at or before the index: bucket·length < (offset + 1)·count.
    let offset = UInt(bitPattern: index &- range.lowerBound)
    let (high, low) = (offset &+ 1).multipliedFullWidth(by: UInt(bitPattern: count))
    let before = low == 0 ? (high &- 1, UInt.max) : (high, low &- 1)
    return Int(bitPattern: UInt(bitPattern: range.count).dividingFullWidth(before).quotient)
  }
}

extension ElementView {
  /// Calls `body` with the pieces that blocks and the bounds of buckets cut the view into: the number of the bucket, the
  /// piece, and the index of its first element.
  ///
  /// - Parameters:
  ///   - index: that of the view's first element.
  ///   - first: the bucket that it belongs to.
  ///   - start: where a bucket begins; greater than that of the one before.
  @inline(__always)
  func forEachPiece(
    at index: Int, from first: Int, start: (Int) -> Int, _ body: (Int, ElementView, Int) -> Void
  ) {
    var bucket = first
    var end = start(bucket &+ 1) &- index
    var offset = 0
    while offset < count {
      let blockEnd = (offset / Self.blockCount &+ 1) &* Self.blockCount
      let pieceEnd = min(blockEnd, end, count)
      guard pieceEnd > offset else { return }
      body(bucket, slice(from: offset, limit: pieceEnd &- offset), index &+ offset)
      offset = pieceEnd
      if offset == end {
        bucket &+= 1
        end = start(bucket &+ 1) &- index
      }
    }
  }
}
