extension ScannedDecimal {
  /// The value, if one multiplication or division of exact numbers makes it (Clinger 1990), else nil.
  @inline(__always)
  func exactQuotient<Value: DecimalFloat>(as type: Value.Type = Value.self) -> Value? {
    guard significand <= Value.hiddenBit &<< 1, !isTruncated, exponent.magnitude <= Value.greatestExactPower
    else { return nil }
    let digits = Value(significand)
    let power = Value(PowersOfTen.exact(exponent.magnitude))
    return exponent < 0 ? digits / power : digits * power
  }

  /// The nearest value, the even one of two, infinity if it is too large.
  ///
  /// As in Eisel and Lemire (2021): the product of 64 bits of the number and 128 bits of the power of ten bounds the
  /// number from below and above. Where these are rounded to two values, the number is compared with their midpoint.
  ///
  /// - Parameter text: what the decimal was scanned from.
  @inline(never)
  func rounded<Value: DecimalFloat>(_ text: ByteCursor) -> Value {
    guard significand != 0, exponent >= PowersOfTen.exponents.lowerBound else { return 0 }
    guard exponent <= 308 else { return .infinity }
    let shift = UInt64(truncatingIfNeeded: significand.leadingZeroBitCount)
    let scaled = significand &<< shift
    let power = PowersOfTen.shared[exponent]
    let upperProduct = scaled.multipliedFullWidth(by: power.high)
    let lowerProduct = scaled.multipliedFullWidth(by: power.low)
    let (middle, overflow) = upperProduct.low.addingReportingOverflow(lowerProduct.high)
    let high = upperProduct.high &+ (overflow ? 1 : 0)
    let binaryExponent = PowersOfTen.binaryExponent(exponent) &+ 1 &- Int(truncatingIfNeeded: shift)

    if !isTruncated {
      if PowersOfTen.exactExponents.contains(exponent) {
        return Value(bits: Self.nearest(high, middle | lowerProduct.low, binaryExponent, as: Value.self))
      }
      // The error is less than two units of `middle`, so `high` is certain, and that something follows it.
      if middle &- 1 < UInt64.max &- 3 {
        return Value(bits: Self.nearest(high, middle, binaryExponent, as: Value.self))
      }
    }
    let lower = UInt128(high) << 64 | UInt128(middle)
    let error = isTruncated ? 3 + (UInt128(power.high) + 1) << UInt128(shift) : 2
    let (sum, isTooLarge) = lower.addingReportingOverflow(error)
    let upper = isTooLarge ? UInt128.max : sum
    let least = Self.nearest(high, middle, binaryExponent, as: Value.self)
    let greatest = Self.nearest(
      UInt64(upper >> 64), UInt64(truncatingIfNeeded: upper), binaryExponent, as: Value.self)
    if least == greatest { return Value(bits: least) }
    return Value(bits: isAboveMidpoint(following: Value(bits: least), text) ? greatest : least)
  }

  /// The bits of the value nearest to `(high + low * 2^-64) * 2^exponent`. `high` has at most one leading zero.
  @inline(__always)
  private static func nearest<Value: DecimalFloat>(
    _ high: UInt64, _ low: UInt64, _ exponent: Int, as type: Value.Type
  ) -> UInt64 {
    let normalShift = 63 &- Value.significandBitCount &- high.leadingZeroBitCount
    let normalStep = exponent &+ normalShift &- Value.minimumExponent
    let step = max(normalStep, 0)
    guard step < Value.exponentMask &- 1 else { return Value.infinity.bits }
    let shift = UInt64(truncatingIfNeeded: normalShift &+ step &- normalStep)
    guard shift <= 64 else { return 0 }

    let half: UInt64 = 1 &<< (shift &- 1)
    let remainder = high & (half &<< 1 &- 1)
    let significand = high >> shift
    let roundsUp = remainder > half || (remainder == half && (low != 0 || significand & 1 == 1))
    // The hidden bit and a carry out of the significand both add to the exponent.
    return UInt64(truncatingIfNeeded: step) &<< UInt64(Value.significandBitCount) &+ significand &+ (roundsUp ? 1 : 0)
  }

  /// Whether the number is to be rounded to the value after `value`, of the two.
  private func isAboveMidpoint<Value: DecimalFloat>(following value: Value, _ text: ByteCursor) -> Bool {
    let fields = FloatFields(value)
    let significand = fields.isNormal ? fields.significand : fields.fraction
    let midpointExponent = max(fields.exponent, Value.minimumExponent) - 1

    var (number, exponent, hasMore) = allDigits(of: text)
    var midpoint = NaturalNumber(2 * significand + 1)
    number.multiply(byTenToThe: max(exponent, 0))
    midpoint.multiply(byTenToThe: max(-exponent, 0))
    number.shiftLeft(by: max(-midpointExponent, 0))
    midpoint.shiftLeft(by: max(midpointExponent, 0))
    let order = number.compared(to: midpoint)
    return order > 0 || (order == 0 && (hasMore || significand & 1 == 1))
  }
}
