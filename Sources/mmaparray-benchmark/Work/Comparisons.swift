import LiveServer
import MappedArrayClient

/// The data of one element type, and what is done with it: by this module, and by the server's own means.
struct Comparisons {
  let kind: ElementKind
  let scale: Scale
  private let values: ElementKind.Values

  /// Different requests that are sent in turns.
  private static let variants = 1024
  /// Elements of a range.
  private static let rangeCount = 1000

  init(_ kind: ElementKind, _ scale: Scale) {
    self.kind = kind
    self.scale = scale
    values = kind.values(scale.elements)
  }

  /// Fills an empty server. Arrays have a header if their name does not say otherwise.
  func prepare(_ connection: Connection) throws {
    try connection("MMAP", "array", "\(kind.name).npy", kind.name)
    try connection("MMAP", "added", "\(kind.name)-added.npy", kind.name)
    try connection("MMAP", "raw", "\(kind.name).raw", kind.name, "RAW")
    try connection("MMAP", "many", "\(kind.name)-many.npy", kind.name)
    try connection("MMAP.APPEND", "array", values.packed)
    try connection("SET", "packed", values.packed)
    try add(to: "list", connection)
    for (index, text) in values.texts.enumerated() { try connection("SET", "string:\(index)", text) }
    for _ in stride(from: 0, to: scale.manyElements, by: scale.elements) {
      try connection("MMAP.APPEND", "many", values.packed)
      try connection("APPEND", "manypacked", values.packed)
      try add(to: "manylist", connection)
    }
  }

  private func add(to list: String, _ connection: Connection) throws {
    for start in stride(from: 0, to: values.texts.count, by: 1000) {
      let texts = values.texts[start..<min(start + 1000, values.texts.count)]
      let reply = try connection.send(["RPUSH", Argument(list)] + texts.map { Argument($0) })
      if case .error = reply { throw BenchmarkError.refused(reply) }
    }
  }

  /// All comparisons but those with programs other than the server.
  func all() throws -> [Comparison] {
    try single() + bitfield() + several(10) + several(100) + ends() + ranges() + together()
  }

  // MARK: Elements

  private func single() throws -> [Comparison] {
    [
      try comparison(
        "VGET", { index, _ in ["VGET", "array", index] }, "GET", { index, _ in ["GET", "string:\(index)"] }),
      try comparison(
        "VGET", { index, _ in ["VGET", "array", index] }, "LINDEX", { index, _ in ["LINDEX", "list", index] }),
      try comparison(
        "VSET", { ["VSET", "array", $0, $1] }, "SET", { ["SET", "string:\($0)", $1] }),
    ]
  }

  private func bitfield() throws -> [Comparison] {
    guard let type = kind.bitfieldName else { return [] }
    return [
      try comparison(
        "VGET", { index, _ in ["VGET", "array", index] },
        "BITFIELD GET", { index, _ in ["BITFIELD_RO", "packed", "GET", type, "#\(index)"] }),
      try comparison(
        "VSET", { ["VSET", "array", $0, $1] },
        "BITFIELD SET", { ["BITFIELD", "packed", "SET", type, "#\($0)", $1] }),
    ]
  }

  private func several(_ count: Int) throws -> [Comparison] {
    // Far apart, and different in each request.
    func indexes(_ first: Int) -> [Int] { (0..<count).map { (first + $0 * 7919) % scale.elements } }
    var comparison = try comparison(
      "VMGET \(count)", { index, _ in ["VMGET", "array"] + indexes(index) },
      "MGET \(count)", { index, _ in ["MGET"] + indexes(index).map { "string:\($0)" } })
    comparison.count = max(1, scale.requests * 2 / count)
    return [comparison]
  }

  /// What is done at the end; arrays and lists are as long before each sample.
  private func ends() throws -> [Comparison] {
    var adding = try comparison("VADD", { _, text in ["VADD", "added", text] }, "RPUSH", { ["RPUSH", "pushed", $1] })
    adding.ours.preparation = [["VCLEAR", "added"]]
    adding.theirs.preparation = [["DEL", "pushed"]]
    var addingRaw = try comparison(
      "VADD raw", { _, text in ["VADD", "raw", text] }, "RPUSH", { ["RPUSH", "pushed", $1] })
    addingRaw.ours.preparation = [["VCLEAR", "raw"]]
    addingRaw.theirs.preparation = [["DEL", "pushed"]]
    var popping = try comparison("VPOP", { _, _ in ["VPOP", "added"] }, "RPOP", { _, _ in ["RPOP", "pushed"] })
    popping.ours.preparation = [["VCLEAR", "added"], ["MMAP.APPEND", "added", Argument(values.packed)]]
    popping.theirs.preparation = [["COPY", "list", "pushed", "REPLACE"]]
    return [adding, addingRaw, popping]
  }

  // MARK: Ranges

  private func ranges() throws -> [Comparison] {
    let count = Self.rangeCount
    let blob = Array(values.packed.prefix(count * kind.size))
    var all = try comparison(
      "VALL", { _, _ in ["VALL", "many"] }, "LRANGE", { _, _ in ["LRANGE", "manylist", 0, -1] })
    (all.unit, all.unitsPerRequest, all.count, all.pipeline) = (.elements, scale.manyElements, 1, 1)
    var range = try comparison(
      "MMAP.RANGE", { index, _ in ["MMAP.RANGE", "array", index, index + count - 1] },
      "LRANGE", { index, _ in ["LRANGE", "list", index, index + count - 1] }, room: count)
    (range.unit, range.unitsPerRequest, range.count) = (.elements, count, max(1, scale.requests / 250))
    var read = try comparison(
      "MMAP.READ", { _, _ in ["MMAP.READ", "many"] }, "GETRANGE", { _, _ in ["GETRANGE", "manypacked", 0, -1] })
    (read.unit, read.unitsPerRequest, read.count, read.pipeline) = (.bytes, scale.manyElements * kind.size, 8, 1)
    var write = try comparison(
      "MMAP.WRITE", { index, _ in ["MMAP.WRITE", "array", index, blob] },
      "SETRANGE", { index, _ in ["SETRANGE", "packed", index * kind.size, blob] }, room: count)
    (write.unit, write.unitsPerRequest, write.count) = (.bytes, blob.count, max(1, scale.requests / 50))
    return [all, range, read, write]
  }

  // MARK: Several clients

  private func together() throws -> [Comparison] {
    var ranges = try comparison(
      "MMAP.RANGE, two clients", { _, _ in ["MMAP.RANGE", "many", 0, -1] },
      "LRANGE, two clients", { _, _ in ["LRANGE", "manylist", 0, -1] })
    (ranges.unit, ranges.unitsPerRequest, ranges.count, ranges.pipeline, ranges.clients) = (
      .elements, scale.manyElements, 2, 1, 2
    )
    var beside = try comparison(
      "GET beside MMAP.AGG", { index, _ in ["GET", "string:\(index)"] }, "GET",
      { index, _ in ["GET", "string:\(index)"] })
    beside.ours.beside = ["MMAP.AGG", "many", "0", "-1", "VAR"]
    return [ranges, beside]
  }

  // MARK: Building

  private typealias Builder = (_ index: Int, _ text: String) -> [any ArgumentConvertible]

  /// - Parameters:
  ///   - ours: makes a request from a random index and a value.
  ///   - room: elements that follow the index at least.
  private func comparison(
    _ ourName: String, _ ours: Builder, _ theirName: String, _ theirs: Builder, room: Int = 1
  ) throws -> Comparison {
    var random = SeededGenerator(seed: 6)
    let inputs = (0..<Self.variants).map { _ in
      (Int.random(in: 0...scale.elements - room, using: &random), values.texts.randomElement(using: &random) ?? "0")
    }
    func requests(_ build: Builder) throws -> Requests {
      try Requests(inputs.map { build($0, $1).map(\.argument) })
    }
    return Comparison(
      ours: .init(name: ourName, requests: try requests(ours)),
      theirs: .init(name: theirName, requests: try requests(theirs)), type: kind.name, count: scale.requests)
  }
}
