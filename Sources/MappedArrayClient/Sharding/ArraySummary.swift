/// Aggregates of elements, which can be made of those of parts.
public struct ArraySummary<Element: ArrayElement>: Sendable {
  /// How many elements it is of.
  public internal(set) var count = 0
  /// The sum: exact for integers.
  public internal(set) var sum = Element.Sum.zero
  /// The least element, NaN if there is one; nil of nothing.
  public internal(set) var minimum: Element?
  /// The greatest element, NaN if there is one; nil of nothing.
  public internal(set) var maximum: Element?
  /// The index of the first least element or NaN; nil of nothing.
  public internal(set) var indexOfMinimum: Int?
  /// The index of the first greatest element or NaN; nil of nothing.
  public internal(set) var indexOfMaximum: Int?
  /// The arithmetic mean; nil of nothing.
  public internal(set) var mean: Double?
  /// The variance of the population; nil of nothing.
  public internal(set) var variance: Double?

  /// The standard deviation of the population; nil of nothing.
  public var standardDeviation: Double? { variance.map { $0.squareRoot() } }

  /// A summary of nothing.
  init() {}

  /// What the server replies for ``ArraySummary/operations``, of so many elements.
  ///
  /// - Parameter index: the index in the whole array of an element with this index in the part.
  init(
    _ replies: [Reply], count: Int, index: (Int) throws(ClientError) -> Int
  ) throws(ClientError) {
    guard replies.count == Self.operations.count else {
      throw .typeMismatch(expected: "\(Self.operations.count) aggregates", found: "\(replies.count)")
    }
    self.count = count
    sum = try Element.Sum(replies[0])
    minimum = try Element?(replies[1])
    maximum = try Element?(replies[2])
    if let place = try Int?(replies[3]) { indexOfMinimum = try index(place) }
    if let place = try Int?(replies[4]) { indexOfMaximum = try index(place) }
    mean = try Double?(replies[5])
    variance = try Double?(replies[6])
  }

  static var operations: [Argument] { ["SUM", "MIN", "MAX", "ARGMIN", "ARGMAX", "MEAN", "VAR"] }

  /// Takes in the summary of the elements behind these.
  mutating func append(_ next: ArraySummary) {
    guard next.count > 0 else { return }
    guard count > 0 else {
      self = next
      return
    }
    sum = sum.adding(next.sum)
    if let mine = minimum, let other = next.minimum, mine == mine, other < mine || other != other {
      (minimum, indexOfMinimum) = (other, next.indexOfMinimum)
    }
    if let mine = maximum, let other = next.maximum, mine == mine, other > mine || other != other {
      (maximum, indexOfMaximum) = (other, next.indexOfMaximum)
    }
    if let mine = mean, let other = next.mean, let myVariance = variance, let otherVariance = next.variance {
      // Chan, Golub and LeVeque: as exact as if all had been seen together.
      let (weight, otherWeight) = (Double(count), Double(next.count))
      let total = weight + otherWeight
      let difference = other - mine
      mean = mine + difference * (otherWeight / total)
      variance =
        (myVariance * weight + otherVariance * otherWeight) / total
        + difference * difference * (weight / total) * (otherWeight / total)
    }
    // Parts of one array, whose count is an Int.
    count = count.addingReportingOverflow(next.count).partialValue
  }
}

/// A sum of elements, which can be made of those of parts.
public protocol ArraySum: ReplyValue, Sendable {
  /// The sum of nothing.
  static var zero: Self { get }
  /// The sum of both.
  func adding(_ other: Self) -> Self
}

extension Int128: ArraySum {
  /// The sum of both, which wraps around beyond 128 bits: no sum of elements comes near.
  public func adding(_ other: Int128) -> Int128 { self &+ other }
}

extension Float16: ArraySum {
  /// The sum of both.
  public func adding(_ other: Float16) -> Float16 { self + other }
}

extension Float: ArraySum {
  /// The sum of both.
  public func adding(_ other: Float) -> Float { self + other }
}

extension Double: ArraySum {
  /// The sum of both.
  public func adding(_ other: Double) -> Double { self + other }
}

extension ShardedArray {
  /// Aggregates of the elements of `range` that there are, computed by all nodes at the same time.
  ///
  /// - Complexity: O(elements) on the servers, a few bytes for each shard on the way.
  public func summary(over range: Range<Int> = 0..<Int.max) throws(ClientError) -> ArraySummary<Element> {
    // What is added meanwhile is left out: every part is then of as many elements as it says.
    let range = range.clamped(to: 0..<(try count))
    let pieces = Array(layout.pieces(of: range))
    let requests = pieces.map {
      request(
        "MMAP.AGG", shard: $0.shard,
        [Argument($0.range.lowerBound), Argument($0.range.upperBound - 1)] + ArraySummary<Element>.operations)
    }
    let replies = try cluster.read(requests) { node throws(ClientError) in
      try [Reply](node.checked(node.readCommandReply()))
    }
    var summary = ArraySummary<Element>()
    for (piece, reply) in zip(pieces, replies) {
      let part = try ArraySummary<Element>(reply, count: piece.range.count) { offset throws(ClientError) in
        try index(of: offset, in: piece.shard)
      }
      summary.append(part)
    }
    return summary
  }
}
