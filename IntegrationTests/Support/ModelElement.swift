import LiveServer
import MappedArrayClient

/// An increment as the client writes it, and what it should make of an element: nil if it is refused.
struct Increment<Element> {
  let argument: Argument
  let apply: (Element, OverflowPolicy) -> Element?
}

/// An element type as a type of Swift, so that a test can know by itself what the server should reply.
protocol ModelElement: ArgumentConvertible, Comparable, Hashable, PackedElement, RandomElement, ReplyValue {
  /// Whether it can be computed with.
  static var isNumber: Bool { get }
  static func randomIncrement(using generator: inout SeededGenerator) -> Increment<Self>
  /// The same number, and of the many NaNs always the same.
  var canonical: Self { get }
}

extension ModelElement {
  static var isNumber: Bool { true }
}

extension ModelElement where Self: FixedWidthInteger {
  var canonical: Self { self }

  static func randomIncrement(using generator: inout SeededGenerator) -> Increment<Self> {
    let small = Int128(Int64.random(in: -5...5, using: &generator))
    // From the type's least to its greatest value and a little beyond.
    let large = Int128(Int64(truncatingIfNeeded: generator.next())) >> (63 - bitWidth)
    let delta = generator.next() % 3 == 0 ? large : small
    return Increment(argument: Argument("\(delta)")) { element, overflow in
      let sum = Int128(element) + delta
      return switch overflow {
      case .fail: Self(exactly: sum)
      case .wrap: Self(truncatingIfNeeded: sum)
      case .saturate: Self(clamping: sum)
      }
    }
  }
}

extension ModelElement where Self: BinaryFloatingPoint & LosslessStringConvertible {
  var canonical: Self { isNaN ? .nan : self }

  static func randomIncrement(using generator: inout SeededGenerator) -> Increment<Self> {
    let delta = sample(using: &generator)
    return Increment(argument: Argument(delta)) { element, overflow in
      let sum = element + delta
      guard sum.isInfinite, element.isFinite, delta.isFinite else { return sum.isNaN ? .nan : sum }
      return switch overflow {
      case .fail: nil
      case .wrap: sum
      case .saturate: sum < 0 ? -.greatestFiniteMagnitude : .greatestFiniteMagnitude
      }
    }
  }
}

extension Int8: ModelElement {}
extension Int16: ModelElement {}
extension Int32: ModelElement {}
extension Int64: ModelElement {}
extension UInt8: ModelElement {}
extension UInt16: ModelElement {}
extension UInt32: ModelElement {}
extension UInt64: ModelElement {}
extension Float16: ModelElement {}
extension Float: ModelElement {}
extension Double: ModelElement {}

/// What the client calls the type of an increment has the same name in `Bool8`.
typealias TruthIncrement = Increment<Bool8>

extension Bool8: ModelElement {
  var canonical: Bool8 { Bool8(boolValue) }

  static func randomIncrement(using generator: inout SeededGenerator) -> TruthIncrement {
    let delta = Int.random(in: -2...2, using: &generator)
    return TruthIncrement(argument: Argument(delta)) { element, overflow in
      let sum = Int(element.bit) + delta
      if 0...1 ~= sum { return Bool8(sum == 1) }
      return switch overflow {
      case .fail: nil
      case .wrap: Bool8(sum % 2 != 0)
      case .saturate: Bool8(sum > 0)
      }
    }
  }
}

extension Array where Element: ModelElement {
  /// The elements as a file or a blob holds them.
  var packed: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

  /// The elements that a blob holds; nil if it ends in a part of one.
  init?(packed bytes: [UInt8]) {
    guard bytes.count.isMultiple(of: MemoryLayout<Element>.size) else { return nil }
    self = bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: MemoryLayout<Element>.size).map {
        bytes.loadUnaligned(fromByteOffset: $0, as: Element.self)
      }
    }
  }

  /// Whether all elements are the same, to the last bit.
  func isSame(as other: [Element]) -> Bool { map(\.canonical).packed == other.map(\.canonical).packed }
}
