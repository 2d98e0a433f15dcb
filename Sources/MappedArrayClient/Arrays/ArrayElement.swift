#if _endian(big)
  #error("arrays travel as little-endian bytes, which become elements as they are")
#endif

/// A number whose every bit pattern is a value, so that received bytes may become one.
public protocol PackedElement: BitwiseCopyable, Sendable {}

/// A type that the elements of a ``RemoteArray`` can have: the number types that a served file can hold.
///
/// Strings have no type here, because their size is known at run time only. They are read and written by commands:
/// `connection("VMGET", key, 0, 7, as: [String?].self)`.
public protocol ArrayElement: PackedElement, Comparable, ArgumentConvertible, ReplyValue {
  /// What an element is incremented by: `Int` for integers, so that it may be negative, and a float's own type.
  associatedtype Increment: ArgumentConvertible & Sendable = Int
  /// A sum: exact for integers, and of a float's own type.
  associatedtype Sum: ArraySum = Int128
  /// A mean, variance or standard deviation: a double for integers, and of a float's own type.
  associatedtype Statistic: ReplyValue & Sendable = Double

  /// The type's name on the server: `i8` … `f64`, `bool`.
  static var elementTypeName: String { get }
}

extension Int8: ArrayElement { public static var elementTypeName: String { "i8" } }
extension Int16: ArrayElement { public static var elementTypeName: String { "i16" } }
extension Int32: ArrayElement { public static var elementTypeName: String { "i32" } }
extension Int64: ArrayElement { public static var elementTypeName: String { "i64" } }
extension UInt8: ArrayElement { public static var elementTypeName: String { "u8" } }
extension UInt16: ArrayElement { public static var elementTypeName: String { "u16" } }
extension UInt32: ArrayElement { public static var elementTypeName: String { "u32" } }
extension UInt64: ArrayElement { public static var elementTypeName: String { "u64" } }

extension Float16: ArrayElement {
  /// Floats are incremented by floats.
  public typealias Increment = Float16
  /// Summed in double precision, returned as the elements are.
  public typealias Sum = Float16
  /// Computed in double precision, returned as the elements are.
  public typealias Statistic = Float16
  public static var elementTypeName: String { "f16" }
}

extension Float: ArrayElement {
  /// Floats are incremented by floats.
  public typealias Increment = Float
  /// Summed in double precision, returned as the elements are.
  public typealias Sum = Float
  /// Computed in double precision, returned as the elements are.
  public typealias Statistic = Float
  public static var elementTypeName: String { "f32" }
}

extension Double: ArrayElement {
  /// Floats are incremented by floats.
  public typealias Increment = Double
  /// Summed in pairs, as NumPy does.
  public typealias Sum = Double
  /// As NumPy computes it.
  public typealias Statistic = Double
  public static var elementTypeName: String { "f64" }
}

extension Bool8: ArrayElement { public static var elementTypeName: String { "bool" } }
