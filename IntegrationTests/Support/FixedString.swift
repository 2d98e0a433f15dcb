import LiveServer
import MappedArrayClient

/// An element of an array of strings: bytes, and zeros behind them, which are no part of it.
struct FixedString<let size: Int>: BitwiseCopyable, Sendable {
  private var bytes = InlineArray<size, UInt8>(repeating: 0)

  /// nil if there are more than have room.
  init?(_ bytes: [UInt8]) {
    guard bytes.count <= size else { return nil }
    for (index, byte) in bytes.enumerated() { self.bytes[index] = byte }
  }

  private init() {}

  /// All of them, the zeros at the end too.
  var padded: [UInt8] { bytes.indices.map { bytes[$0] } }
}

extension FixedString: Comparable, Hashable {
  static func == (first: Self, second: Self) -> Bool { first.padded == second.padded }
  static func < (first: Self, second: Self) -> Bool { first.padded.lexicographicallyPrecedes(second.padded) }
  func hash(into hasher: inout Hasher) { hasher.combine(padded) }
}

extension FixedString: ArgumentConvertible, ReplyValue, PackedElement {
  var argument: Argument {
    let count = padded.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
    return Argument(Array(padded.prefix(count)))
  }

  init(_ reply: Reply) throws(ClientError) {
    let bytes = try [UInt8](reply)
    guard bytes.last != 0, let string = FixedString(bytes) else {
      throw .typeMismatch(expected: "at most \(size) bytes, the last not 0", found: "\(bytes)")
    }
    self = string
  }
}

extension FixedString: ModelElement {
  static var isNumber: Bool { false }
  static var zero: Self { FixedString() }
  var canonical: Self { self }

  static var edges: [Self] {
    let all: [[UInt8]] = [
      [], [0xFF], [1], Array("a\0b".utf8), Array("\r\n".utf8), Array(repeating: 0xFF, count: size),
      Array(repeating: 0x61, count: size),
    ]
    return all.compactMap { FixedString($0) }
  }

  /// Of few letters, so that many have the same beginning.
  static func random(using generator: inout SeededGenerator) -> Self {
    let count = Int.random(in: 0...size, using: &generator)
    let bytes = (0..<count).map { _ in UInt8.random(in: 97...99, using: &generator) }
    return FixedString(bytes) ?? zero
  }

  /// It is refused, whatever it is.
  static func randomIncrement(using generator: inout SeededGenerator) -> Increment<Self> {
    Increment(argument: Argument("1")) { _, _ in nil }
  }
}
