import MappedArrayClient
import Testing

/// One of the element types, with texts of its values as they are replied.
struct ElementCase: Sendable, CustomTestStringConvertible {
  /// The number type of Swift that holds the elements.
  let model: any ModelElement.Type
  let name: String
  /// All names but `name` that are understood.
  let aliases: [String]
  let numpyName: String
  /// In bytes.
  let size: Int
  let least: String
  let greatest: String
  /// Texts that are just too small or too large.
  let beyond: [String]
  /// Values of all kinds, the limits among them.
  let samples: [String]
  let isFloat: Bool

  var testDescription: String { name }

  /// Those that have more than two values.
  static let numbers = [
    integer(Int8.self), integer(Int16.self), integer(Int32.self), integer(Int64.self),
    integer(UInt8.self), integer(UInt16.self), integer(UInt32.self), integer(UInt64.self),
    float(
      Float16.self, alias: "half", greatest: "65504", least: "6e-08",
      beyond: ["-65520", "65520", "1e5", "1" + String(repeating: "0", count: 309)]),
    float(
      Float.self, alias: "float", greatest: "3.4028235e+38", least: "1e-45",
      beyond: ["-3.5e38", "3.5e38", "340282356779733661637539395458142568448"]),
    f64,
  ]

  static let f64 = float(
    Double.self, alias: "double", greatest: "1.7976931348623157e+308", least: "5e-324",
    beyond: ["-1.8e308", "1.8e308", "1" + String(repeating: "0", count: 309)])

  static let all = numbers + [boolean]

  private static let boolean = ElementCase(
    model: Bool8.self, name: Bool8.elementTypeName, aliases: ["bool8"], numpyName: "bool", size: 1, least: "0",
    greatest: "1", beyond: ["-1", "2"], samples: ["0", "1", "1", "0", "0", "1"], isFloat: false)

  /// Strings of several sizes.
  static let strings = [string(FixedString<1>.self), string(FixedString<3>.self), string(FixedString<16>.self)]

  private static func string<let size: Int>(_ type: FixedString<size>.Type) -> ElementCase {
    let greatest = String(repeating: "~", count: size)
    return ElementCase(
      model: type, name: "S\(size)", aliases: [], numpyName: "S\(size)", size: size, least: "", greatest: greatest,
      beyond: [greatest + "~"], samples: ["", "a", greatest], isFloat: false)
  }

  static func named(_ name: String) -> ElementCase? { all.first { $0.name == name } }

  private static func integer<Integer: FixedWidthInteger & ModelElement & ArrayElement>(
    _ type: Integer.Type
  ) -> ElementCase {
    let numpyName = (Integer.isSigned ? "int" : "uint") + "\(Integer.bitWidth)"
    return ElementCase(
      model: type, name: type.elementTypeName, aliases: [numpyName], numpyName: numpyName, size: Integer.bitWidth / 8,
      least: "\(Integer.min)", greatest: "\(Integer.max)",
      beyond: ["\(Int128(Integer.min) - 1)", "\(Int128(Integer.max) + 1)"],
      samples: ["0", "1", "\(Integer.min)", "100", "\(Integer.max)", "7"], isFloat: false)
  }

  private static func float<Float: BinaryFloatingPoint & ModelElement & ArrayElement>(
    _ type: Float.Type, alias: String, greatest: String, least: String, beyond: [String]
  ) -> ElementCase {
    let size = MemoryLayout<Float>.size
    let numpyName = "float\(8 * size)"
    return ElementCase(
      model: type, name: type.elementTypeName, aliases: [alias, numpyName], numpyName: numpyName, size: size,
      least: "-" + greatest,
      greatest: greatest, beyond: beyond,
      samples: ["0", "50", "-0", "0.1", "-2.5", "inf", "-" + greatest, "nan", least, "-inf", greatest, "7"],
      isFloat: true)
  }
}

extension ElementCase {
  /// Whether `reply` is the element with this text.
  ///
  /// A server before Redis 7.2 writes the text of RESP3's doubles itself, so only their value counts.
  func matches(_ reply: Reply, _ text: String, _ version: ProtocolVersion = .resp2) -> Bool {
    switch (isFloat, version) {
    case (true, .resp2):
      return reply == .bulk(text)
    case (true, .resp3):
      guard case .double(let found) = reply else { return false }
      // The texts of the infinities and NaN are fixed, and -0 equals 0.
      return switch size {
      case 2: same(Float16(found), Float16(text))
      case 4: same(Float(found), Float(text))
      default: same(Double(found), Double(text))
      }
    case (false, _):
      if let integer = Int(text) { return reply == .integer(integer) }
      return reply == (version == .resp2 ? .bulk(text) : .bigNumber(text))
    }
  }

  /// Whether `reply` is an array of the elements with these texts; "(nil)" stands for a missing one.
  func matches(_ reply: Reply, _ texts: [String], _ version: ProtocolVersion = .resp2) -> Bool {
    guard case .array(let elements) = reply, elements.count == texts.count else { return false }
    return zip(elements, texts).allSatisfy { $1 == "(nil)" ? $0 == .null : matches($0, $1, version) }
  }

  private func same<Value: BinaryFloatingPoint>(_ first: Value?, _ second: Value?) -> Bool {
    guard let first, let second else { return false }
    return first.isNaN && second.isNaN || first == second && first.sign == second.sign
  }
}

/// Whether a file has a header.
enum Format: String, CaseIterable, Sendable {
  case npy, raw

  /// The words that `MMAP` needs behind the path to make a new file.
  func words(_ type: ElementCase) -> [String] { self == .npy ? [type.name] : [type.name, "RAW"] }

  /// The words that `MMAP` needs behind the path of a file that has contents.
  func wordsToMapAgain(_ type: ElementCase) -> [String] { self == .npy ? [] : [type.name] }

  /// The bytes of a file of so many elements that is not mapped.
  func size(_ type: ElementCase, _ count: Int) -> Int { (self == .npy ? 128 : 0) + count * type.size }
}
