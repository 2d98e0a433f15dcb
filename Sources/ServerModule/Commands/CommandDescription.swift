import CModuleShim

/// A command as the server knows it: what it is called, what `COMMAND DOCS`, `COMMAND GETKEYS` and ACL rules say of it, and
/// the function that serves it. Its first argument is a key.
///
/// Sendable, as it never changes: a C function is a constant.
public struct CommandDescription: @unchecked Sendable {
  /// What a command does with its key.
  public enum Access: Sendable {
    case reading
    case writing
    /// Makes it, and takes memory for it: refused where the server has none left.
    case creating
  }

  /// What a command does with the data in its key: ACL rules by key (`%R~`, `%W~`) ask for reading where it is accessed,
  /// for writing where it is changed, and for either where the command does neither.
  public struct DataUse: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Replies data, or what is computed from it.
    public static let access = DataUse(rawValue: SERVER_KEY_SPEC_ACCESS)
    /// Replaces some.
    public static let update = DataUse(rawValue: SERVER_KEY_SPEC_UPDATE)
    /// Adds some.
    public static let insert = DataUse(rawValue: SERVER_KEY_SPEC_INSERT)
    /// Removes some.
    public static let delete = DataUse(rawValue: SERVER_KEY_SPEC_DELETE)
  }

  /// The names, the one that must be there first.
  public let names: [StaticString]
  public let access: Access
  public let dataUse: DataUse
  /// Whether it takes a short time whatever the data: the flag and category `fast`.
  public let isFast: Bool
  /// Whether it can do harm beyond its key: the category `dangerous`.
  public let isDangerous: Bool
  public let summary: String
  public let complexity: String
  /// The module's version that had it first.
  public let since: String
  /// All but the name. How many words the command takes follows from them.
  public let arguments: [CommandArgument]
  public let function: CommandFunction

  /// - Parameters:
  ///   - names: the one that must be free first, and others that may be taken.
  ///   - access: what it does with its key.
  ///   - dataUse: nil for what the access says: reading accesses, writing updates, creating inserts.
  ///   - isFast: whether it takes no longer on a large value.
  ///   - isDangerous: whether it is in the ACL category of that name.
  ///   - since: the module's version that had it first.
  ///   - summary: what it does, in a sentence without its full stop.
  ///   - complexity: as `O(1)`.
  ///   - arguments: all but the name.
  ///   - function: what the server calls.
  public init(
    _ names: StaticString..., access: Access, dataUse: DataUse? = nil, isFast: Bool = false, isDangerous: Bool = false,
    since: String = "1.0.0", summary: String, complexity: String, arguments: [CommandArgument],
    function: @escaping CommandFunction
  ) {
    self.names = names
    self.access = access
    let usual: DataUse =
      switch access {
      case .reading: .access
      case .writing: .update
      case .creating: .insert
      }
    self.dataUse = dataUse ?? usual
    self.isFast = isFast
    self.isDangerous = isDangerous
    self.since = since
    self.summary = summary
    self.complexity = complexity
    self.arguments = arguments
    self.function = function
  }
}

/// What the server calls to serve a command: the context, the arguments with the command's name, and how many. A C
/// function, which captures nothing. See `Call.serve`.
public typealias CommandFunction = @convention(c) (OpaquePointer?, ArgumentVector?, Int32) -> Int32

extension Context {
  /// Creates commands. A name that belongs to the server or to another module is left to it, with a line in the log,
  /// unless it is the first of a command's.
  ///
  /// - Parameters:
  ///   - commands: what the server is told of each.
  ///   - category: an ACL category of the module's own for all of them, where the server has such (Redis 7.4, Valkey 8).
  public func create(_ commands: [CommandDescription], category: StaticString) throws(LoadError) {
    let hasCategory = server_AddACLCategory(pointer, category.cString) == SERVER_OK
    for command in commands {
      for (index, name) in command.names.enumerated() {
        // The first argument of each is its key.
        if server_CreateCommand(pointer, name.cString, command.function, command.flags, 1, 1, 1) == SERVER_OK {
          try command.describe(server_GetCommand(pointer, name.cString), category: hasCategory ? category : nil)
        } else if index == 0 {
          throw LoadError("the command \(name) belongs to somebody else")
        } else {
          log(.notice, "\(name) belongs to the server here: use \(command.names[0]) instead")
        }
      }
    }
  }
}

extension CommandDescription {
  /// The flags of CreateCommand.
  fileprivate var flags: String {
    let words = [
      access == .reading ? "readonly" : "write", access == .creating ? "deny-oom" : nil, isFast ? "fast" : nil,
    ]
    return words.compactMap { $0 }.joined(separator: " ")
  }

  /// The ACL categories, which do not follow from the flags.
  private func categories(_ own: StaticString?) -> String {
    let words = [
      access == .reading ? "read" : "write", isFast ? "fast" : "slow", isDangerous ? "dangerous" : nil,
      own.map { "\($0)" },
    ]
    return words.compactMap { $0 }.joined(separator: " ")
  }

  /// Words at least, with the command's name; negative if more may come.
  private var arity: Int {
    let minimum = 1 + arguments.reduce(0) { $0 + $1.minimumCount }
    return arguments.allSatisfy(\.isFixed) ? minimum : -minimum
  }

  /// Describes a command that was created.
  fileprivate func describe(_ command: OpaquePointer?, category: StaticString?) throws(LoadError) {
    var memory = DescriptionMemory()
    var key = ServerKeySpec()
    let mode = access == .reading ? SERVER_KEY_SPEC_READ_ONLY : SERVER_KEY_SPEC_READ_WRITE
    key.flags = UInt64(mode | dataUse.rawValue)
    key.begin_search_type = Int32(SERVER_BEGIN_SEARCH_INDEX)
    key.begin.position = 1
    key.find_keys_type = Int32(SERVER_FIND_KEYS_RANGE)
    key.range.step = 1
    let version = ServerCommandInfoVersion(
      version: 1, history_entry_size: MemoryLayout<ServerHistoryEntry>.size,
      key_spec_size: MemoryLayout<ServerKeySpec>.size, argument_size: MemoryLayout<ServerArgument>.size)
    var information = ServerCommandInfo()
    information.version = memory.array([version]).map { UnsafePointer($0) }
    information.summary = memory.string(summary)
    information.complexity = memory.string(complexity)
    information.since = memory.string(since)
    information.arity = Int32(arity)
    information.key_specs = memory.array([key, ServerKeySpec()])
    information.arguments = CommandArgument.list(arguments, in: &memory)
    guard server_SetCommandInfo(command, &information) == SERVER_OK else {
      throw LoadError("the server does not take the description of \(names[0])")
    }
    // Servers without it (Redis before 7.2) show none of the categories.
    _ = server_SetCommandACLCategories(command, categories(category))
  }
}
