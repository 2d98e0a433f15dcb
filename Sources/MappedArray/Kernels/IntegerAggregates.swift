@_documentation(visibility: internal)
extension AggregatableElement where Key: FixedWidthInteger, Total == Int128 {
  /// This element as a double, rounded to nearest.
  @inlinable
  @inline(__always)
  public var doubleValue: Double {
    Key.isSigned ? Double(Int64(truncatingIfNeeded: key)) : Double(UInt64(truncatingIfNeeded: key))
  }

  /// The sum of nothing.
  public static var emptyTotal: Int128 { 0 }

  /// The kernels' code, as NumPy's.
  public static var kernelCode: UInt8? { Key.isSigned ? UInt8(ascii: "i") : UInt8(ascii: "u") }

  /// Adds a block, exactly: 128 bits are enough for 2⁶³ elements of 64 bits.
  public static func add(_ block: ElementView<Self>, to total: inout Int128) {
    guard let sum = blockKernel?.exact_sum?(block.base, block.count) else { return }
    total &+= Int128(sum.high) &<< 64 | Int128(sum.low)
  }

  /// Adds a sum of the elements that follow.
  public static func add(_ total: Int128, to sum: inout Int128) { sum &+= total }

  /// The exact sum.
  public static func sum(of total: Int128) -> AggregateResult<Self> { .integer(total) }

  /// The quotient of the exact sum and the count, rounded once.
  public static func mean(of total: Int128, count: Int) -> Double {
    guard total != 0, count > 0 else { return 0 }
    // With its top bit set the dividend leaves a quotient of 65 bits or more; the remainder only matters as "not zero",
    // in a bit far below the 53 that are kept.
    let magnitude = total.magnitude
    let shift = magnitude.leadingZeroBitCount
    let (quotient, remainder) = (magnitude &<< UInt128(shift)).quotientAndRemainder(dividingBy: UInt128(count))
    let mean = Double(sign: .plus, exponent: -shift, significand: Double(remainder == 0 ? quotient : quotient | 1))
    return total < 0 ? -mean : mean
  }

  /// NumPy returns a float64 for every integer type.
  public static func statistic(_ value: Double) -> AggregateResult<Self> { .double(value) }
}
