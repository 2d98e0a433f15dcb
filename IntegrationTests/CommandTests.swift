import MappedArrayClient
import Testing

/// The rows of the contract's table of commands, under both names.
struct CommandTests {
  /// A command: its names, how many words it takes, and what it replies where there is no key.
  struct Row: Sendable, CustomTestStringConvertible {
    let names: [String]
    /// Words behind the key that are right for an array of three i8.
    let words: [String]
    /// Whether more words may follow, and how many at a time.
    var step: Int?
    /// The reply to `words`, for the elements 1, 2 and 3.
    let reply: Reply
    /// nil for a command that changes the array: where there is no key it is an error.
    let withoutKey: Reply?
    var countAfter = 3

    var testDescription: String { names.joined(separator: " ") }

    static let all = [
      Row(names: ["VGET", "MMAP.GET"], words: ["1"], reply: .integer(2), withoutKey: .null),
      Row(
        names: ["VMGET", "MMAP.MGET"], words: ["2", "3", "0"], step: 1,
        reply: .array([.integer(3), .null, .integer(1)]), withoutKey: .array([.null, .null, .null])),
      Row(
        names: ["VSET", "MMAP.SET"], words: ["0", "5", "9", "6", "2", "7"], step: 2, reply: .integer(2),
        withoutKey: nil),
      Row(
        names: ["VADD", "MMAP.ADD"], words: ["4", "5"], step: 1, reply: .integer(2), withoutKey: nil, countAfter: 5),
      Row(names: ["VPOP", "MMAP.POP"], words: [], reply: .integer(3), withoutKey: nil, countAfter: 2),
      Row(names: ["VCOUNT", "VSIZE", "MMAP.COUNT"], words: [], reply: .integer(3), withoutKey: .integer(0)),
      Row(names: ["VCLEAR", "MMAP.CLEAR"], words: [], reply: .integer(3), withoutKey: nil, countAfter: 0),
      Row(
        names: ["VALL", "MMAP.ALL"], words: [], reply: .array([.integer(1), .integer(2), .integer(3)]),
        withoutKey: .array([])),
      Row(names: ["VTYPE", "MMAP.TYPE"], words: [], reply: .bulk("i8"), withoutKey: .null),
      Row(names: ["VFILEPATH", "MMAP.PATH"], words: [], reply: .bulk("file"), withoutKey: .null),
    ]
  }

  let server: ModuleServer

  /// Short names that the server has given to commands of its own.
  private let ownNames: Set<String>

  init() throws {
    server = try ModuleServer()
    ownNames = try ServerVersion(server.connection).ownNames
  }

  private func names(_ row: Row) -> [String] { row.names.filter { !ownNames.contains($0) } }

  private func prepare() throws {
    try server("FLUSHALL")
    try server("MMAP", "a", "file", "i8")
    try server("VCLEAR", "a")
    try server("MMAP.ADD", "a", 1, 2, 3)
  }

  @Test("the reply", arguments: Row.all)
  func reply(row: Row) throws {
    for name in names(row) + names(row).map({ $0.lowercased() }) {
      try prepare()
      #expect(try server.send([name, "a"] + row.words) == row.reply, "\(name)")
      #expect(try server("VCOUNT", "a") == .integer(row.countAfter), "\(name)")
    }
  }

  @Test("an empty array", arguments: Row.all)
  func empty(row: Row) throws {
    try server("MMAP", "a", "file", "i8")
    let before = try server.bytes("file")
    let type = Set(row.names).isDisjoint(with: ["VTYPE", "VFILEPATH", "VADD"])
    guard type else { return }
    let expected: Reply =
      switch row.names[0] {
      case "VSET", "VCLEAR": .integer(0)
      case "VPOP": .null
      default: row.withoutKey ?? .null
      }
    for name in names(row) { #expect(try server.send([name, "a"] + row.words) == expected, "\(name)") }
    #expect(try server.bytes("file") == before)
  }

  @Test("a key that does not exist", arguments: Row.all)
  func missing(row: Row) throws {
    for name in names(row) {
      #expect(try server.send([name, "missing"] + row.words) == row.withoutKey ?? .noSuchKey, "\(name)")
    }
    #expect(try server("DBSIZE") == .integer(0))
  }

  @Test("a key of another kind", arguments: Row.all)
  func wrongType(row: Row) throws {
    try server("SET", "text", "x")
    try server("RPUSH", "list", "x")
    for name in names(row) {
      #expect(try server.send([name, "text"] + row.words) == .wrongType, "\(name)")
      #expect(try server.send([name, "list"] + row.words) == .wrongType, "\(name)")
    }
    #expect(try server("GET", "text") == .bulk("x"))
    try prepare()
    for words in [["GET", "a"], ["RPUSH", "a", "x"], ["SETRANGE", "a", "0", "x"]] {
      #expect(try server.send(words) == .wrongType)
    }
  }

  @Test("the number of words", arguments: Row.all, ["a", "missing"])
  func arity(row: Row, key: String) throws {
    try prepare()
    for name in names(row) {
      var wrong = [[name]]
      if row.step == nil {
        wrong.append([name, key] + row.words + ["1"])
        if !row.words.isEmpty { wrong.append([name, key]) }
      } else {
        wrong.append([name, key])
        if row.step == 2 { wrong += [[name, key, "0"], [name, key, "0", "1", "2"]] }
      }
      for words in wrong {
        let error = try #require(try server.send(words).errorText, "\(words)")
        #expect(error.hasPrefix("ERR wrong number of arguments"), "\(words): \(error)")
      }
    }
    #expect(try server("VALL", "a") == .array([.integer(1), .integer(2), .integer(3)]))
  }

  @Test("MMAP's number of words")
  func mapArity() throws {
    for words in [["MMAP"], ["MMAP", "a"]] {
      #expect(try server.send(words).errorText?.hasPrefix("ERR wrong number of arguments") == true)
    }
  }

  @Test("commands in MULTI, scripts and functions")
  func inside() throws {
    try prepare()
    try server("MULTI")
    for command in [["MMAP.ADD", "a", "4"], ["VPOP", "a"], ["VGET", "a", "9"]] {
      #expect(try server.send(command) == .status("QUEUED"))
    }
    #expect(try server("EXEC") == .array([.integer(1), .integer(4), .null]))
    let script =
      "redis.call('MMAP.ADD', KEYS[1], 4); return {redis.call('VMGET', KEYS[1], 3, 9), redis.pcall('VPOP', 'b')}"
    let reply = try server("EVAL", script, 1, "a")
    #expect(reply.elements?.first == .array([.integer(4), .null]))
    #expect(reply.elements?.last?.errorText?.contains("no such key") == true)
    #expect(try server("EVAL_RO", "return redis.call('VCOUNT', KEYS[1])", 1, "a") == .integer(4))
    #expect(try server("EVAL_RO", "return redis.call('VPOP', KEYS[1])", 1, "a").errorText != nil)
  }
}
