/// A decimal number: `(leading * 10 + last) * 10^exponent`.
struct ShortestDecimal {
  /// All digits but the last: at most sixteen for f64, eight for f32.
  var leading: UInt64
  var last: UInt64
  var exponent: Int

  /// The shortest decimal in the rounding interval of `significand * 2^exponent`, and the closest of these.
  ///
  /// As in Schubfach (Giulietti 2020): with `10^k <= 2^exponent < 10^(k+1)` the interval holds at most one multiple of
  /// 10^(k+1), which is the shortest if it is there, and else the nearest multiple of 10^k is the result. One
  /// multiplication by 10^-(k+1) decides that, except within its error of a boundary: then the result is nil, and
  /// ``exact(significand:exponent:isNarrow:)`` decides. `significand` is a normal value's, and no power of two (there,
  /// the interval is not symmetrical), and the value is no whole number.
  @inline(__always)
  static func fast<Value: DecimalFloat>(
    significand: UInt64, exponent: Int, powers: PowersOfTen, as type: Value.Type
  ) -> ShortestDecimal? {
    let decimalExponent = decimalExponent(ofTwoToThe: exponent)
    let power = powers[-1 &- decimalExponent]
    // In 1...4, as 1/10 <= 2^exponent * 10^-(k+1) < 1.
    let scale = UInt64(truncatingIfNeeded: 0 &- exponent &- PowersOfTen.binaryExponent(-1 &- decimalExponent))
    let scaled = (significand &<< 4) &>> scale

    // Half the interval's width over 10^(k+1), in 2^-64, rounded down.
    let halfWidth = power.high &>> scale
    // The value over 10^(k+1), in 2^-67.
    var (high, low) = scaled.multipliedFullWidth(by: power.high)
    if !Value.usesShortPowers {
      let (sum, overflow) = low.addingReportingOverflow(scaled.multipliedFullWidth(by: power.low).high)
      low = sum
      high &+= overflow ? 1 : 0
    }
    // The true fraction is at least this one and less than `error` above it.
    let whole = high &>> 3
    let fraction = high &<< 61 | low &>> 3
    let error: UInt64 = Value.usesShortPowers ? 1 &<< 25 : 2

    // Is a whole number less than half the width away? In a circle of 2^64 steps that is one comparison.
    // It allows for errors; a comparison that does not removes doubt.
    let allowance = halfWidth &+ 2 &* error
    let fromLowerEnd = fraction &+ allowance
    let width = 2 &* allowance
    if fromLowerEnd < width {
      if fromLowerEnd &- 4 &* error >= width &- 8 &* error { return nil }
      return ShortestDecimal(leading: whole &+ fraction &>> 63, last: 0, exponent: decimalExponent)
    }
    let tenths = fraction.multipliedFullWidth(by: 10)
    if tenths.low &- (1 &<< 63 &- 10 &* error) <= 20 &* error { return nil }
    return ShortestDecimal(leading: whole, last: tenths.high &+ tenths.low &>> 63, exponent: decimalExponent)
  }

  /// As ``fast(significand:exponent:powers:as:)``, for every value.
  ///
  /// - Parameter isNarrow: whether the next smaller value is only half as far away as the next greater one.
  static func exact(significand: UInt64, exponent: Int, isNarrow: Bool) -> ShortestDecimal {
    let decimalExponent =
      isNarrow ? Self.decimalExponent(ofThreeQuartersOfTwoToThe: exponent) : decimalExponent(ofTwoToThe: exponent)
    let scale = UInt64(
      truncatingIfNeeded: exponent &+ PowersOfTen.binaryExponent(0 &- decimalExponent) &+ 1)
    var power = PowersOfTen.shared[0 &- decimalExponent]
    if !PowersOfTen.exactExponents.contains(0 &- decimalExponent) {
      // The proof wants the power rounded up. An inexact one ends in a word below its greatest value (tested).
      power.low &+= 1
    }
    // Quarters of 10^k, rounded to odd where they are not exact, so that comparisons come out right.
    let value = quarters(power, (significand &* 4) &<< scale)
    let lower = quarters(power, (significand &* 4 &- (isNarrow ? 1 : 2)) &<< scale)
    let upper = quarters(power, (significand &* 4 &+ 2) &<< scale)
    // An even significand owns the ends of its interval.
    let open = significand & 1
    let least = lower &+ open
    let greatest = upper &- open

    let whole = value / 4
    let tens = whole / 10
    let hasTens = least <= 40 &* tens
    let hasNextTens = 40 &* (tens &+ 1) <= greatest
    if hasTens != hasNextTens {
      return ShortestDecimal(leading: hasTens ? tens : tens &+ 1, last: 0, exponent: decimalExponent)
    }
    let hasWhole = least <= 4 &* whole
    let hasNext = 4 &* (whole &+ 1) <= greatest
    let remainder = value & 3
    let isNextNearer = remainder > 2 || (remainder == 2 && whole & 1 == 1)
    let takesNext = hasWhole == hasNext ? isNextNearer : hasNext
    let digits = whole &+ (takesNext ? 1 : 0)
    return ShortestDecimal(leading: digits / 10, last: digits % 10, exponent: decimalExponent)
  }

  /// The upper 64 bits of `power * factor`, the last one set if any bit was dropped (but for the power's own error).
  private static func quarters(_ power: (high: UInt64, low: UInt64), _ factor: UInt64) -> UInt64 {
    let low = factor.multipliedFullWidth(by: power.low)
    let high = factor.multipliedFullWidth(by: power.high)
    let (middle, overflow) = high.low.addingReportingOverflow(low.high)
    return (high.high &+ (overflow ? 1 : 0)) | (middle > 1 ? 1 : 0)
  }

  /// The floor of log10(2^exponent), exact for |exponent| <= 1650.
  @inline(__always)
  private static func decimalExponent(ofTwoToThe exponent: Int) -> Int {
    (exponent &* 1_262_611) &>> 22
  }

  /// The floor of log10(3/4 * 2^exponent), exact for |exponent| <= 1650.
  private static func decimalExponent(ofThreeQuartersOfTwoToThe exponent: Int) -> Int {
    (exponent &* 1_262_611 &- 524_031) &>> 22
  }
}
