import ArrayVocabulary

/// One argument of a command: any bytes.
public struct Argument: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  private enum Storage {
    case text(String)
    case bytes([UInt8])
  }

  private let storage: Storage

  /// The UTF-8 bytes of `text`.
  public init(_ text: String) { storage = .text(text) }

  /// These bytes, which are shared, not copied.
  public init(_ bytes: [UInt8]) { storage = .bytes(bytes) }

  /// A copy of these bytes.
  public init(copying bytes: borrowing RawSpan) {
    storage = .bytes(bytes.withUnsafeBytes { Array($0) })
  }

  /// The decimal digits of `integer`.
  public init(_ integer: some BinaryInteger) { storage = .text(String(integer)) }

  /// The shortest text that reads back to `number`; of a NaN, its sign and payload are left out.
  public init(_ number: some BinaryFloatingPoint & LosslessStringConvertible) {
    storage = .text(number.isNaN ? "nan" : String(number))
  }

  /// The UTF-8 bytes of a literal.
  public init(stringLiteral value: String) { self.init(value) }

  /// The decimal digits of a literal.
  public init(integerLiteral value: Int) { self.init(value) }

  /// Adds the argument's bytes to `bytes`.
  func append(to bytes: inout [UInt8]) {
    switch storage {
    case .text(let text): bytes.append(contentsOf: text.utf8)
    case .bytes(let more): bytes.append(contentsOf: more)
    }
  }
}

/// What may stand among a command's arguments as it is: `connection("VGET", key, 5)`.
public protocol ArgumentConvertible {
  /// The value as an argument.
  var argument: Argument { get }
}

extension Argument: ArgumentConvertible {
  public var argument: Argument { self }
}

extension String: ArgumentConvertible {
  public var argument: Argument { Argument(self) }
}

extension [UInt8]: ArgumentConvertible {
  public var argument: Argument { Argument(self) }
}

extension ArgumentConvertible where Self: BinaryInteger {
  public var argument: Argument { Argument(self) }
}

extension ArgumentConvertible where Self: BinaryFloatingPoint & LosslessStringConvertible {
  public var argument: Argument { Argument(self) }
}

extension Int: ArgumentConvertible {}
extension Int8: ArgumentConvertible {}
extension Int16: ArgumentConvertible {}
extension Int32: ArgumentConvertible {}
extension Int64: ArgumentConvertible {}
extension Int128: ArgumentConvertible {}
extension UInt: ArgumentConvertible {}
extension UInt8: ArgumentConvertible {}
extension UInt16: ArgumentConvertible {}
extension UInt32: ArgumentConvertible {}
extension UInt64: ArgumentConvertible {}
extension Float16: ArgumentConvertible {}
extension Float: ArgumentConvertible {}
extension Double: ArgumentConvertible {}

extension Bool8: ArgumentConvertible {
  public var argument: Argument { Argument(bit) }
}
