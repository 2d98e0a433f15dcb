@_documentation(visibility: internal)
extension AggregatableElement where Self: BinaryFloatingPoint, Total == PairwiseSum {
  /// This element as a double, which is exact.
  @inlinable
  @inline(__always)
  public var doubleValue: Double { Double(self) }

  /// The kernels' code, as NumPy's.
  public static var kernelCode: UInt8? { UInt8(ascii: "f") }

  /// The sum of nothing.
  public static var emptyTotal: PairwiseSum { PairwiseSum() }

  /// Adds a block.
  public static func add(_ block: ElementView<Self>, to total: inout PairwiseSum) {
    total.add(pairwiseSum(of: block))
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
}
