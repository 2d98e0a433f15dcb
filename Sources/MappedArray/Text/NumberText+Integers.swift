extension NumberText {
  /// Writes the digits of `value`, an integer of at most 64 bits, after `-` if it is negative.
  ///
  /// - Parameter output: ``room`` writable bytes; those after the text are left undefined.
  /// - Returns: the length of the text in bytes.
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
    let hundredMillion: UInt64 = 100_000_000
    if value < hundredMillion {
      return writeUpToEightDigits(value, to: output, at: offset)
    }
    let upper = value / hundredMillion
    let lower = DigitBytes.eight(value &- upper &* hundredMillion) | DigitBytes.asciiZeros
    let count: Int
    if upper < hundredMillion {
      count = writeUpToEightDigits(upper, to: output, at: offset)
    } else {
      let top = upper / hundredMillion
      let middle = DigitBytes.eight(upper &- top &* hundredMillion) | DigitBytes.asciiZeros
      let topCount = writeUpToEightDigits(top, to: output, at: offset)
      UnsafeMutableRawPointer(output + topCount).storeBytes(of: middle.littleEndian, as: UInt64.self)
      count = topCount &+ 8
    }
    UnsafeMutableRawPointer(output + count).storeBytes(of: lower.littleEndian, as: UInt64.self)
    return count &+ 8
  }

  /// Writes the two digits of `value` < 100.
  @inline(__always)
  static func writeTwoDigits(_ value: UInt64, to output: UnsafeMutablePointer<UInt8>) {
    let tens = (value &* 103) &>> 10
    let digits = (value &<< 8) &- tens &* 2_559 &+ 0x3030
    UnsafeMutableRawPointer(output).storeBytes(
      of: UInt16(truncatingIfNeeded: digits).littleEndian, as: UInt16.self)
  }

  /// Writes the digits of `value` < 10^8, which is not zero, and undefined bytes after them: eight in all.
  ///
  /// - Returns: `offset` and the count of digits.
  @inline(__always)
  private static func writeUpToEightDigits(
    _ value: UInt64, to output: UnsafeMutablePointer<UInt8>, at offset: Int
  ) -> Int {
    let digits = DigitBytes.eight(value)
    let leadingZeros = digits.trailingZeroBitCount & 0x38
    let text = (digits | DigitBytes.asciiZeros) &>> UInt64(truncatingIfNeeded: leadingZeros)
    UnsafeMutableRawPointer(output + offset).storeBytes(of: text.littleEndian, as: UInt64.self)
    return offset &+ 8 &- leadingZeros &>> 3
  }
}
