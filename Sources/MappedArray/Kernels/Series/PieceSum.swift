/// The sum of a piece of at most a block, or of several such: exact for integers; for floats, what rounding has taken is
/// kept (Neumaier 1974). It takes no memory of its own, so that there may be one for each of many buckets.
public struct PieceSum: Sendable {
  var exact: Int128 = 0
  var rounded = 0.0
  private var lost = 0.0

  init() {}
  init(exact: Int128) { self.exact = exact }
  init(rounded: Double) { self.rounded = rounded }

  mutating func add(_ other: PieceSum) {
    exact &+= other.exact
    let total = rounded + other.rounded
    let (greater, smaller) =
      rounded.magnitude >= other.rounded.magnitude ? (rounded, other.rounded) : (other.rounded, rounded)
    lost += (greater - total) + smaller + other.lost
    rounded = total
  }

  /// The sum of floats.
  var floating: Double {
    // Of infinities nothing sensible is lost.
    lost.isFinite ? rounded + lost : rounded
  }
}

extension AggregatableElement where Key: FixedWidthInteger, Total == Int128 {
  public static func pieceSum(of piece: ElementView<Self>) -> PieceSum {
    var total = emptyTotal
    add(piece, to: &total)
    return PieceSum(exact: total)
  }

  public static func sum(of sum: PieceSum) -> AggregateResult<Self> { .integer(sum.exact) }

  public static func mean(of sum: PieceSum, count: Int) -> Double { mean(of: sum.exact, count: count) }
}

extension AggregatableElement where Self: BinaryFloatingPoint, Total == PairwiseSum {
  public static func pieceSum(of piece: ElementView<Self>) -> PieceSum {
    PieceSum(rounded: pairwiseSum(of: piece))
  }

  public static func sum(of sum: PieceSum) -> AggregateResult<Self> { .element(Self(sum.floating)) }

  public static func mean(of sum: PieceSum, count: Int) -> Double { sum.floating / Double(count) }
}
