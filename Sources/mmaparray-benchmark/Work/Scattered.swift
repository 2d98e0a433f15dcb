import LiveServer
import MappedArrayClient

/// The same numbers with the same access: elements of one array, and as many strings with a key each, read and written at
/// random.
struct Scattered {
  let kind: ElementKind
  let scale: Scale

  private var count: Int { scale.scatteredElements }
  private var file: String { "\(kind.name)-scattered.npy" }
  /// Elements of a `VMGET`.
  private static let several = 100

  init(_ kind: ElementKind, _ scale: Scale) {
    self.kind = kind
    self.scale = scale
  }

  /// Fills a server with both.
  ///
  /// - Returns: what each of them has added to its memory.
  func prepare(_ server: LiveServer, _ connection: Connection) throws -> MemoryFigures {
    let values = kind.values(scale.elements)
    let empty = try usedMemory(connection)
    try connection("MMAP", "scattered", file, kind.name)
    for _ in stride(from: 0, to: count, by: scale.elements) {
      try connection("MMAP.APPEND", "scattered", values.packed)
    }
    let array = try usedMemory(connection)
    for start in stride(from: 0, to: count, by: 1000) {
      let words = (start..<min(start + 1000, count)).flatMap { index in
        [Argument("s:\(index)"), Argument(values.texts[index % values.texts.count])]
      }
      let reply = try connection.send(["MSET"] + words)
      if case .error = reply { throw BenchmarkError.refused(reply) }
    }
    return MemoryFigures(
      type: kind.name, elements: count, arrayBytes: array - empty + count * kind.size,
      stringBytes: try usedMemory(connection) - array)
  }

  private func usedMemory(_ connection: Connection) throws -> Int {
    let lines = try connection("INFO", "memory", as: String.self).split(whereSeparator: \.isNewline)
    guard let line = lines.first(where: { $0.hasPrefix("used_memory:") }),
      let bytes = Int(line.dropFirst("used_memory:".count))
    else { throw BenchmarkError.noFigure("used_memory") }
    return bytes
  }

  func all() throws -> [Comparison] {
    let texts = kind.values(1024).texts
    func comparison(
      _ ourName: String, _ theirName: String, variants: Int = 1 << 16,
      _ ours: ([Int], String) -> [any ArgumentConvertible],
      _ theirs: ([Int], String) -> [any ArgumentConvertible], indexes indexCount: Int = 1
    ) throws -> Comparison {
      var random = SeededGenerator(seed: 7)
      let inputs = (0..<min(variants, scale.requests)).map { _ in
        (
          (0..<indexCount).map { _ in Int.random(in: 0..<count, using: &random) },
          texts.randomElement(using: &random) ?? "0"
        )
      }
      func requests(_ build: ([Int], String) -> [any ArgumentConvertible]) throws -> Requests {
        try Requests(inputs.map { build($0, $1).map(\.argument) })
      }
      return Comparison(
        ours: .init(name: ourName, requests: try requests(ours)),
        theirs: .init(name: theirName, requests: try requests(theirs)), type: kind.name, count: scale.requests)
    }
    let many = short(count: count)
    var several = try comparison(
      "VMGET \(Self.several), any of \(many)", "MGET \(Self.several), any of \(many)", variants: 4096,
      { indexes, _ in ["VMGET", "scattered"] + indexes }, { indexes, _ in ["MGET"] + indexes.map { "s:\($0)" } },
      indexes: Self.several)
    several.count = max(1, scale.requests * 2 / Self.several)
    return [
      try comparison(
        "VGET, any of \(many)", "GET, any of \(many)", { index, _ in ["VGET", "scattered", index[0]] },
        { index, _ in ["GET", "s:\(index[0])"] }),
      try comparison(
        "VSET, any of \(many)", "SET, any of \(many)", { ["VSET", "scattered", $0[0], $1] },
        { ["SET", "s:\($0[0])", $1] }),
      several,
    ]
  }
}

/// What so many numbers need in memory. All of an array's file is counted, as if all of it were in the page cache.
struct MemoryFigures: Codable {
  let type: String
  let elements: Int
  let arrayBytes: Int
  let stringBytes: Int
}
