/// A type of number that files hold and arrays map: fixed size, little-endian, no padding.
public protocol MappableElement: BitwiseCopyable, Comparable, Sendable {
  static var elementType: ElementType { get }
  static var zero: Self { get }
}
