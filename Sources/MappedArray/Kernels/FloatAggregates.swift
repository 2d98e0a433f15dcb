@_documentation(visibility: internal)
extension AggregatableElement where Self: BinaryFloatingPoint, Total == PairwiseSum {
  /// This element as a double, which is exact.
  @inlinable
  @inline(__always)
  public var doubleValue: Double { Double(self) }

  /// The sum of nothing.
  public static var emptyTotal: PairwiseSum { PairwiseSum() }

  /// Adds a block.
  public static func add(_ block: ElementView<Self>, to total: inout PairwiseSum) {
    total.add(pairwiseSum(of: block, Identity()))
  }

  /// Adds a sum of the elements that follow.
  public static func add(_ total: PairwiseSum, to sum: inout PairwiseSum) { sum.add(total) }

  /// The sum, rounded to the element's type. NumPy adds up float32 in float32: there it errs more, and can overflow
  /// on the way.
  public static func sum(of total: PairwiseSum) -> AggregateResult<Self> { .element(Self(total.sum)) }

  /// The sum over the count.
  public static func mean(of total: PairwiseSum, count: Int) -> Double { total.sum / Double(count) }

  /// NumPy returns these in the element's own type.
  public static func statistic(_ value: Double) -> AggregateResult<Self> { .element(Self(value)) }

  /// The least or greatest element of a block, NaN if there is one in it, nil if it is empty.
  public static func extreme(_ extreme: Extreme, of block: ElementView<Self>) -> Self? {
    guard block.count > 0 else { return nil }
    switch extreme {
    case .minimum: return Self(best(of: block, by: Less.self))
    case .maximum: return Self(best(of: block, by: Greater.self))
    }
  }

  /// Works on doubles: float32 goes there and back without loss or change of order.
  @inline(__always)
  private static func best<Test: LaneOrder>(of block: ElementView<Self>, by _: Test.Type) -> Double {
    var lanes = SIMD8(repeating: Test.last)
    // A comparison with NaN is false and would drop it, so NaN is noted apart.
    var unordered = SIMDMask<SIMD8<Int64>>(repeating: false)
    let octets = Octets(block)
    for octet in 0..<octets.count {
      let elements = octets[octet]
      lanes.replace(with: elements, where: Test.holds(elements, lanes))
      unordered .|= elements .!= elements
    }
    var best = Test.last
    var hasNaN = any(unordered)
    for lane in lanes.indices {
      best = Test.holds(lanes[lane], best) ? lanes[lane] : best
    }
    for index in octets.rest {
      let element = block[index].doubleValue
      best = Test.holds(element, best) ? element : best
      if element.isNaN {
        hasNaN = true
      }
    }
    return hasNaN ? .nan : best
  }
}
