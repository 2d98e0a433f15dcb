extension NumberText {
  /// Writes the text of `value`.
  ///
  /// - Parameter output: ``room`` writable bytes; those after the text are left undefined.
  /// - Returns: the length of the text in bytes, at most 24.
  public static func write(_ value: Double, to output: UnsafeMutablePointer<UInt8>) -> Int {
    writeFloat(value, to: output)
  }

  /// Writes the text of `value`.
  ///
  /// - Parameter output: ``room`` writable bytes; those after the text are left undefined.
  /// - Returns: the length of the text in bytes, at most 15.
  public static func write(_ value: Float, to output: UnsafeMutablePointer<UInt8>) -> Int {
    writeFloat(value, to: output)
  }

  /// Everything but whole numbers and what ``ShortestDecimal`` can do fast is left to other functions, called last, so
  /// that no registers need saving.
  @inline(__always)
  private static func writeFloat<Value: DecimalFloat>(_ value: Value, to output: UnsafeMutablePointer<UInt8>) -> Int {
    let fields = FloatFields(value)
    output[0] = UInt8(ascii: "-")
    guard fields.isNormal else { return writeRare(value, to: output) }
    // A whole number below 2^53 (2^24) is its own shortest text. A positive exponent is a huge number here.
    if UInt(bitPattern: 0 &- fields.exponent) <= UInt(bitPattern: fields.significand.trailingZeroBitCount) {
      let whole = fields.significand &>> UInt64(truncatingIfNeeded: 0 &- fields.exponent)
      return writeMagnitude(whole, to: output, at: fields.sign)
    }
    guard fields.fraction != 0, let powers = PowersOfTen.ready,
      let decimal = ShortestDecimal.fast(
        significand: fields.significand, exponent: fields.exponent, powers: powers, as: Value.self)
    else { return writeRare(value, to: output) }
    return write(decimal, of: Value.self, to: output, at: fields.sign)
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
    return write(decimal, of: Value.self, to: output, at: fields.sign)
  }

  private static func writeWord(_ word: StaticString, to output: UnsafeMutablePointer<UInt8>) -> Int {
    word.withUTF8Buffer { bytes in
      for (index, byte) in bytes.enumerated() { output[index] = byte }
      return bytes.count
    }
  }

  /// Writes `decimal`, which is no whole number up to 2^53 (2^24), after the first `offset` (0 or 1) bytes of `start`.
  ///
  /// Bytes are moved sixteen at a time, up to `start + 26`.
  @inline(__always)
  private static func write<Value: DecimalFloat>(
    _ decimal: ShortestDecimal, of type: Value.Type, to start: UnsafeMutablePointer<UInt8>, at offset: Int
  ) -> Int {
    let leastFull: UInt64 = Value.maximumDigitCount == 17 ? 1_000_000_000_000_000 : 10_000_000
    var leading = decimal.leading
    var last = decimal.last
    var shifts = 0
    while leading < leastFull {
      leading = leading &* 10 &+ last
      last = 0
      shifts &+= 1
    }
    let digits = Value.splitDigits(leading)
    let count = decimal.last == 0 ? significantCount(digits) : Value.maximumDigitCount &- shifts
    let text = digits | SIMD2(repeating: DigitBytes.asciiZeros)
    let lastByte = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: last)
    let lastOffset = Value.maximumDigitCount &- 1
    /// The exponent of the first digit.
    let exponent = decimal.exponent &- shifts &+ lastOffset
    let output = start + offset
    let raw = UnsafeMutableRawPointer(output)

    let point = exponent &+ 1
    // f32 has no fractions from 10^7 on.
    if UInt(bitPattern: exponent) < (lastOffset == 16 ? 8 : 7) {
      raw.storeBytes(of: text, as: SIMD2<UInt64>.self)
      output[lastOffset] = lastByte
      let rest = raw.loadUnaligned(fromByteOffset: point, as: SIMD2<UInt64>.self)
      raw.storeBytes(of: rest, toByteOffset: point &+ 1, as: SIMD2<UInt64>.self)
      output[point] = UInt8(ascii: ".")
      return offset &+ count &+ 1
    }
    if exponent < 0 && exponent >= -4 {
      let zeros: UInt64 = 0x3030_3030_3030_2e30  // "0.000000"
      raw.storeBytes(of: zeros.littleEndian, as: UInt64.self)
      raw.storeBytes(of: text, toByteOffset: 1 &- exponent, as: SIMD2<UInt64>.self)
      output[lastOffset &+ 1 &- exponent] = lastByte
      return offset &+ count &+ 1 &- exponent
    }
    if lastOffset == 16 && exponent > 0 && count > point {
      // As above, with no more than eight digits after the point.
      raw.storeBytes(of: text, as: SIMD2<UInt64>.self)
      output[lastOffset] = lastByte
      let rest = raw.loadUnaligned(fromByteOffset: point, as: UInt64.self)
      raw.storeBytes(of: rest, toByteOffset: point &+ 1, as: UInt64.self)
      output[point] = UInt8(ascii: ".")
      return offset &+ count &+ 1
    }
    raw.storeBytes(of: text, toByteOffset: 1, as: SIMD2<UInt64>.self)
    output[lastOffset &+ 1] = lastByte
    output[0] = UInt8(truncatingIfNeeded: text[0])
    output[1] = UInt8(ascii: ".")
    let length = count &+ (count > 1 ? 1 : 0)
    return offset &+ length &+ writeExponent(exponent, to: output + length)
  }

  /// The count of digits up to the last that is not zero. The first is not.
  @inline(__always)
  private static func significantCount(_ digits: SIMD2<UInt64>) -> Int {
    let upper = digits[1] == 0 ? digits[0] : digits[1]
    return (digits[1] == 0 ? 8 : 16) &- upper.leadingZeroBitCount &>> 3
  }

  /// Writes `exponent` (three digits at most) as `e+05` or `e-300`.
  @inline(__always)
  private static func writeExponent(_ exponent: Int, to output: UnsafeMutablePointer<UInt8>) -> Int {
    let magnitude = UInt64(truncatingIfNeeded: exponent.magnitude)
    output[0] = UInt8(ascii: "e")
    output[1] = UInt8(ascii: exponent < 0 ? "-" : "+")
    if magnitude < 100 {
      writeTwoDigits(magnitude, to: output + 2)
      return 4
    }
    let hundreds = (magnitude &* 41) &>> 12
    output[2] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: hundreds)
    writeTwoDigits(magnitude &- hundreds &* 100, to: output + 3)
    return 5
  }
}
