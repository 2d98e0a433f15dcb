import DecimalText

/// A type of number, or of string, that files hold and arrays map: fixed size, little-endian, no padding.
///
/// The types of ``ElementType`` conform. Programs write generic code with it, and no conformances.
public protocol MappableElement: AggregatableElement {
  static var elementType: ElementType { get }
  static var numberKind: NumberKind { get }
  /// Names of the type that are understood beside its short one and NumPy's.
  @_documentation(visibility: internal)
  static var aliases: [String] { get }
  static var zero: Self { get }

  /// Reads an element from its text; see `NumberParser` for the notation.
  @_documentation(visibility: internal)
  static func parse(_ text: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Self

  /// Reads what an element is incremented by: an integer of 64 bits with or without sign, or a float of the same type.
  @_documentation(visibility: internal)
  static func parseDelta(_ text: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Delta

  /// Writes the element's text; see `NumberText`.
  ///
  /// - Parameter output: room for ``textRoom`` bytes.
  /// - Returns: the length of the text in bytes.
  @_documentation(visibility: internal)
  func write(to output: UnsafeMutablePointer<UInt8>) -> Int

  /// The room in bytes that ``write(to:)`` wants.
  @_documentation(visibility: internal)
  static var textRoom: Int { get }

  /// How long such a text is at most.
  @_documentation(visibility: internal)
  static var mostTextBytes: Int { get }

  /// The element as the number that protocols carry.
  @_documentation(visibility: internal)
  var number: ElementNumber { get }

  /// The smallest and the largest finite value, as text, for messages.
  @_documentation(visibility: internal)
  static var range: (least: String, greatest: String) { get }
}

/// An element, freed of its type. Switching over it in generic code costs nothing once the code is specialised.
@_documentation(visibility: internal)
public enum ElementNumber: Sendable {
  case integer(Int64)
  /// Above `Int64.max`.
  case large(UInt64)
  case floating(Double)
  /// None: it is its text.
  case text
}

extension MappableElement {
  @_documentation(visibility: internal)
  public static var aliases: [String] { [] }

  @inlinable
  @inline(__always)
  @_documentation(visibility: internal)
  public static var textRoom: Int { NumberText.room }

  /// The element's text, as it is replied.
  package var text: String {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.textRoom) { room in
      // The buffer has a capacity, so it has an address.
      let count = room.baseAddress.map(write) ?? 0
      return String(decoding: room[..<count], as: UTF8.self)
    }
  }
}

extension MappableElement where Self: FixedWidthInteger {
  public static var numberKind: NumberKind { isSigned ? .signedInteger : .unsignedInteger }

  @_documentation(visibility: internal)
  public static func parseDelta(_ text: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Int128 {
    try NumberParser.difference(text)
  }

  @_documentation(visibility: internal)
  public static func parse(_ text: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Self {
    try NumberParser.integer(text)
  }

  @inline(__always)
  @_documentation(visibility: internal)
  public func write(to output: UnsafeMutablePointer<UInt8>) -> Int { NumberText.write(self, to: output) }

  @_documentation(visibility: internal)
  public var number: ElementNumber {
    // Decided at compile time for all types but UInt64.
    if let integer = Int64(exactly: self) { .integer(integer) } else { .large(UInt64(truncatingIfNeeded: self)) }
  }

  @_documentation(visibility: internal)
  public static var range: (least: String, greatest: String) { ("\(Self.min)", "\(Self.max)") }

  @_documentation(visibility: internal)
  public static var mostTextBytes: Int { Swift.max(range.least.utf8.count, range.greatest.utf8.count) }
}

extension MappableElement where Self: BinaryFloatingPoint & LosslessStringConvertible {
  public static var numberKind: NumberKind { .floatingPoint }

  @_documentation(visibility: internal)
  public var number: ElementNumber { .floating(Double(self)) }

  @_documentation(visibility: internal)
  public static var range: (least: String, greatest: String) {
    ((-Self.greatestFiniteMagnitude).text, Self.greatestFiniteMagnitude.text)
  }
}

extension MappableElement where Delta == Self {
  @_documentation(visibility: internal)
  public static func parseDelta(_ text: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Self { try parse(text) }
}
