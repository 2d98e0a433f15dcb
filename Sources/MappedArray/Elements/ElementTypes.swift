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

extension Float16: MappableElement {
  public static var elementType: ElementType { .f16 }
  @_documentation(visibility: internal)
  public static var aliases: [String] { ["half"] }
  @_documentation(visibility: internal)
  public static var mostTextBytes: Int { 11 }
  /// Floats are summed in double precision, whatever their own.
  @_documentation(visibility: internal)
  public typealias Total = PairwiseSum
  /// Floats are incremented by floats.
  @_documentation(visibility: internal)
  public typealias Delta = Float16
  /// Which all processors compute with.
  @_documentation(visibility: internal)
  public typealias Key = Float

  /// The same number. Computed, because most processors' own conversion is not to be had at compile time, and the
  /// compiler would call a function for each element.
  @inlinable
  @inline(__always)
  @_documentation(visibility: internal)
  public var key: Float {
    let bits = UInt32(bitPattern)
    let magnitude = (bits & 0x7FFF) &<< 13
    // The biases of the exponents are 112 apart. A small number gets a leading one by the multiplication.
    let finite = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
    let isFinite = bits & 0x7C00 != 0x7C00
    return Float(bitPattern: (isFinite ? finite : magnitude | 0x7F80_0000) | (bits & 0x8000) &<< 16)
  }

  @inlinable
  @_documentation(visibility: internal)
  public init(key: Float) { self.init(key) }

  @inlinable
  @inline(__always)
  @_documentation(visibility: internal)
  public var doubleValue: Double { Double(key) }

  @_documentation(visibility: internal)
  public static func parse(_ text: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Float16 {
    try NumberParser.half(text)
  }

  @_documentation(visibility: internal)
  public func write(to output: UnsafeMutablePointer<UInt8>) -> Int { NumberText.write(self, to: output) }
}

extension Float: MappableElement {
  public static var elementType: ElementType { .f32 }
  @_documentation(visibility: internal)
  public static var aliases: [String] { ["float"] }
  @_documentation(visibility: internal)
  public static var mostTextBytes: Int { 15 }
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
  @_documentation(visibility: internal)
  public static var mostTextBytes: Int { 24 }
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

extension Bool8: MappableElement {
  public static var elementType: ElementType { .bool }
  public static var numberKind: NumberKind { .boolean }

  /// Reads 0, 1, `false` or `true`, these in any case.
  @_documentation(visibility: internal)
  public static func parse(_ text: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Bool8 {
    if let value = NumberParser.truth(text) { return Bool8(value) }
    let number: Int64 = try NumberParser.integer(text)
    guard 0...1 ~= number else { throw .outOfRange }
    return Bool8(number == 1)
  }

  @_documentation(visibility: internal)
  public static func parseDelta(_ text: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Int128 {
    try NumberParser.difference(text)
  }

  @inline(__always)
  @_documentation(visibility: internal)
  public func write(to output: UnsafeMutablePointer<UInt8>) -> Int { NumberText.write(bit, to: output) }

  @_documentation(visibility: internal)
  public static var mostTextBytes: Int { 1 }

  @_documentation(visibility: internal)
  public var number: ElementNumber { .integer(Int64(bit)) }

  @_documentation(visibility: internal)
  public static var range: (least: String, greatest: String) { ("0", "1") }
}
