extension NumberParser {
  /// The f64 nearest to the number that `bytes` spell.
  ///
  /// The grammar is `[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?`, or `[+-]?inf`, or `nan`, in any case. A number
  /// halfway between two values is rounded to the even one, one too small for the least value to zero.
  ///
  /// - Throws: ``NumberSyntaxError/outOfRange`` for a number that would be rounded to infinity, else
  ///   ``NumberSyntaxError/notANumber``.
  /// - Complexity: O(count). Allocates only for what is too close to halfway to tell from 19 digits.
  public static func double(_ bytes: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Double {
    try nearest(bytes)
  }

  /// The f32 nearest to the number that `bytes` spell, rounded once; the rest as in ``double(_:)``.
  public static func float(_ bytes: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Float {
    try nearest(bytes)
  }

  /// The f16 nearest to the number that `bytes` spell, rounded once; the rest as in ``double(_:)``.
  public static func half(_ bytes: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Float16 {
    try nearest(bytes)
  }

  @inline(__always)
  private static func nearest<Value: DecimalFloat>(_ bytes: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Value {
    guard var cursor = ByteCursor(bytes) else { throw .notANumber }
    let isNegative = cursor.skipSign()
    guard let decimal = ScannedDecimal(cursor) else { return try word(bytes) }
    let magnitude: Value = decimal.exactQuotient() ?? decimal.rounded(cursor)
    guard magnitude.isFinite else { throw .outOfRange }
    return isNegative ? -magnitude : magnitude
  }

  @inline(never)
  private static func word<Value: DecimalFloat>(_ bytes: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Value {
    guard var cursor = ByteCursor(bytes) else { throw .notANumber }
    if cursor.isRest("nan") { return Value.nan }
    let isNegative = cursor.skipSign()
    guard cursor.isRest("inf") else { throw .notANumber }
    return isNegative ? -Value.infinity : Value.infinity
  }
}
