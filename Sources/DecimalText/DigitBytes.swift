/// Splits numbers below 10^8 into digits, one per byte, the first digit in the lowest byte; all digits at once.
///
/// Each step halves all parts of a word with one multiplication by a reciprocal that is exact for parts of that size.
/// Words are stored to and loaded from text as they are: hosts are little-endian.
public enum DigitBytes {
  /// `0` in each byte.
  @inlinable
  @inline(__always)
  public static var asciiZeros: UInt64 { 0x3030_3030_3030_3030 }

  /// The four digits of `value` < 10^4.
  @inline(__always)
  static func four(_ value: UInt64) -> UInt64 {
    let hundreds = (value &* 5_243) &>> 19
    let twos = (value &<< 16) &- hundreds &* ((100 &<< 16) &- 1)
    let tens = ((twos &* 103) &>> 10) & 0x000f_000f
    return (twos &<< 8) &- tens &* ((10 &<< 8) &- 1)
  }

  /// The eight digits of `value` < 10^8.
  @inlinable
  @inline(__always)
  public static func eight(_ value: UInt64) -> UInt64 {
    let fours = foursOf(value)
    let hundreds = ((fours &* 10_486) &>> 20) & 0x7f_0000_007f
    let twos = (fours &<< 16) &- hundreds &* ((100 &<< 16) &- 1)
    let tens = ((twos &* 103) &>> 10) & 0x000f_000f_000f_000f
    return (twos &<< 8) &- tens &* ((10 &<< 8) &- 1)
  }

  /// The eight digits of each of two values < 10^8.
  @inline(__always)
  static func pair(_ first: UInt64, _ second: UInt64) -> SIMD2<UInt64> {
    // The mask drops nothing: it tells the compiler that 16-bit multiplication is enough.
    let fours = unsafeBitCast(SIMD2(foursOf(first), foursOf(second)), to: SIMD4<UInt32>.self) & 0x3fff
    let hundreds = (fours &* 5_243) &>> 19
    let hundredsHalves = unsafeBitCast(hundreds, to: SIMD8<UInt16>.self)
    let rest = unsafeBitCast(fours, to: SIMD8<UInt16>.self) &- hundredsHalves &* 100
    let shifted = unsafeBitCast(rest, to: SIMD4<UInt32>.self) &<< 16
    let twos = unsafeBitCast(shifted, to: SIMD8<UInt16>.self) &+ hundredsHalves
    let tens = (twos &* 103) &>> 10
    return unsafeBitCast((twos &<< 8) &- tens &* ((10 &<< 8) &- 1), to: SIMD2<UInt64>.self)
  }

  /// The upper four digits of `value` in the low half, the lower four in the high half.
  @inlinable
  @inline(__always)
  static func foursOf(_ value: UInt64) -> UInt64 {
    let upper = (value &* 109_951_163) &>> 40
    return (value &<< 32) &- upper &* ((10_000 &<< 32) &- 1)
  }

  /// The number that eight bytes of text spell, the first in the lowest byte; nil if one of them is no digit.
  @inline(__always)
  static func value(_ text: UInt64) -> UInt64? {
    let digits = text &- asciiZeros
    guard ((text &+ 0x4646_4646_4646_4646) | digits) & 0x8080_8080_8080_8080 == 0 else { return nil }
    let twos = digits &* 10 &+ digits &>> 8
    let mask: UInt64 = 0x0000_00ff_0000_00ff
    let upper = (twos & mask) &* (100 &+ 1_000_000 &<< 32)
    let lower = ((twos &>> 16) & mask) &* (1 &+ 10_000 &<< 32)
    return (upper &+ lower) &>> 32
  }
}
