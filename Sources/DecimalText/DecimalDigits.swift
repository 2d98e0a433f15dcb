/// The digits of a decimal number that is no whole number up to 2^53 (2^24), ready to be laid out.
///
/// Bytes are moved sixteen at a time; the furthest that is written is `output + 25`.
struct DecimalDigits<Value: DecimalFloat> {
  /// All digits but the last, in ASCII. The first is not zero.
  private let digits: SIMD2<UInt64>
  /// The last of the most digits that a value of this type has, in ASCII.
  private let last: UInt8
  /// How many digits there are up to the last that is not zero.
  private let count: Int
  /// The power of ten that the first digit stands for.
  private let exponent: Int

  @inline(__always)
  private static var lastOffset: Int { Value.maximumDigitCount &- 1 }

  @inline(__always)
  init(_ decimal: ShortestDecimal) {
    var leading = decimal.leading
    var last = decimal.last
    var shifts = 0
    while leading < Value.leastLeading {
      leading = leading &* 10 &+ last
      last = 0
      shifts &+= 1
    }
    let digits = Value.splitDigits(leading)
    count = decimal.last == 0 ? Self.significantCount(digits) : Value.maximumDigitCount &- shifts
    self.digits = digits | SIMD2(repeating: DigitBytes.asciiZeros)
    self.last = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: last)
    exponent = decimal.exponent &- shifts &+ Self.lastOffset
  }

  /// Whether the value is nearly as small or as large as the type's normal values can be, or beyond them.
  @inline(__always)
  var isExtreme: Bool { exponent.magnitude >= Value.extremeExponent }

  /// The count of digits up to the last that is not zero. The first is not.
  @inline(__always)
  private static func significantCount(_ digits: SIMD2<UInt64>) -> Int {
    let upper = digits[1] == 0 ? digits[0] : digits[1]
    return (digits[1] == 0 ? 8 : 16) &- upper.leadingZeroBitCount &>> 3
  }

  /// Writes the digits with a point among or before them, after the first `offset` (0 or 1) bytes of `start`.
  ///
  /// - Returns: the length of the text in bytes, those before the digits included; nil if it needs an exponent.
  @inline(__always)
  func writePlain(to start: UnsafeMutablePointer<UInt8>, at offset: Int) -> Int? {
    let output = start + offset
    let raw = UnsafeMutableRawPointer(output)
    let point = exponent &+ 1
    // With up to eight digits before the point, sixteen bytes are all that follows it.
    if UInt(bitPattern: exponent) < UInt(bitPattern: min(Value.wholeExponent, 8)) {
      writeDigits(to: output)
      let rest = raw.loadUnaligned(fromByteOffset: point, as: SIMD2<UInt64>.self)
      raw.storeBytes(of: rest, toByteOffset: point &+ 1, as: SIMD2<UInt64>.self)
      output[point] = UInt8(ascii: ".")
      return offset &+ count &+ 1
    }
    if exponent < 0 && exponent >= -4 {
      let zeros: UInt64 = 0x3030_3030_3030_2e30  // "0.000000"
      raw.storeBytes(of: zeros, as: UInt64.self)
      writeDigits(to: output + (1 &- exponent))
      return offset &+ count &+ 1 &- exponent
    }
    if Value.wholeExponent > 8 && exponent > 0 && count > point {
      // As above, with no more than eight digits after the point.
      writeDigits(to: output)
      let rest = raw.loadUnaligned(fromByteOffset: point, as: UInt64.self)
      raw.storeBytes(of: rest, toByteOffset: point &+ 1, as: UInt64.self)
      output[point] = UInt8(ascii: ".")
      return offset &+ count &+ 1
    }
    return nil
  }

  /// Writes the digits with a point after the first and an exponent, after the first `offset` (0 or 1) bytes of `start`.
  ///
  /// - Returns: the length of the text in bytes, those before the digits included.
  @inline(__always)
  func writeScientific(to start: UnsafeMutablePointer<UInt8>, at offset: Int) -> Int {
    let output = start + offset
    writeDigits(to: output + 1)
    output[0] = UInt8(truncatingIfNeeded: digits[0])
    output[1] = UInt8(ascii: ".")
    let length = count &+ (count > 1 ? 1 : 0)
    return offset &+ length &+ writeExponent(to: output + length)
  }

  /// Writes all digits, sixteen bytes and the last one.
  @inline(__always)
  private func writeDigits(to output: UnsafeMutablePointer<UInt8>) {
    UnsafeMutableRawPointer(output).storeBytes(of: digits, as: SIMD2<UInt64>.self)
    output[Self.lastOffset] = last
  }

  /// Writes the exponent as `e+05` or `e-300`, four or five bytes.
  @inline(__always)
  private func writeExponent(to output: UnsafeMutablePointer<UInt8>) -> Int {
    let magnitude = UInt64(truncatingIfNeeded: exponent.magnitude)
    output[0] = UInt8(ascii: "e")
    output[1] = UInt8(ascii: exponent < 0 ? "-" : "+")
    if magnitude < 100 {
      NumberText.writeTwoDigits(magnitude, to: output + 2)
      return 4
    }
    let hundreds = (magnitude &* 41) &>> 12
    output[2] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: hundreds)
    NumberText.writeTwoDigits(magnitude &- hundreds &* 100, to: output + 3)
    return 5
  }
}
