import DecimalText

// The Swift types of elements, each with what is not the same for all of its kind.

extension Int8: MappableElement { public static var elementType: ElementType { .i8 } }
extension Int16: MappableElement { public static var elementType: ElementType { .i16 } }
extension Int32: MappableElement { public static var elementType: ElementType { .i32 } }
extension Int64: MappableElement { public static var elementType: ElementType { .i64 } }
extension UInt8: MappableElement { public static var elementType: ElementType { .u8 } }
extension UInt16: MappableElement { public static var elementType: ElementType { .u16 } }
extension UInt32: MappableElement { public static var elementType: ElementType { .u32 } }
extension UInt64: MappableElement { public static var elementType: ElementType { .u64 } }

extension Float: MappableElement {
  public static var elementType: ElementType { .f32 }
  @_documentation(visibility: internal)
  public static var aliases: [String] { ["float"] }
  /// Floats are summed in double precision, whatever their own.
  @_documentation(visibility: internal)
  public typealias Total = PairwiseSum
  /// Floats are incremented by floats.
  @_documentation(visibility: internal)
  public typealias Delta = Float

  @_documentation(visibility: internal)
  public static func parse(_ text: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Float {
    try NumberParser.float(text)
  }

  @inline(__always)
  @_documentation(visibility: internal)
  public func write(to output: UnsafeMutablePointer<UInt8>) -> Int { NumberText.write(self, to: output) }
}

extension Double: MappableElement {
  public static var elementType: ElementType { .f64 }
  @_documentation(visibility: internal)
  public static var aliases: [String] { ["double"] }
  /// Floats are summed in double precision, whatever their own.
  @_documentation(visibility: internal)
  public typealias Total = PairwiseSum
  /// Floats are incremented by floats.
  @_documentation(visibility: internal)
  public typealias Delta = Double

  @_documentation(visibility: internal)
  public static func parse(_ text: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Double {
    try NumberParser.double(text)
  }

  @inline(__always)
  @_documentation(visibility: internal)
  public func write(to output: UnsafeMutablePointer<UInt8>) -> Int { NumberText.write(self, to: output) }
}
