/// What the conversions need to know of f16, f32 and f64.
protocol DecimalFloat: BinaryFloatingPoint {
  /// The most digits that the shortest text of a value has: 5, 9 or 17.
  static var maximumDigitCount: Int { get }
  /// The least number of ``maximumDigitCount`` - 1 digits: 10^15, 10^7 or 10^3.
  static var leastLeading: UInt64 { get }
  /// From 10 to this power on, every value is a whole number: 16, 7 or 4.
  static var wholeExponent: Int { get }
  /// Powers of ten of this magnitude and more have neighbours that are subnormal or not finite: 307, 37 or 4.
  static var extremeExponent: UInt { get }
  /// The greatest power of ten that is exactly a value, as all lesser ones from 10^0 are: 22, 10 or 4.
  static var greatestExactPower: UInt { get }
  /// Whether the upper 64 bits of a power of ten are precise enough for most values.
  static var usesShortPowers: Bool { get }

  /// The bit pattern, zero-extended.
  var bits: UInt64 { get }
  init(bits: UInt64)

  /// The digits of `value`, which has ``maximumDigitCount`` - 1 of them, one per byte and followed by zeros.
  static func splitDigits(_ value: UInt64) -> SIMD2<UInt64>
}

extension DecimalFloat {
  @inline(__always)
  static var exponentBias: Int { 1 &<< (exponentBitCount &- 1) &- 1 }
  @inline(__always)
  static var exponentMask: Int { 1 &<< exponentBitCount &- 1 }
  /// The exponent of the least significant bit of a subnormal.
  @inline(__always)
  static var minimumExponent: Int { 1 &- exponentBias &- significandBitCount }
  /// The significand's bit that is not stored.
  @inline(__always)
  static var hiddenBit: UInt64 { 1 &<< UInt64(significandBitCount) }
}

extension Double: DecimalFloat {
  @inline(__always)
  static var maximumDigitCount: Int { 17 }
  @inline(__always)
  static var leastLeading: UInt64 { 1_000_000_000_000_000 }
  @inline(__always)
  static var wholeExponent: Int { 16 }
  @inline(__always)
  static var extremeExponent: UInt { 307 }
  @inline(__always)
  static var greatestExactPower: UInt { 22 }
  @inline(__always)
  static var usesShortPowers: Bool { false }
  @inline(__always)
  var bits: UInt64 { bitPattern }
  @inline(__always)
  init(bits: UInt64) { self.init(bitPattern: bits) }

  @inline(__always)
  static func splitDigits(_ value: UInt64) -> SIMD2<UInt64> {
    let upper = value / 100_000_000
    return DigitBytes.pair(upper, value &- upper &* 100_000_000)
  }
}

extension Float: DecimalFloat {
  @inline(__always)
  static var maximumDigitCount: Int { 9 }
  @inline(__always)
  static var leastLeading: UInt64 { 10_000_000 }
  @inline(__always)
  static var wholeExponent: Int { 7 }
  @inline(__always)
  static var extremeExponent: UInt { 37 }
  @inline(__always)
  static var greatestExactPower: UInt { 10 }
  @inline(__always)
  static var usesShortPowers: Bool { true }
  @inline(__always)
  var bits: UInt64 { UInt64(bitPattern) }
  @inline(__always)
  init(bits: UInt64) { self.init(bitPattern: UInt32(truncatingIfNeeded: bits)) }

  @inline(__always)
  static func splitDigits(_ value: UInt64) -> SIMD2<UInt64> {
    SIMD2(DigitBytes.eight(value), 0)
  }
}

extension Float16: DecimalFloat {
  @inline(__always)
  static var maximumDigitCount: Int { 5 }
  @inline(__always)
  static var leastLeading: UInt64 { 1000 }
  @inline(__always)
  static var wholeExponent: Int { 4 }
  @inline(__always)
  static var extremeExponent: UInt { 4 }
  @inline(__always)
  static var greatestExactPower: UInt { 4 }
  @inline(__always)
  static var usesShortPowers: Bool { true }
  @inline(__always)
  var bits: UInt64 { UInt64(bitPattern) }
  @inline(__always)
  init(bits: UInt64) { self.init(bitPattern: UInt16(truncatingIfNeeded: bits)) }

  @inline(__always)
  static func splitDigits(_ value: UInt64) -> SIMD2<UInt64> {
    SIMD2(DigitBytes.eight(value &* 10_000), 0)
  }
}

/// The parts of a float's bit pattern.
struct FloatFields<Value: DecimalFloat> {
  /// 1 if the sign bit is set, else 0.
  let sign: Int
  /// The stored bits of the significand.
  let fraction: UInt64
  /// The power of two that ``significand`` is multiplied by, if the value is normal.
  let exponent: Int

  @inline(__always)
  init(_ value: Value) {
    let bits = value.bits
    sign = Int(truncatingIfNeeded: bits &>> UInt64(Value.exponentBitCount &+ Value.significandBitCount))
    fraction = bits & (Value.hiddenBit &- 1)
    let exponentBits = Int(truncatingIfNeeded: bits &>> UInt64(Value.significandBitCount)) & Value.exponentMask
    exponent = exponentBits &- 1 &+ Value.minimumExponent
  }

  @inline(__always)
  var significand: UInt64 { fraction | Value.hiddenBit }

  /// Neither zero, subnormal, infinite nor NaN.
  @inline(__always)
  var isNormal: Bool {
    UInt(bitPattern: exponent &- Value.minimumExponent) < UInt(bitPattern: Value.exponentMask &- 1)
  }
}
