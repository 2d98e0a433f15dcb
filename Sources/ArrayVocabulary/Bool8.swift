/// A truth value in a byte, as NumPy's `bool`: 0 is false. `Bool` itself may stand for no byte but 0 and 1, and files hold
/// any.
public struct Bool8: BitwiseCopyable, Sendable {
  /// As it is in the file; every one but 0 is true.
  public let byte: UInt8

  /// False.
  public static var zero: Bool8 { Bool8(false) }

  /// The byte 1 for true.
  @inlinable
  @inline(__always)
  public init(_ value: Bool) { byte = value ? 1 : 0 }

  @inlinable
  @inline(__always)
  public var boolValue: Bool { byte != 0 }

  /// 1 for true, 0 for false: what it is counted, compared and replied as.
  @inlinable
  @inline(__always)
  public var bit: UInt8 { byte != 0 ? 1 : 0 }
}

// All bytes but 0 are the same.

extension Bool8: Comparable {
  @inlinable
  @inline(__always)
  public static func == (first: Bool8, second: Bool8) -> Bool { first.bit == second.bit }

  /// False is less than true.
  @inlinable
  @inline(__always)
  public static func < (first: Bool8, second: Bool8) -> Bool { first.bit < second.bit }
}

extension Bool8: Hashable {
  public func hash(into hasher: inout Hasher) { hasher.combine(boolValue) }
}

extension Bool8: ExpressibleByBooleanLiteral {
  @inlinable
  public init(booleanLiteral value: Bool) { self.init(value) }
}

extension Bool8: CustomStringConvertible {
  /// `1` or `0`.
  public var description: String { boolValue ? "1" : "0" }
}

extension Bool8: Codable {
  public init(from decoder: any Decoder) throws { self.init(try Bool(from: decoder)) }
  public func encode(to encoder: any Encoder) throws { try boolValue.encode(to: encoder) }
}
