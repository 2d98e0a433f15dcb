import MappedArrayClient

/// An array that Scripts/samples has a server make.
struct SavedArray {
  /// Words behind `MMAP`, the key the first.
  let mapping: [String]
  let values: [String]
  /// To `MMAP.ALL`.
  let reply: Reply
  var dimensions: [Int]?

  var key: String { mapping[0] }
  var type: String? { mapping.count > 2 ? mapping[2] : nil }
  var format: Format { mapping.contains("RAW") || type == nil ? .raw : .npy }

  static let first = [
    SavedArray(mapping: ["typed", "typed.npy", "f32"], values: ["1", "2.5"], reply: texts("1", "2.5")),
    SavedArray(mapping: ["raw", "raw.bin", "i16", "RAW"], values: ["-3"], reply: .integers([-3])),
    SavedArray(mapping: ["plain", "plain"], values: ["0.5"], reply: texts("0.5")),
  ]

  /// What versions after 1.0.0 have.
  static let later = [
    SavedArray(
      mapping: ["wide", "wide.bin", "u8", "RAW", "COLUMNS", "3"], values: ["1", "2", "3"], reply: .integers(1...3),
      dimensions: [1, 3]),
    SavedArray(mapping: ["half", "half.npy", "f16"], values: ["0.1", "-65504"], reply: texts("0.1", "-65504")),
    SavedArray(
      mapping: ["flags", "flags.bin", "bool", "RAW"], values: ["1", "0", "true"], reply: .integers([1, 0, 1])),
    SavedArray(mapping: ["words", "words.npy", "S5"], values: ["ab", "hello"], reply: texts("ab", "hello")),
    SavedArray(
      mapping: ["pairs", "pairs.npy", "f16", "COLUMNS", "2"], values: ["1", "2", "3", "4.5"],
      reply: texts("1", "2", "3", "4.5"), dimensions: [2, 2]),
    SavedArray(
      mapping: ["codes", "codes.bin", "S3", "RAW", "COLUMNS", "2"], values: ["x", "yz"], reply: texts("x", "yz"),
      dimensions: [1, 2]),
  ]

  /// Those that a version has saved.
  static func all(of version: String) -> [SavedArray] { version == "1.0.0" ? first : first + later }

  private static func texts(_ texts: String...) -> Reply { .array(texts.map { .bulk($0) }) }
}
