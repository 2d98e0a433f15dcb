extension NumberText {
  /// Writes the digits of `value`, an integer of at most 64 bits, after `-` if it is negative.
  ///
  /// - Parameters:
  ///   - value: the integer.
  ///   - output: ``room`` writable bytes; those after the text are left undefined.
  /// - Returns: the length of the text in bytes.
  @inlinable
  @inline(__always)
  public static func write<Value: FixedWidthInteger>(_ value: Value, to output: UnsafeMutablePointer<UInt8>) -> Int {
    if Value.isSigned {
      let wide = Int64(truncatingIfNeeded: value)
      output[0] = UInt8(ascii: "-")
      let sign = wide < 0 ? 1 : 0
      return writeMagnitude(wide.magnitude, to: output, at: sign)
    }
    return writeMagnitude(UInt64(truncatingIfNeeded: value), to: output, at: 0)
  }

  /// Writes the digits of `value`, at most 20, after the first `offset` (0 or 1) bytes of `output`.
  ///
  /// - Returns: the length of the text in bytes, those before the digits included.
  @usableFromInline
  static func writeMagnitude(_ value: UInt64, to output: UnsafeMutablePointer<UInt8>, at offset: Int) -> Int {
    if value < 10 {
      output[offset] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value)
      return offset &+ 1
    }
    if value < 100 {
      writeTwoDigits(value, to: output + offset)
      return offset &+ 2
    }
    if value < 10_000 {
      return writeLeading(DigitBytes.four(value), width: 4, to: output, at: offset)
    }
    if value < 100_000_000 {
      return writeLeading(DigitBytes.eight(value), width: 8, to: output, at: offset)
    }
    return writeLongMagnitude(value, to: output, at: offset)
  }

  /// As ``writeMagnitude(_:to:at:)``, for nine digits and more; apart, so that short ones need no registers saved.
  @inline(never)
  private static func writeLongMagnitude(
    _ value: UInt64, to output: UnsafeMutablePointer<UInt8>, at offset: Int
  ) -> Int {
    let upper = value / 100_000_000
    let lower = DigitBytes.eight(value &- upper &* 100_000_000) | DigitBytes.asciiZeros
    var count: Int
    if upper < 100_000_000 {
      count = writeLeading(DigitBytes.eight(upper), width: 8, to: output, at: offset)
    } else {
      let top = upper / 100_000_000
      count = writeLeading(DigitBytes.four(top), width: 4, to: output, at: offset)
      let middle = DigitBytes.eight(upper &- top &* 100_000_000) | DigitBytes.asciiZeros
      UnsafeMutableRawPointer(output + count).storeBytes(of: middle, as: UInt64.self)
      count &+= 8
    }
    UnsafeMutableRawPointer(output + count).storeBytes(of: lower, as: UInt64.self)
    return count &+ 8
  }

  /// Writes the two digits of `value` < 100.
  @inline(__always)
  static func writeTwoDigits(_ value: UInt64, to output: UnsafeMutablePointer<UInt8>) {
    let tens = (value &* 103) &>> 10
    let digits = (value &<< 8) &- tens &* 2_559 &+ 0x3030
    UnsafeMutableRawPointer(output).storeBytes(
      of: UInt16(truncatingIfNeeded: digits), as: UInt16.self)
  }

  /// Writes `digits` (`width` of them, one per byte, not all zero) without leading zeros, and undefined bytes after them:
  /// eight in all.
  ///
  /// - Returns: `offset` and the count of digits.
  @inline(__always)
  private static func writeLeading(
    _ digits: UInt64, width: Int, to output: UnsafeMutablePointer<UInt8>, at offset: Int
  ) -> Int {
    let zeroBits = digits.trailingZeroBitCount & 0x38
    let text = (digits | DigitBytes.asciiZeros) &>> UInt64(truncatingIfNeeded: zeroBits)
    UnsafeMutableRawPointer(output + offset).storeBytes(of: text, as: UInt64.self)
    return offset &+ width &- zeroBits &>> 3
  }
}
