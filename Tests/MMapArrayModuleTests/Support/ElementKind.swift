import StandInServer
import Testing

/// One of the element types, with texts of its values as they are replied.
struct ElementKind: Sendable, CustomTestStringConvertible {
  let name: String
  let numpyName: String
  /// In bytes.
  let size: Int
  let isFloat: Bool
  let least: String
  let greatest: String
  /// Texts that are just too small or too large.
  let beyond: [String]

  var testDescription: String { name }

  static let all = [
    integer(Int8.self, "i8"), integer(Int16.self, "i16"), integer(Int32.self, "i32"), integer(Int64.self, "i64"),
    integer(UInt8.self, "u8"), integer(UInt16.self, "u16"), integer(UInt32.self, "u32"), integer(UInt64.self, "u64"),
    ElementKind(
      name: "f32", numpyName: "float32", size: 4, isFloat: true, least: "-3.4028235e+38", greatest: "3.4028235e+38",
      beyond: ["-3.5e38", "3.5e38"]),
    ElementKind(
      name: "f64", numpyName: "float64", size: 8, isFloat: true, least: "-1.7976931348623157e+308",
      greatest: "1.7976931348623157e+308", beyond: ["-1.8e308", "1.8e308"]),
    ElementKind(
      name: "f16", numpyName: "float16", size: 2, isFloat: true, least: "-65504", greatest: "65504",
      beyond: ["-65520", "65520"]),
  ]

  private static func integer<Integer: FixedWidthInteger>(_ type: Integer.Type, _ name: String) -> ElementKind {
    ElementKind(
      name: name, numpyName: (Integer.isSigned ? "int" : "uint") + "\(Integer.bitWidth)", size: Integer.bitWidth / 8,
      isFloat: false, least: "\(Integer.min)", greatest: "\(Integer.max)",
      beyond: ["\(Int128(Integer.min) - 1)", "\(Int128(Integer.max) + 1)"])
  }

  /// What an element of this text is replied as; "(nil)" stands for a missing one.
  func reply(_ text: String, to caller: Caller) -> Reply {
    if text == "(nil)" { return .null }
    guard isFloat else {
      return Int(text).map { .integer($0) } ?? (caller.isRESP3 ? .bigNumber(text) : .bulk(text))
    }
    guard caller.isRESP3 else { return .bulk(text) }
    // The module gives the server the double that reads as the text.
    return .double(Double(text) ?? .nan)
  }

  func reply(_ texts: [String], to caller: Caller) -> Reply { .array(texts.map { reply($0, to: caller) }) }

  /// What a double is replied as, whatever the type of the elements.
  static func double(_ text: String, to caller: Caller) -> Reply {
    caller.isRESP3 ? .double(Double(text) ?? .nan) : .bulk(text)
  }

  /// Integers as packed elements.
  func packed(_ values: [Int]) -> [UInt8] {
    values.flatMap { value -> [UInt8] in
      switch name {
      case "f16": bytes(Float16(value))
      case "f32": bytes(Float(value))
      case "f64": bytes(Double(value))
      default: Array(bytes(value)[..<size])
      }
    }
  }

  private func bytes(_ value: some BitwiseCopyable) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
}

/// Whether a file has a header.
enum Format: String, CaseIterable, Sendable {
  case npy, raw

  /// The words that `MMAP` needs behind the path to make a new file.
  func words(_ kind: ElementKind) -> [String] { self == .npy ? [kind.name] : [kind.name, "RAW"] }
}
