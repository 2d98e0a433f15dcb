import CStandInServer

/// A command as a module describes it, copied as the server copies it.
public struct CommandInformation: Sendable {
  public let name: String
  /// The flags of CreateCommand.
  public let flags: Set<String>
  /// Positions of CreateCommand.
  public let firstKey: Int
  public let lastKey: Int
  public let keyStep: Int
  public internal(set) var categories: Set<String> = []
  public internal(set) var summary = ""
  public internal(set) var complexity = ""
  public internal(set) var since = ""
  /// Words with the name; negative for at least as many. 0 if nothing was said.
  public internal(set) var arity = 0
  public internal(set) var keySpecifications: [KeySpecification] = []
  public internal(set) var arguments: [Argument] = []

  /// Where keys are among the words.
  public struct KeySpecification: Sendable {
    /// SERVER_KEY_SPEC_ flags.
    public let flags: Int
    /// The index of the word that is the first key.
    public let position: Int
    public let lastKey: Int
    public let step: Int
  }

  /// An argument as `COMMAND DOCS` shows it.
  public struct Argument: Sendable {
    public let name: String
    public let type: Int
    public let token: String?
    /// SERVER_ARGUMENT_ flags.
    public let flags: Int
    public let arguments: [Argument]
  }

  init(name: String, flags: String, firstKey: Int, lastKey: Int, keyStep: Int) {
    self.name = name
    self.flags = Set(flags.split(separator: " ").map(String.init))
    self.firstKey = firstKey
    self.lastKey = lastKey
    self.keyStep = keyStep
  }

  /// Takes what SetCommandInfo is given. Returns whether the server understands it.
  mutating func describe(by information: ServerCommandInfo) -> Bool {
    guard let version = information.version?.pointee, version.version == 1,
      version.argument_size == MemoryLayout<ServerArgument>.size,
      version.key_spec_size == MemoryLayout<ServerKeySpec>.size,
      version.history_entry_size == MemoryLayout<ServerHistoryEntry>.size
    else { return false }
    summary = text(information.summary) ?? ""
    complexity = text(information.complexity) ?? ""
    since = text(information.since) ?? ""
    arity = Int(information.arity)
    var specification = information.key_specs
    // A zeroed element ends a list.
    while let found = specification?.pointee, found.begin_search_type != 0 {
      keySpecifications.append(
        KeySpecification(
          flags: Int(found.flags), position: Int(found.begin.position), lastKey: Int(found.range.last_key),
          step: Int(found.range.step)))
      specification = specification?.advanced(by: 1)
    }
    arguments = CommandInformation.arguments(from: information.arguments)
    return true
  }

  private static func arguments(from list: UnsafeMutablePointer<ServerArgument>?) -> [Argument] {
    var (next, found): (UnsafeMutablePointer<ServerArgument>?, [Argument]) = (list, [])
    while let argument = next?.pointee, let name = text(argument.name) {
      found.append(
        Argument(
          name: name, type: Int(argument.type), token: text(argument.token), flags: Int(argument.flags),
          arguments: arguments(from: argument.arguments)))
      next = next?.advanced(by: 1)
    }
    return found
  }
}

/// A text that ends in a zero byte; nil for none.
func text(_ start: UnsafePointer<CChar>?) -> String? { start.map { String(cString: $0) } }
