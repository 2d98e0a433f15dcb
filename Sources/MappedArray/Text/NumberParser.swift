public enum NumberSyntaxError: Error { case notANumber, outOfRange }
public enum NumberParser {
  @inlinable public static func integer<T: FixedWidthInteger>(_ b: UnsafeRawBufferPointer) throws(NumberSyntaxError)
    -> T
  {
    guard let v = T(String(decoding: b, as: UTF8.self)) else { throw .notANumber }
    return v
  }
  public static func index(_ b: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Int64 { try integer(b) }
  public static func double(_ b: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Double {
    guard let v = Double(String(decoding: b, as: UTF8.self)) else { throw .notANumber }
    return v
  }
  public static func float(_ b: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Float {
    guard let v = Float(String(decoding: b, as: UTF8.self)) else { throw .notANumber }
    return v
  }
}
