/// Reads numbers from bytes, all of them: nothing may come before or after the number.
public enum NumberParser {}

extension NumberParser {
  /// The integer that `bytes` spell: `[+-]?[0-9]+`, leading zeros and `-0` included.
  ///
  /// - Parameters:
  ///   - bytes: the text, and nothing else.
  ///   - type: an integer type of at most 64 bits.
  /// - Throws: ``NumberSyntaxError/outOfRange`` if `type` has no such value, else ``NumberSyntaxError/notANumber``.
  /// - Complexity: O(count).
  @inlinable
  @inline(__always)
  public static func integer<Value: FixedWidthInteger>(
    _ bytes: UnsafeRawBufferPointer, as type: Value.Type = Value.self
  ) throws(NumberSyntaxError) -> Value {
    let value = Value.isSigned ? Value(exactly: try index(bytes)) : Value(exactly: try unsigned(bytes))
    guard let value else { throw .outOfRange }
    return value
  }

  /// The index that `bytes` spell: as ``integer(_:as:)`` for `Int64`.
  @inlinable
  @inline(__always)
  public static func index(_ bytes: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Int64 {
    if let magnitude = shortMagnitude(bytes) { return Int64(truncatingIfNeeded: magnitude) }
    return try longIndex(bytes)
  }

  @usableFromInline
  @inline(never)
  static func longIndex(_ bytes: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Int64 {
    let (magnitude, isNegative) = try magnitudeAndSign(bytes)
    guard magnitude <= Int64.max.magnitude &+ (isNegative ? 1 : 0) else { throw .outOfRange }
    return Int64(truncatingIfNeeded: isNegative ? 0 &- magnitude : magnitude)
  }

  /// The difference of two integers of 64 bits that `bytes` spell: from 1−2⁶⁴ to 2⁶⁴−1, as ``integer(_:as:)``.
  public static func difference(_ bytes: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Int128 {
    let (magnitude, isNegative) = try magnitudeAndSign(bytes)
    return isNegative ? -Int128(magnitude) : Int128(magnitude)
  }

  /// Whether `bytes` are `true` or `false`, in any case; nil if they are anything else.
  public static func truth(_ bytes: UnsafeRawBufferPointer) -> Bool? {
    guard let cursor = ByteCursor(bytes) else { return nil }
    if cursor.isRest("true") { return true }
    return cursor.isRest("false") ? false : nil
  }

  @usableFromInline
  static func unsigned(_ bytes: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> UInt64 {
    if let magnitude = shortMagnitude(bytes) { return magnitude }
    let (magnitude, isNegative) = try magnitudeAndSign(bytes)
    guard !isNegative || magnitude == 0 else { throw .outOfRange }
    return magnitude
  }

  /// The number that up to 18 digits spell (so it can't overflow); nil if `bytes` are anything else.
  @inlinable
  @inline(__always)
  static func shortMagnitude(_ bytes: UnsafeRawBufferPointer) -> UInt64? {
    // One comparison for 1...18.
    guard UInt(bitPattern: bytes.count &- 1) < 18, let start = bytes.baseAddress else { return nil }
    var magnitude: UInt64 = 0
    for offset in 0..<bytes.count {
      let digit = UInt64(start.load(fromByteOffset: offset, as: UInt8.self)) &- UInt64(UInt8(ascii: "0"))
      guard digit <= 9 else { return nil }
      magnitude = magnitude &* 10 &+ digit
    }
    return magnitude
  }

  @inline(never)
  private static func magnitudeAndSign(
    _ bytes: UnsafeRawBufferPointer
  ) throws(NumberSyntaxError) -> (magnitude: UInt64, isNegative: Bool) {
    guard var cursor = ByteCursor(bytes) else { throw .notANumber }
    let isNegative = cursor.skipSign()
    guard var magnitude = cursor.skipDigit() else { throw .notANumber }
    var overflows = false
    while let digit = cursor.skipDigit() {
      let (tenfold, overflow) = magnitude.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tenfold.addingReportingOverflow(digit)
      overflows = overflows || overflow || carry
      magnitude = sum
    }
    // Looked at first: a text with another byte is no number, however many digits precede it.
    guard cursor.remaining == 0 else { throw .notANumber }
    guard !overflows else { throw .outOfRange }
    return (magnitude, isNegative)
  }
}
