import LiveServer
import MappedArrayClient

/// Random commands on a few arrays, of which nobody keeps a model: the master is the model of its replicas.
struct RandomWrites {
  struct Kind {
    let key: String
    let type: ElementCase
    let format: Format

    var path: String { "\(type.name).\(format.rawValue)" }
  }

  static let kinds: [Kind] = [
    kind(0, "f64", .npy), kind(1, "f32", .raw), kind(2, "i8", .npy), kind(3, "u16", .raw), kind(4, "i64", .npy),
  ].compactMap { $0 }

  private static func kind(_ number: Int, _ type: String, _ format: Format) -> Kind? {
    ElementCase.named(type).map { Kind(key: "k\(number)", type: $0, format: format) }
  }

  static var keys: [String] { kinds.map(\.key) }

  private(set) var generator: SeededGenerator

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  static func map(on server: ModuleServer) throws {
    for kind in kinds { try server.send(["MMAP", kind.key, kind.path] + kind.format.words(kind.type)) }
  }

  private mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }

  /// A command on one of the arrays, rarely one on its key.
  mutating func next() -> [any ArgumentConvertible] {
    let kind = generator.pick(Self.kinds, or: Self.kinds[0])
    let (key, size) = (kind.key, kind.type.size)
    switch number(0..<40) {
    case 0..<8: return ["MMAP.ADD", key] + (0..<number(1..<5)).map { _ in number(0..<100) }
    case 8..<16: return ["VSET", key] + (0..<2 * number(1..<4)).map { _ in number(0..<100) }
    case 16..<20: return ["MMAP.WRITE", key, number(0..<3000), blob(number(0..<500) * size)]
    case 20..<24: return ["MMAP.APPEND", key, blob(number(0..<300) * size)]
    case 24..<27: return ["MMAP.RESIZE", key, number(0..<4000)]
    case 27..<31: return ["MMAP.FILL", key, number(-50..<2000), number(-2000..<2000), number(0..<100)]
    case 31..<35: return ["MMAP.INCRBY", key, "OVERFLOW", "WRAP", number(0..<200), number(0..<9)]
    case 35..<38: return ["VPOP", key]
    case 38: return ["VCLEAR", key]
    default: return ["RENAME", key, key]
    }
  }

  private mutating func blob(_ count: Int) -> [UInt8] {
    // The upper half of each byte's values would make NaNs that are hard to compare.
    (0..<count).map { _ in UInt8(generator.next() % 64) }
  }
}
