import MappedArrayClient

/// What a server knows of a command of the module: `COMMAND DOCS` and `COMMAND INFO`.
struct CommandFacts: Equatable {
  /// The names, the one in the module's namespace first.
  var names: [String]
  let summary: String
  let complexity: String
  let since: String
  /// The words behind the name, as a synopsis has them.
  let arguments: String
  /// Words with the name; negative if there may be more.
  let arity: Int
  let flags: [String]
  let keyFlags: [String]
  /// Sorted. Servers before Redis 7.2 have none for modules' commands.
  let categories: [String]

  var name: String { names[0] }

  /// The facts about all commands of the module, in the order of their names.
  ///
  /// - Parameter connection: to a server that has the module.
  /// - Throws: `ClientError`, or `FactsError` if the server's description lacks something.
  static func all(_ connection: Connection) throws -> [CommandFacts] {
    let names = try connection("COMMAND", "LIST", "FILTERBY", "MODULE", "mmaparray", as: [String].self)
    var commands: [CommandFacts] = []
    // "MMAP" comes before "V", so the name in the namespace is the first.
    for facts in try names.map({ try CommandFacts($0.uppercased(), connection) }).sorted(by: { $0.name < $1.name }) {
      if let index = commands.firstIndex(where: { $0.isSame(as: facts) }) {
        commands[index].names.append(facts.name)
      } else {
        commands.append(facts)
      }
    }
    return commands
  }

  private init(_ name: String, _ connection: Connection) throws {
    guard let documentation = try connection("COMMAND", "DOCS", name)[name],
      let information = try connection("COMMAND", "INFO", name).elements?.first?.elements, information.count > 8,
      let key = information[8].elements?.first
    else { throw FactsError("\(name) is not described") }
    func text(_ field: String) throws -> String {
      guard let text = documentation[field]?.text else { throw FactsError("\(name) has no \(field)") }
      return text
    }
    names = [name]
    (summary, complexity, since) = (try text("summary"), try text("complexity"), try text("since"))
    arguments = (documentation["arguments"]?.elements ?? []).map(CommandFacts.synopsis).joined(separator: " ")
    guard case .integer(let arity) = information[1] else { throw FactsError("\(name) has no arity") }
    self.arity = arity
    flags = information[2].texts.filter { $0 != "module" }
    keyFlags = key["flags"]?.texts ?? []
    categories = information[6].texts.sorted()
  }

  /// Whether the other is another name of this command: all that is told of it is the same.
  private func isSame(as other: CommandFacts) -> Bool {
    var other = other
    other.names = names
    return self == other
  }

  /// An argument as a synopsis has it.
  private static func synopsis(_ argument: Reply) -> String {
    let flags = argument["flags"]?.texts ?? []
    let token = argument["token"]?.text
    let parts = (argument["arguments"]?.elements ?? []).map(synopsis)
    var text =
      switch argument["type"]?.text {
      case "pure-token": token ?? ""
      case "oneof": [token, parts.joined(separator: "|")].compactMap(\.self).joined(separator: " ")
      case "block": parts.joined(separator: " ")
      default: [token, argument["name"]?.text].compactMap(\.self).joined(separator: " ")
      }
    if flags.contains("multiple") { text = "\(text) [\(text) …]" }
    return flags.contains("optional") ? "[\(text)]" : text
  }
}

/// What is missing in a server's description.
struct FactsError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

extension Reply {
  /// The texts of an array or set.
  fileprivate var texts: [String] { elements?.compactMap(\.text) ?? [] }
}
