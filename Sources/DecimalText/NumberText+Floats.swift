extension NumberText {
  /// Writes the text of `value`.
  ///
  /// - Parameters:
  ///   - value: the number.
  ///   - output: ``room`` writable bytes; those after the text are left undefined.
  /// - Returns: the length of the text in bytes, at most 24.
  @inline(__always)
  public static func write(_ value: Double, to output: UnsafeMutablePointer<UInt8>) -> Int {
    writeFloat(value, to: output)
  }

  /// Writes the text of `value`.
  ///
  /// - Parameters:
  ///   - value: the number.
  ///   - output: ``room`` writable bytes; those after the text are left undefined.
  /// - Returns: the length of the text in bytes, at most 15.
  @inline(__always)
  public static func write(_ value: Float, to output: UnsafeMutablePointer<UInt8>) -> Int {
    writeFloat(value, to: output)
  }

  /// Writes the text of `value`.
  ///
  /// - Parameters:
  ///   - value: the number.
  ///   - output: ``room`` writable bytes; those after the text are left undefined.
  /// - Returns: the length of the text in bytes, at most 11.
  public static func write(_ value: Float16, to output: UnsafeMutablePointer<UInt8>) -> Int {
    output[0] = UInt8(ascii: "-")
    // No whole number has more than five digits, so each is its own shortest text.
    guard value.isFinite, value.rounded(.towardZero) == value else { return writeRare(value, to: output) }
    return writeMagnitude(UInt64(value.magnitude), to: output, at: FloatFields(value).sign)
  }

  /// Everything but whole numbers and what ``ShortestDecimal`` can do fast is left to other functions, called last, so
  /// that no registers need saving.
  @inline(__always)
  private static func writeFloat<Value: DecimalFloat>(_ value: Value, to output: UnsafeMutablePointer<UInt8>) -> Int {
    let fields = FloatFields(value)
    output[0] = UInt8(ascii: "-")
    // A whole number below 2^53 (2^24) is its own shortest text. A positive exponent is a huge number here.
    if UInt(bitPattern: 0 &- fields.exponent) <= UInt(bitPattern: fields.significand.trailingZeroBitCount) {
      let whole = fields.significand &>> UInt64(truncatingIfNeeded: 0 &- fields.exponent)
      return writeMagnitude(whole, to: output, at: fields.sign)
    }
    guard fields.fraction != 0, let powers = PowersOfTen.ready,
      let decimal = ShortestDecimal.fast(
        significand: fields.significand, exponent: fields.exponent, powers: powers, as: Value.self)
    else { return writeRare(value, to: output) }
    let text = DecimalDigits<Value>(decimal)
    if let count = text.writePlain(to: output, at: fields.sign) { return count }
    // So late because others need no look: a subnormal, infinity or NaN that was taken for normal ends up here.
    if text.isExtreme { return writeRare(value, to: output) }
    return text.writeScientific(to: output, at: fields.sign)
  }

  /// Zeros, subnormals, powers of two, infinities, NaN, halfway cases, and what is written before the table is ready.
  @inline(never)
  private static func writeRare<Value: DecimalFloat>(_ value: Value, to output: UnsafeMutablePointer<UInt8>) -> Int {
    if value.isNaN { return writeWord("nan", to: output) }
    let fields = FloatFields(value)
    if value.isInfinite { return fields.sign &+ writeWord("inf", to: output + fields.sign) }
    if value.isZero { return writeMagnitude(0, to: output, at: fields.sign) }
    let isPowerOfTwo = fields.isNormal && fields.fraction == 0
    // 2^53 (2^24) is the greatest value without an exponent.
    if isPowerOfTwo && fields.exponent == 1 {
      return writeMagnitude(fields.significand &<< 1, to: output, at: fields.sign)
    }
    let decimal = ShortestDecimal.exact(
      significand: fields.isNormal ? fields.significand : fields.fraction,
      exponent: max(fields.exponent, Value.minimumExponent),
      isNarrow: isPowerOfTwo && fields.exponent > Value.minimumExponent)
    let text = DecimalDigits<Value>(decimal)
    return text.writePlain(to: output, at: fields.sign) ?? text.writeScientific(to: output, at: fields.sign)
  }

  private static func writeWord(_ word: StaticString, to output: UnsafeMutablePointer<UInt8>) -> Int {
    word.withUTF8Buffer { bytes in
      for (index, byte) in bytes.enumerated() { output[index] = byte }
      return bytes.count
    }
  }
}
