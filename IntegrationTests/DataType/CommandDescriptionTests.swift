import LiveServer
import MappedArrayClient
import Testing

/// What the server says of the commands: `COMMAND DOCS`, `COMMAND INFO`, `COMMAND GETKEYS`, and what `redis-cli` hints.
struct CommandDescriptionTests {
  let server: ModuleServer

  /// The module's commands; a short name may be the server's.
  private let commands: Set<String>

  init() throws {
    server = try ModuleServer(protocolVersion: .resp3)
    let names = try server.connection("COMMAND", "LIST", "FILTERBY", "MODULE", "mmaparray", as: [String].self)
    commands = Set(names.map { $0.uppercased() })
  }

  @Test("COMMAND INFO: arity, flags and what is done with the key", arguments: DescribedCommand.all)
  func information(command: DescribedCommand) throws {
    for name in command.names where commands.contains(name) {
      let facts = try #require(server.connection("COMMAND", "INFO", name).elements?.first?.elements, "\(name)")
      #expect(facts[0] == .bulk(name))
      #expect(facts[1] == .integer(command.arity), "\(name)")
      let flags = Set(facts[2].elements?.compactMap(\.text) ?? [])
      #expect(flags == command.flags.union(["module"]), "\(name): \(flags)")
      #expect(facts[3...5].map { $0 } == [.integer(1), .integer(1), .integer(1)])
      let specification = try #require(facts[8].elements?.first)
      #expect(facts[8].elements?.count == 1)
      #expect(Set(specification["flags"]?.elements?.compactMap(\.text) ?? []) == command.keyFlags, "\(name)")
      #expect(specification["begin_search"]?["spec"]?["index"] == .integer(1))
      #expect(specification["find_keys"]?["spec"]?["lastkey"] == .integer(0))
    }
  }

  @Test("COMMAND DOCS: summary, complexity, version and arguments", arguments: DescribedCommand.all)
  func documentation(command: DescribedCommand) throws {
    for name in command.names where commands.contains(name) {
      let documentation = try #require(server.connection("COMMAND", "DOCS", name)[name], "\(name)")
      for field in ["summary", "complexity"] { #expect(documentation[field]?.text?.isEmpty == false, "\(name)") }
      #expect(documentation["complexity"]?.text?.hasPrefix("O(") == true)
      #expect(documentation["since"] == .bulk(DescribedCommand.new.contains(command.names[0]) ? "1.1.0" : "1.0.0"))
      #expect(documentation["module"] == .bulk("mmaparray"))
      #expect(documentation["group"] == .bulk("module"))
      let arguments = try #require(documentation["arguments"]?.elements)
      #expect(arguments.map(hint).joined(separator: " ") == command.hint, "\(name)")
    }
  }

  /// The line that `redis-cli` shows while a command is typed.
  private func hint(_ argument: Reply) -> String {
    let flags = argument["flags"]?.elements?.compactMap(\.text) ?? []
    let token = argument["token"]?.text
    let parts = argument["arguments"]?.elements?.map(hint) ?? []
    var text: String
    switch argument["type"]?.text {
    case "pure-token": text = token ?? ""
    case "oneof": text = [token, parts.joined(separator: "|")].compactMap { $0 }.joined(separator: " ")
    case "block": text = parts.joined(separator: " ")
    default: text = [token, argument["name"]?.text].compactMap { $0 }.joined(separator: " ")
    }
    if flags.contains("multiple") { text = "\(text) [\(text) ...]" }
    return flags.contains("optional") ? "[\(text)]" : text
  }

  @Test("COMMAND GETKEYS", arguments: DescribedCommand.all)
  func keys(command: DescribedCommand) throws {
    for name in command.names where commands.contains(name) {
      let words = [name, "the key"] + Array(repeating: "1", count: abs(command.arity) - 2)
      #expect(try server.send(["COMMAND", "GETKEYS"] + words) == .array([.bulk("the key")]), "\(name)")
      #expect(
        try server.send(["COMMAND", "GETKEYSANDFLAGS"] + words).elements?.first?.elements?.first == .bulk("the key"))
    }
  }

  @Test("all commands of the module are described here")
  func complete() throws {
    let others = try Document.internalCommands()
    #expect(commands.subtracting(others).isSubset(of: DescribedCommand.all.flatMap(\.names)))
    #expect(commands.isSuperset(of: DescribedCommand.all.map { $0.names[0] }))
  }
}
