import CModuleShim

/// An argument of a command as `COMMAND DOCS` describes it and `redis-cli` hints at it.
struct CommandArgument: Sendable {
  private let name: String
  private let kind: Int
  private let flags: Int
  private let token: String?
  private let children: [CommandArgument]

  enum Occurrence: Sendable {
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

  static let key = CommandArgument("key", SERVER_ARGUMENT_KEY)
  /// An element: a number of the array's type.
  static let value = CommandArgument("value", SERVER_ARGUMENT_STRING)

  static func value(_ occurrence: Occurrence) -> CommandArgument {
    CommandArgument("value", SERVER_ARGUMENT_STRING, occurrence)
  }

  static func integer(
    _ name: String, _ occurrence: Occurrence = .once, behind token: String? = nil
  ) -> CommandArgument {
    CommandArgument(name, SERVER_ARGUMENT_INTEGER, occurrence, token: token)
  }

  static func number(_ name: String) -> CommandArgument { CommandArgument(name, SERVER_ARGUMENT_DOUBLE) }

  static func string(_ name: String, _ occurrence: Occurrence = .once) -> CommandArgument {
    CommandArgument(name, SERVER_ARGUMENT_STRING, occurrence)
  }

  static func token(_ name: String, _ token: String, _ occurrence: Occurrence = .once) -> CommandArgument {
    CommandArgument(name, SERVER_ARGUMENT_TOKEN, occurrence, token: token)
  }

  static func oneOf(
    _ name: String, _ choices: [CommandArgument], _ occurrence: Occurrence = .once, behind token: String? = nil
  ) -> CommandArgument {
    CommandArgument(name, SERVER_ARGUMENT_ONE_OF, occurrence, token: token, children: choices)
  }

  static func block(
    _ name: String, _ parts: [CommandArgument], _ occurrence: Occurrence = .once
  ) -> CommandArgument {
    CommandArgument(name, SERVER_ARGUMENT_BLOCK, occurrence, children: parts)
  }

  /// Fewest words that the argument takes.
  var leastWords: Int {
    guard flags & SERVER_ARGUMENT_OPTIONAL == 0 else { return 0 }
    let own = token == nil || kind == SERVER_ARGUMENT_TOKEN ? 0 : 1
    switch kind {
    case SERVER_ARGUMENT_BLOCK: return own + children.reduce(0) { $0 + $1.leastWords }
    default: return own + 1
    }
  }

  /// Whether it always takes that many.
  var isFixed: Bool { flags == 0 }

  /// The argument as the server wants it, and those below it.
  func serverArgument(in memory: inout ServerMemory) -> ServerArgument {
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
    _ arguments: [CommandArgument], in memory: inout ServerMemory
  ) -> UnsafeMutablePointer<ServerArgument>? {
    guard !arguments.isEmpty else { return nil }
    var list: [ServerArgument] = []
    for argument in arguments { list.append(argument.serverArgument(in: &memory)) }
    return memory.array(list + [ServerArgument()])
  }
}

/// Owns the strings and lists that describe a command to the server, which copies them.
struct ServerMemory: ~Copyable {
  private var blocks: [UnsafeMutableRawPointer] = []

  deinit {
    for block in blocks { block.deallocate() }
  }

  /// A copy with a final zero byte.
  mutating func string(_ text: String) -> UnsafePointer<CChar>? {
    UnsafePointer(array(text.utf8CString.map { $0 }))
  }

  /// A copy of values of a C type, which need no destruction.
  mutating func array<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element>? {
    let copy = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
    _ = copy.initialize(from: elements)
    guard let base = copy.baseAddress else { return nil }
    blocks.append(UnsafeMutableRawPointer(base))
    return base
  }
}
