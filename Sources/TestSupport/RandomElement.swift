import ArrayVocabulary

/// A type of elements that tests make up values of.
public protocol RandomElement {
  static var zero: Self { get }
  /// Values at which something may go wrong.
  static var edges: [Self] { get }
  /// Any value.
  static func random(using generator: inout SeededGenerator) -> Self
}

extension RandomElement where Self: FixedWidthInteger {
  public static var edges: [Self] { [.min, .min + 1, 0, 1, .max - 1, .max] }

  public static func random(using generator: inout SeededGenerator) -> Self {
    Self(truncatingIfNeeded: generator.next())
  }
}

extension RandomElement where Self: BinaryFloatingPoint {
  public static var edges: [Self] {
    [
      -.infinity, -.greatestFiniteMagnitude, -1, -.leastNonzeroMagnitude, -0.0, 0, .leastNormalMagnitude, 1, 0.1,
      .greatestFiniteMagnitude, .infinity, .nan,
    ]
  }

  public static func random(using generator: inout SeededGenerator) -> Self {
    Self(Double(Int64(truncatingIfNeeded: generator.next())) * 0x1p-50)
  }
}

extension RandomElement {
  /// A random value or an edge.
  public static func sample(using generator: inout SeededGenerator) -> Self {
    generator.next() % 4 == 0 ? generator.pick(edges, or: zero) : random(using: &generator)
  }

  /// Random values, edges among them.
  public static func samples(_ count: Int, using generator: inout SeededGenerator) -> [Self] {
    (0..<count).map { _ in sample(using: &generator) }
  }
}

extension Int8: RandomElement {}
extension Int16: RandomElement {}
extension Int32: RandomElement {}
extension Int64: RandomElement {}
extension UInt8: RandomElement {}
extension UInt16: RandomElement {}
extension UInt32: RandomElement {}
extension UInt64: RandomElement {}
extension Float16: RandomElement {}
extension Float: RandomElement {}
extension Double: RandomElement {}

extension Bool8: RandomElement {
  public static var edges: [Bool8] { [false, true] }
  public static func random(using generator: inout SeededGenerator) -> Bool8 { Bool8(generator.next() % 2 == 1) }
}
