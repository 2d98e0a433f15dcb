/// What all slices need to know of buckets.
public struct BucketPass: Sendable {
  let bounds: BucketBounds
  let needsExtremes: Bool
  let needsSum: Bool
  let needsSquares: Bool
}

/// What a bucket holds, or the part of it that has been read.
public struct BucketPart<Element: AggregatableElement>: Sendable {
  let bucket: Int
  private(set) var count: Int
  let first: Element
  private(set) var last: Element
  private(set) var minimum: Element
  private(set) var maximum: Element
  private(set) var indexOfMinimum: Int
  private(set) var indexOfMaximum: Int
  private(set) var sum = PieceSum()
  private(set) var mean = 0.0
  private(set) var squares = 0.0

  /// Looks at a piece of at most a block, which has an element.
  @inline(__always)
  init(_ piece: ElementView<Element>, at index: Int, of bucket: Int, in pass: BucketPass) {
    self.bucket = bucket
    count = piece.count
    first = piece[0]
    last = piece[piece.count &- 1]
    (minimum, maximum, indexOfMinimum, indexOfMaximum) = (first, first, index, index)
    if pass.needsExtremes {
      let extremes = Element.extremes(of: piece)
      (minimum, indexOfMinimum) = (extremes.minimum.value, index &+ extremes.minimum.index)
      (maximum, indexOfMaximum) = (extremes.maximum.value, index &+ extremes.maximum.index)
    }
    guard pass.needsSum else { return }
    sum = Element.pieceSum(of: piece)
    guard pass.needsSquares else { return }
    mean = Element.mean(of: sum, count: count)
    squares = Element.squaredDeviations(of: piece, from: mean)
  }

  /// Takes in what follows of the same bucket.
  mutating func add(_ part: BucketPart) {
    if Self.isLess(part.minimum, minimum) { (minimum, indexOfMinimum) = (part.minimum, part.indexOfMinimum) }
    if Self.isGreater(part.maximum, maximum) { (maximum, indexOfMaximum) = (part.maximum, part.indexOfMaximum) }
    // Chan, Golub and LeVeque 1979.
    let (ours, theirs) = (Double(count), Double(part.count))
    let distance = part.mean - mean
    squares += part.squares + distance * distance * (ours * theirs / (ours + theirs))
    mean += distance * (theirs / (ours + theirs))
    sum.add(part.sum)
    count &+= part.count
    last = part.last
  }

  /// The first NaN beats all others.
  @inline(__always)
  private static func isLess(_ value: Element, _ other: Element) -> Bool {
    value < other || (value != value && other == other)
  }

  @inline(__always)
  private static func isGreater(_ value: Element, _ other: Element) -> Bool {
    value > other || (value != value && other == other)
  }
}

/// Several operations over each of the buckets that a range is divided into, all in one pass.
public struct Buckets<Element: AggregatableElement>: RangeComputation {
  private let operations: [AggregateOperation]
  private let pass: BucketPass
  private var isBegun = false
  private var parts: [BucketPart<Element>] = []

  public init(_ operations: [AggregateOperation], in bounds: BucketBounds) {
    self.operations = operations
    func needs(_ some: AggregateOperation...) -> Bool { operations.contains { some.contains($0) } }
    pass = BucketPass(
      bounds: bounds,
      needsExtremes: needs(.minimum, .maximum, .indexOfMinimum, .indexOfMaximum),
      needsSum: needs(.sum, .mean, .variance, .standardDeviation),
      needsSquares: needs(.variance, .standardDeviation))
  }

  public var mostBytes: Int { pass.bounds.count &* MemoryLayout<BucketPart<Element>>.stride }

  public mutating func nextPass() -> BucketPass? {
    guard !isBegun, pass.bounds.count > 0 else { return nil }
    isBegun = true
    return pass
  }

  public static func read(
    _ slice: ElementView<Element>, at index: Int, in pass: BucketPass
  ) -> [BucketPart<Element>] {
    Element.bucketParts(of: slice, at: index, in: pass)
  }

  public mutating func take(_ part: [BucketPart<Element>]) { Element.add(part, to: &parts) }

  /// How many buckets there are.
  public var count: Int { parts.count }

  /// The results of a bucket, in the order of the operations.
  public func results(of bucket: Int) -> [AggregateResult<Element>] {
    let part = parts[bucket]
    let variance = part.squares / Double(part.count)
    return operations.map { operation in
      switch operation {
      case .first: .element(part.first)
      case .last: .element(part.last)
      case .count: .index(part.count)
      case .minimum: .element(part.minimum)
      case .maximum: .element(part.maximum)
      case .indexOfMinimum: .index(part.indexOfMinimum)
      case .indexOfMaximum: .index(part.indexOfMaximum)
      case .sum: Element.sum(of: part.sum)
      case .mean: Element.statistic(Element.mean(of: part.sum, count: part.count))
      case .variance: Element.statistic(variance)
      case .standardDeviation: Element.statistic(variance.squareRoot())
      }
    }
  }
}

extension AggregatableElement {
  /// What the pieces hold that blocks and buckets cut a slice into. O(n).
  public static func bucketParts(
    of slice: ElementView<Self>, at index: Int, in pass: BucketPass
  ) -> [BucketPart<Self>] {
    var parts: [BucketPart<Self>] = []
    let bounds = pass.bounds
    slice.forEachPiece(at: index, from: bounds.bucket(of: index), start: bounds.start) { bucket, piece, index in
      parts.append(BucketPart(piece, at: index, of: bucket, in: pass))
    }
    return parts
  }

  /// Adds what the pieces of the next slice hold. O(n) in the pieces.
  public static func add(_ next: [BucketPart<Self>], to parts: inout [BucketPart<Self>]) {
    // One piece after the other, so that sums and variances do not depend on where slices end.
    for part in next {
      if let last = parts.last, last.bucket == part.bucket {
        parts[parts.count &- 1].add(part)
      } else {
        parts.append(part)
      }
    }
  }
}
