import LiveServer
import MappedArrayClient

/// An element type with values to fill arrays with.
struct ElementKind {
  let name: String
  let size: Int
  let isFloat: Bool
  private let make: (Int, inout SeededGenerator) -> Values

  /// Values, as text and as packed elements.
  struct Values {
    let texts: [String]
    let packed: [UInt8]
  }

  /// Values that are the same in every run: floats of as many digits as there are, integers of the whole range.
  func values(_ count: Int) -> Values {
    var random = SeededGenerator(seed: 2025)
    return make(count, &random)
  }

  static var all: [ElementKind] {
    [
      float(Double.self), float(Float.self), float(Float16.self),
      integer(Int64.self), integer(Int32.self), integer(Int16.self), integer(Int8.self),
      integer(UInt64.self), integer(UInt32.self), integer(UInt16.self), integer(UInt8.self), boolean,
    ]
  }

  /// What `BITFIELD` calls the type; nil where it has none.
  var bitfieldName: String? { isFloat || name == "u64" || name == "bool" ? nil : name }

  private static func float<Value: BinaryFloatingPoint & LosslessStringConvertible & ArrayElement>(
    _: Value.Type
  ) -> ElementKind where Value.RawSignificand: FixedWidthInteger {
    ElementKind(name: Value.elementTypeName, size: MemoryLayout<Value>.size, isFloat: true) { count, random in
      values((0..<count).map { _ in Value.random(in: -1000...1000, using: &random) })
    }
  }

  private static func integer<Value: FixedWidthInteger & ArrayElement>(_: Value.Type) -> ElementKind {
    ElementKind(name: Value.elementTypeName, size: MemoryLayout<Value>.size, isFloat: false) { count, random in
      values((0..<count).map { _ in Value.random(in: .min ... .max, using: &random) })
    }
  }

  private static var boolean: ElementKind {
    ElementKind(name: Bool8.elementTypeName, size: 1, isFloat: false) { count, random in
      values((0..<count).map { _ in Bool8(Bool.random(using: &random)) })
    }
  }

  private static func values<Value: CustomStringConvertible & BitwiseCopyable>(
    _ values: [Value]
  ) -> Values {
    Values(texts: values.map(\.description), packed: values.withUnsafeBytes { Array($0) })
  }
}
