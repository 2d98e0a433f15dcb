/// What all slices need to know of buckets.
public struct BucketPass: Sendable {
  let bounds: BucketBounds
  let needsExtremes: Bool
  let needsIndexes: Bool
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
    if pass.needsExtremes { findExtremes(of: piece, at: index) }
    guard pass.needsSum else { return }
    sum = Element.pieceSum(of: piece)
    guard pass.needsSquares else { return }
    mean = Element.mean(of: sum, count: count)
    squares = Element.squaredDeviations(of: piece, from: mean)
  }

  /// How many elements are looked at before it is noted whether an extreme is among them: these are looked through again
  /// for where it is.
  private static var groupCount: Int { 1024 }

  /// Finds the extremes, and where the groups begin that they are in.
  @inline(__always)
  private mutating func findExtremes(of piece: ElementView<Element>, at index: Int) {
    piece.forEachSlice(of: Self.groupCount) { group, offset in
      let extremes = Element.extremes(of: group)
      if offset == 0 || Self.isLess(extremes.minimum, minimum) {
        (minimum, indexOfMinimum) = (extremes.minimum, index &+ offset)
      }
      if offset == 0 || Self.isGreater(extremes.maximum, maximum) {
        (maximum, indexOfMaximum) = (extremes.maximum, index &+ offset)
      }
      return true
    }
  }

  /// Finds out where the extremes are in the piece that this part was made of.
  @inline(__always)
  mutating func locate(_ minimumToo: Bool, _ maximumToo: Bool, in piece: ElementView<Element>, at index: Int) {
    if minimumToo { indexOfMinimum &+= Self.position(of: minimum, in: piece, from: indexOfMinimum &- index) }
    if maximumToo { indexOfMaximum &+= Self.position(of: maximum, in: piece, from: indexOfMaximum &- index) }
  }

  /// Where a value first is behind the beginning of its group. Not found only if another process has just overwritten it.
  @inline(__always)
  private static func position(of value: Element, in piece: ElementView<Element>, from start: Int) -> Int {
    let group = piece.slice(from: start, limit: groupCount)
    var index = 0
    while index < group.count {
      let element = group[index]
      if element == value || (element != element && value != value) { return index }
      index &+= 1
    }
    return 0
  }

  /// Takes in what follows of the same bucket.
  mutating func add(_ part: BucketPart) {
    if part.hasLess(than: self) { (minimum, indexOfMinimum) = (part.minimum, part.indexOfMinimum) }
    if part.hasGreater(than: self) { (maximum, indexOfMaximum) = (part.maximum, part.indexOfMaximum) }
    // Chan, Golub and LeVeque 1979.
    let (ours, theirs) = (Double(count), Double(part.count))
    let distance = part.mean - mean
    squares += part.squares + distance * distance * (ours * theirs / (ours + theirs))
    mean += distance * (theirs / (ours + theirs))
    sum.add(part.sum)
    count &+= part.count
    last = part.last
  }

  @inline(__always)
  func hasLess(than other: BucketPart) -> Bool { Self.isLess(minimum, other.minimum) }

  @inline(__always)
  func hasGreater(than other: BucketPart) -> Bool { Self.isGreater(maximum, other.maximum) }

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
      needsIndexes: needs(.indexOfMinimum, .indexOfMaximum),
      needsSum: needs(.sum, .mean, .variance, .standardDeviation),
      needsSquares: needs(.variance, .standardDeviation))
  }

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

  public mutating func take(_ part: [BucketPart<Element>]) {
    var rest = part[...]
    if let last = parts.last, let next = rest.first, next.bucket == last.bucket {
      parts[parts.count - 1].add(next)
      rest = rest.dropFirst()
    }
    parts += rest
  }

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
  /// What the buckets in a slice hold. O(n).
  public static func bucketParts(
    of slice: ElementView<Self>, at index: Int, in pass: BucketPass
  ) -> [BucketPart<Self>] {
    var parts: [BucketPart<Self>] = []
    let bounds = pass.bounds
    slice.forEachPiece(at: index, from: bounds.bucket(of: index), start: bounds.start) { bucket, piece, index in
      var part = BucketPart(piece, at: index, of: bucket, in: pass)
      guard let last = parts.last, last.bucket == bucket else {
        if pass.needsIndexes { part.locate(true, true, in: piece, at: index) }
        return parts.append(part)
      }
      // Only what is beyond all before it is located.
      if pass.needsIndexes { part.locate(part.hasLess(than: last), part.hasGreater(than: last), in: piece, at: index) }
      parts[parts.count &- 1].add(part)
    }
    return parts
  }
}
