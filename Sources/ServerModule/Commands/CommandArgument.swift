import CModuleShim

/// An argument of a command as `COMMAND DOCS` describes it and `redis-cli` hints at it.
public struct CommandArgument: Sendable {
  private let name: String
  private let kind: Int
  private let flags: Int
  private let token: String?
  private let children: [CommandArgument]

  /// How often an argument is given.
  public enum Occurrence: Sendable {
    case once, optional, multiple, optionalMultiple

    fileprivate var flags: Int {
      switch self {
      case .once: 0
      case .optional: SERVER_ARGUMENT_OPTIONAL
      case .multiple: SERVER_ARGUMENT_MULTIPLE
      case .optionalMultiple: SERVER_ARGUMENT_OPTIONAL | SERVER_ARGUMENT_MULTIPLE
      }
    }
  }

  private init(
    _ name: String, _ kind: Int, _ occurrence: Occurrence = .once, token: String? = nil,
    children: [CommandArgument] = []
  ) {
    self.name = name
    self.kind = kind
    flags = occurrence.flags
    self.token = token
    self.children = children
  }

  /// The key, a command's first argument.
  public static let key = CommandArgument("key", SERVER_ARGUMENT_KEY)
  /// - Parameters:
  ///   - name: as documents call it.
  ///   - occurrence: how often it may stand there.
  ///   - token: a word that stands before it.
  public static func integer(
    _ name: String, _ occurrence: Occurrence = .once, behind token: String? = nil
  ) -> CommandArgument {
    CommandArgument(name, SERVER_ARGUMENT_INTEGER, occurrence, token: token)
  }

  public static func number(_ name: String, _ occurrence: Occurrence = .once) -> CommandArgument {
    CommandArgument(name, SERVER_ARGUMENT_DOUBLE, occurrence)
  }

  public static func string(_ name: String, _ occurrence: Occurrence = .once) -> CommandArgument {
    CommandArgument(name, SERVER_ARGUMENT_STRING, occurrence)
  }

  /// A word that is given as it is.
  public static func token(_ name: String, _ token: String, _ occurrence: Occurrence = .once) -> CommandArgument {
    CommandArgument(name, SERVER_ARGUMENT_TOKEN, occurrence, token: token)
  }

  /// One of several; `token` is a word that stands before it.
  public static func oneOf(
    _ name: String, _ choices: [CommandArgument], _ occurrence: Occurrence = .once, behind token: String? = nil
  ) -> CommandArgument {
    CommandArgument(name, SERVER_ARGUMENT_ONE_OF, occurrence, token: token, children: choices)
  }

  /// Several that belong together.
  public static func block(
    _ name: String, _ parts: [CommandArgument], _ occurrence: Occurrence = .once
  ) -> CommandArgument {
    CommandArgument(name, SERVER_ARGUMENT_BLOCK, occurrence, children: parts)
  }

  /// How many words the argument takes at least.
  var minimumCount: Int {
    guard flags & SERVER_ARGUMENT_OPTIONAL == 0 else { return 0 }
    let own = token == nil || kind == SERVER_ARGUMENT_TOKEN ? 0 : 1
    switch kind {
    case SERVER_ARGUMENT_BLOCK: return own + children.reduce(0) { $0 + $1.minimumCount }
    default: return own + 1
    }
  }

  /// Whether it always takes that many.
  var isFixed: Bool { flags == 0 }

  /// The argument as the server wants it, and those below it.
  func serverArgument(in memory: inout DescriptionMemory) -> ServerArgument {
    var argument = ServerArgument()
    argument.name = memory.string(name)
    argument.type = Int32(kind)
    argument.key_spec = kind == SERVER_ARGUMENT_KEY ? 0 : -1
    argument.token = token.flatMap { memory.string($0) }
    argument.flags = Int32(flags)
    argument.arguments = CommandArgument.list(children, in: &memory)
    return argument
  }

  /// A list that ends in an empty argument, or nil if there are none.
  static func list(
    _ arguments: [CommandArgument], in memory: inout DescriptionMemory
  ) -> UnsafeMutablePointer<ServerArgument>? {
    guard !arguments.isEmpty else { return nil }
    var list: [ServerArgument] = []
    for argument in arguments { list.append(argument.serverArgument(in: &memory)) }
    return memory.array(list + [ServerArgument()])
  }
}
