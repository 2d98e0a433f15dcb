import MappedArrayClient
import Testing

/// `MMAP.AGG`: what it replies of which operation.
struct AggregateTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  private static let all = ["SUM", "MIN", "MAX", "MEAN", "VAR", "STD", "ARGMIN", "ARGMAX"]

  @Test("each operation, in the order it is asked for", arguments: ElementCase.numbers, ProtocolVersion.allCases)
  func operations(type: ElementCase, version: ProtocolVersion) throws {
    let connection = try server.live.connect(protocolVersion: version)
    try server.makeArray("a", type.name, .npy, ["1", "2", "6", "7", "1", "7"])
    let reply = try connection.send((["MMAP.AGG", "a", "0", "-1"] + AggregateTests.all).map(\.argument))
    let replies = try #require(reply.elements)
    #expect(
      try replies.map { try Double($0) }
        == [24, 1, 7, 4, 22.0 / 3, (22.0 / 3).squareRoot(), 0, 3].map { single($0, type) })
    for (index, name) in AggregateTests.all.enumerated() {
      let isFloat = ["MEAN", "VAR", "STD"].contains(name) || type.isFloat && !name.hasPrefix("ARG")
      #expect(replies[index].kind == (isFloat ? (version == .resp2 ? "bulk string" : "double") : "integer"), "\(name)")
    }
    #expect(
      try connection("MMAP.AGG", "a", 1, -2, "argmax", "MAX", "ArgMax", "ARGMIN").elements?.map { try Double($0) } == [
        3, 7, 3, 4,
      ])
  }

  /// What NumPy returns in the elements' own type.
  private func single(_ value: Double, _ type: ElementCase) -> Double {
    switch type.name {
    case "f16": Double("\(Float16(value))") ?? value
    case "f32": Double("\(Float(value))") ?? value
    default: value
    }
  }

  @Test("an empty range has a sum and nothing else", arguments: ElementCase.numbers, ProtocolVersion.allCases)
  func empty(type: ElementCase, version: ProtocolVersion) throws {
    let connection = try server.live.connect(protocolVersion: version)
    try server.makeArray("a", type.name, .npy, ["1", "2"])
    try server.makeArray("none", type.name)
    for words in [["a", "1", "0"], ["a", "2", "9"], ["none", "0", "-1"]] {
      let replies = try #require(connection.send((["MMAP.AGG"] + words + AggregateTests.all).map(\.argument)).elements)
      #expect(type.matches(replies[0], "0", version))
      #expect(replies.dropFirst().allSatisfy { $0 == .null })
    }
  }

  @Test("sums of integers are exact beyond 64 bits", arguments: ElementCase.numbers.filter { !$0.isFloat })
  func exactSums(type: ElementCase) throws {
    try exactSums(type.model, type)
  }

  private func exactSums<Element: ModelElement>(_: Element.Type, _ type: ElementCase) throws {
    let connection = try server.live.connect(protocolVersion: .resp3)
    try server.makeArray("a", type.name)
    for limit in [type.least, type.greatest] {
      let value = try #require(Int128(limit))
      try server("MMAP.RESIZE", "a", 1001)
      try server("MMAP.FILL", "a", 0, -1, limit)
      let sum = 1001 * value
      let text = "\(sum)"
      let isLarge = Int(exactly: sum) == nil
      #expect(try server("MMAP.AGG", "a", 0, -1, "SUM") == .array([isLarge ? .bulk(text) : .integer(Int(sum))]))
      #expect(
        try connection("MMAP.AGG", "a", 0, -1, "SUM") == .array([isLarge ? .bigNumber(text) : .integer(Int(sum))]))
      #expect(
        try connection("MMAP.AGG", "a", 0, -1, "MEAN", "VAR").elements?.map { try Double($0) } == [Double(value), 0])
    }
    // 2⁶³ just fits no more, and -2⁶³ just does.
    guard type.name == "u64" || type.name == "i64" else { return }
    try server("VCLEAR", "a")
    let half: [String] = type.name == "u64" ? ["9223372036854775808"] : ["-9223372036854775807", "-1"]
    try server.send(["MMAP.ADD", "a"] + half)
    let sum: Reply = type.name == "u64" ? .bulk("9223372036854775808") : .integer(Int.min)
    #expect(try server("MMAP.AGG", "a", 0, -1, "SUM") == .array([sum]))
  }
}
