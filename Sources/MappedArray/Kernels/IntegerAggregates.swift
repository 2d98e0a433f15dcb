// How it was checked that the loops of the kernels are vectorised: `swift build -c release`, then `objdump -d` of the
// objects, for the baseline x86-64 (SSE2). The loops are made of packed instructions: `paddd`/`paddq` in the sums of
// integers, `pcmpgt*` with `pand`/`pandn` (or `pmin*`/`pmax*`) in their extremes, `addpd` in the sums of floats,
// `minpd`/`maxpd` with `cmpunordpd` in their extremes, `subpd`/`mulpd`/`addpd` in the deviations, `pcmp*`/`cmp*p*` with
// `por` in the search for matches, 16-byte stores in `fill`.

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

  /// Adds a block, exactly: the lanes are wide enough for a block, and 128 bits for 2⁶³ elements of 64 bits.
  public static func add(_ block: ElementView<Self>, to total: inout Int128) {
    if Key.bitWidth <= 16 {
      total &+= Int128(laneSum(of: block, as: Int32.self))
    } else if Key.bitWidth == 32 {
      total &+= Int128(laneSum(of: block, as: Int64.self))
    } else {
      total &+= splitSum(of: block)
    }
  }

  @inline(__always)
  private static func laneSum<Lane: FixedWidthInteger>(of block: ElementView<Self>, as _: Lane.Type) -> Lane {
    block.fold(0) { $0 &+ Lane(truncatingIfNeeded: $1.key) }
  }

  /// Sums the halves of 64-bit elements apart. Signed ones are moved up by 2⁶³ first, as SSE2 has no arithmetic shift
  /// of 64 bits.
  @inline(__always)
  private static func splitSum(of block: ElementView<Self>) -> Int128 {
    let bias: UInt64 = Key.isSigned ? 1 << 63 : 0
    let (low, high) = block.fold((UInt64(0), UInt64(0))) { sums, element in
      let bits = UInt64(truncatingIfNeeded: element.key) ^ bias
      return (sums.0 &+ (bits & 0xFFFF_FFFF), sums.1 &+ (bits &>> 32))
    }
    return (Int128(high) &<< 32) &+ Int128(low) &- Int128(block.count) &* Int128(bias)
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

  /// The least or greatest element of a block, nil if it is empty.
  public static func extreme(_ extreme: Extreme, of block: ElementView<Self>) -> Self? {
    guard block.count > 0 else { return nil }
    switch extreme {
    case .minimum: return Self(key: best(of: block, by: Less.self))
    case .maximum: return Self(key: best(of: block, by: Greater.self))
    }
  }

  @inline(__always)
  private static func best<Test: ComparisonTest>(of block: ElementView<Self>, by _: Test.Type) -> Key {
    block.fold(block[0].key) { Test.holds($1.key, $0) ? $1.key : $0 }
  }
}
