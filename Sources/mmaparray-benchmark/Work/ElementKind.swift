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
      float(Double.self, "f64"), float(Float.self, "f32"),
      integer(Int64.self, "i64"), integer(Int32.self, "i32"), integer(Int16.self, "i16"), integer(Int8.self, "i8"),
      integer(UInt64.self, "u64"), integer(UInt32.self, "u32"), integer(UInt16.self, "u16"), integer(UInt8.self, "u8"),
    ]
  }

  /// What `BITFIELD` calls the type; nil where it has none.
  var bitfieldName: String? { isFloat || name == "u64" ? nil : name }

  private static func float<Value: BinaryFloatingPoint & LosslessStringConvertible & BitwiseCopyable>(
    _: Value.Type, _ name: String
  ) -> ElementKind where Value.RawSignificand: FixedWidthInteger {
    ElementKind(name: name, size: MemoryLayout<Value>.size, isFloat: true) { count, random in
      values((0..<count).map { _ in Value.random(in: -1000...1000, using: &random) })
    }
  }

  private static func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type, _ name: String
  ) -> ElementKind {
    ElementKind(name: name, size: MemoryLayout<Value>.size, isFloat: false) { count, random in
      values((0..<count).map { _ in Value.random(in: .min ... .max, using: &random) })
    }
  }

  private static func values<Value: LosslessStringConvertible & BitwiseCopyable>(
    _ values: [Value]
  ) -> Values {
    Values(texts: values.map(\.description), packed: values.withUnsafeBytes { Array($0) })
  }
}
