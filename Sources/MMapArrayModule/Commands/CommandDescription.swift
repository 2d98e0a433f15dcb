import CModuleShim

/// What the server is told of a command, so that `COMMAND DOCS`, `COMMAND GETKEYS` and ACL rules know it.
struct CommandDescription {
  private let row: CommandRow
  private let access: CommandAccess

  init(of row: CommandRow, _ access: CommandAccess) {
    self.row = row
    self.access = access
  }

  /// The flags of CreateCommand.
  var flags: String {
    let words = [
      access == .read ? "readonly" : "write", access == .map ? "deny-oom" : nil, row.isFast ? "fast" : nil,
    ]
    return words.compactMap { $0 }.joined(separator: " ")
  }

  /// The ACL categories, which do not follow from the flags.
  private func categories(_ own: String?) -> String {
    let words = [
      access == .read ? "read" : "write", row.isFast ? "fast" : "slow", access == .map ? "dangerous" : nil, own,
    ]
    return words.compactMap { $0 }.joined(separator: " ")
  }

  /// What the command does with its key, as key specifications have it.
  private var keyFlags: Int {
    let usual: DataUse =
      switch access {
      case .read: .access
      case .write: .update
      case .map: .insert
      }
    let mode = access == .read ? SERVER_KEY_SPEC_READ_ONLY : SERVER_KEY_SPEC_READ_WRITE
    return mode | (row.dataUse ?? usual).rawValue
  }

  /// Words at least, with the command's name; negative if more may come.
  private var arity: Int {
    let least = 1 + row.arguments.reduce(0) { $0 + $1.leastWords }
    return row.arguments.allSatisfy(\.isFixed) ? least : -least
  }

  /// Describes a command that was created.
  func give(to command: OpaquePointer?, hasCategory: Bool) throws(LoadError) {
    var memory = ServerMemory()
    var key = ServerKeySpec()
    key.flags = UInt64(keyFlags)
    key.begin_search_type = Int32(SERVER_BEGIN_SEARCH_INDEX)
    key.begin.position = 1
    key.find_keys_type = Int32(SERVER_FIND_KEYS_RANGE)
    key.range.step = 1
    let version = ServerCommandInfoVersion(
      version: 1, history_entry_size: MemoryLayout<ServerHistoryEntry>.size,
      key_spec_size: MemoryLayout<ServerKeySpec>.size, argument_size: MemoryLayout<ServerArgument>.size)
    var information = ServerCommandInfo()
    information.version = memory.array([version]).map { UnsafePointer($0) }
    information.summary = memory.string(row.summary)
    information.complexity = memory.string(row.complexity)
    information.since = memory.string("1.0.0")
    information.arity = Int32(arity)
    information.key_specs = memory.array([key, ServerKeySpec()])
    information.arguments = CommandArgument.list(row.arguments, in: &memory)
    guard server_SetCommandInfo(command, &information) == SERVER_OK else {
      throw LoadError(message: "the server does not take the description of \(row.names[0])")
    }
    _ = server_SetCommandACLCategories(command, categories(hasCategory ? DataType.name : nil))
  }
}
