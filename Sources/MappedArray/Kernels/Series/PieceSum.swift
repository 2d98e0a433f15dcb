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

extension AggregatableElement where Self: FixedWidthInteger, Total == Int128 {
  public static func pieceSum(of piece: ElementView<Self>) -> PieceSum {
    var total = emptyTotal
    add(piece, to: &total)
    return PieceSum(exact: total)
  }

  public static func sum(of sum: PieceSum) -> AggregateResult<Self> { .integer(sum.exact) }

  public static func mean(of sum: PieceSum, count: Int) -> Double { mean(of: sum.exact, count: count) }

  public static func extremes(of piece: ElementView<Self>) -> (minimum: Self, maximum: Self) {
    let first = piece[0]
    return Quarters(piece).fold(
      (first, first),
      { ($1 < $0.0 ? $1 : $0.0, $1 > $0.1 ? $1 : $0.1) },
      merge: { (Swift.min($0.0, $1.0), Swift.max($0.1, $1.1)) })
  }
}

extension AggregatableElement where Self: BinaryFloatingPoint, Total == PairwiseSum {
  public static func pieceSum(of piece: ElementView<Self>) -> PieceSum {
    PieceSum(rounded: pairwiseSum(of: piece, Identity()))
  }

  public static func sum(of sum: PieceSum) -> AggregateResult<Self> { .element(Self(sum.floating)) }

  public static func mean(of sum: PieceSum, count: Int) -> Double { sum.floating / Double(count) }

  public static func extremes(of piece: ElementView<Self>) -> (minimum: Self, maximum: Self) {
    let quarters = Quarters(piece)
    var least = SIMD8(repeating: Double.infinity)
    var greatest = SIMD8(repeating: -Double.infinity)
    // As in `best`.
    var unordered = SIMDMask<SIMD8<Int64>>(repeating: false)
    var index = 0
    while index < quarters.count {
      let elements = quarters.lanes(at: index)
      least.replace(with: elements, where: elements .< least)
      greatest.replace(with: elements, where: elements .> greatest)
      unordered .|= elements .!= elements
      index &+= 2
    }
    var hasNaN = any(unordered)
    var (minimum, maximum) = (least.min(), greatest.max())
    for index in quarters.rest {
      let element = piece[index].doubleValue
      minimum = element < minimum ? element : minimum
      maximum = element > maximum ? element : maximum
      if element.isNaN { hasNaN = true }
    }
    return hasNaN ? (.nan, .nan) : (Self(minimum), Self(maximum))
  }
}
