import MappedArrayClient
import Testing

/// ACL rules: by key, for reading and writing, and by category.
struct AccessControlTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
    try server.makeArray("a", "i8", .npy, [1, 2, 3, 4, 5])
  }

  /// Whether a user with these rules may run a command.
  private func isAllowed(_ rules: [String], _ words: [String]) throws -> Bool {
    try server.connection.send((["ACL", "SETUSER", "someone", "reset", "on", "nopass"] + rules).map(\.argument))
    return try server.send(["ACL", "DRYRUN", "someone"] + words) == .ok
  }

  @Test("rules by key, for reading, for writing and for both", arguments: DescribedCommand.all)
  func keys(command: DescribedCommand) throws {
    let words = [command.names[0]] + command.words
    for (rule, isAllowed) in [
      ("~a", true), ("~b", false), ("%RW~a*", true), ("%R~a", !command.needsWrite), ("%W~a", !command.needsRead),
      ("%R~b", false), ("%W~b", false), ("(%R~a +@all)", !command.needsWrite),
    ] {
      #expect(try self.isAllowed(["+@all", rule], words) == isAllowed, "\(rule)")
    }
    // Two rules together allow what neither does.
    #expect(try isAllowed(["+@all", "%R~a", "%W~b"], words) == !command.needsWrite)
    #expect(try !isAllowed(["~*", "+@all", "-" + command.names[0]], words))
    #expect(try isAllowed(["~*", "+" + command.names[0]], words))
  }

  @Test("a user is held to them", arguments: [ProtocolVersion.resp2, .resp3])
  func user(version: ProtocolVersion) throws {
    try server("ACL", "SETUSER", "reader", "on", ">secret", "+@all", "%R~a")
    try server("ACL", "SETUSER", "writer", "on", ">secret", "+@all", "%W~a")
    let reader = try server.live.connect(user: "reader", password: "secret", protocolVersion: version)
    let writer = try server.live.connect(user: "writer", password: "secret", protocolVersion: version)
    #expect(try reader.send(["MMAP.GET", "a", "0"]) == .integer(1))
    #expect(try reader.send(["MMAP.AGG", "a", "0", "-1", "SUM"]) == .array([.integer(15)]))
    #expect(try writer.send(["MMAP.ADD", "a", "6"]) == .integer(1))
    #expect(try writer.send(["MMAP.WRITE", "a", "0", "x"]) == .integer(1))
    for (connection, words) in [
      (reader, ["MMAP.ADD", "a", "1"]), (reader, ["MMAP", "a", "a"]), (reader, ["MMAP.GET", "b", "0"]),
      (writer, ["MMAP.GET", "a", "0"]), (writer, ["MMAP.POP", "a"]), (writer, ["MMAP.INCRBY", "a", "0", "1"]),
    ] {
      #expect(try connection.send(words.map(\.argument)).errorText?.hasPrefix("NOPERM ") == true, "\(words)")
    }
    #expect(try server("MMAP.COUNT", "a") == .integer(6))
  }

  @Test("categories, where the server has them for modules", arguments: DescribedCommand.all)
  func categories(command: DescribedCommand) throws {
    let version = try ServerVersion(server.connection)
    let name = command.names[0]
    var expected: Set = [
      command.isWrite ? "write" : "read", command.flags.contains("fast") ? "fast" : "slow",
    ]
    if name == "MMAP" { expected.insert("dangerous") }
    if !version.has(.commandCategories) { expected = [] }
    if version.has(.ownCategories) { expected.insert("mmaparray") }
    let categories = try server.connection("ACL", "CAT", as: [String].self)
    #expect(categories.contains("mmaparray") == version.has(.ownCategories))
    for category in categories {
      let rules = ["~*", "+@" + category]
      #expect(try isAllowed(rules, [name] + command.words) == expected.contains(category), "\(category)")
      guard version.has(.listsCommandsOfModules) else { continue }
      let members = try server.connection("ACL", "CAT", category, as: [String].self).map { $0.uppercased() }
      #expect(members.contains(name) == expected.contains(category), "\(category)")
    }
  }
}
