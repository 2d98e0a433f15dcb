import CModuleShim

/// All commands. To add one: a type in one of the files beside this one, and its name here.
enum CommandTable {
  private static var commands: [any Command.Type] {
    [
      MapFile.self,
      Get.self, MultipleGet.self, Set.self, Add.self, Pop.self,
      Count.self, Clear.self, All.self,
      TypeName.self, Path.self,
    ]
  }

  static func register(_ context: OpaquePointer?) throws(LoadError) {
    for command in commands {
      let row = command.row
      for name in row.names {
        if server_CreateCommand(context, name, row.function, row.flags, 1, 1, 1) == SERVER_OK { continue }
        // A short name is a convenience; the first is the command.
        guard name != row.names[0] else { throw LoadError(message: "the command \(name) belongs to somebody else") }
        log(context, .notice, "\(name) belongs to the server here: use \(row.names[0]) instead")
      }
    }
  }
}

extension CommandRow {
  /// The flags of CreateCommand.
  var flags: String {
    let words = [access == .write ? "write" : "readonly", isFast ? "fast" : nil]
    return words.compactMap { $0 }.joined(separator: " ")
  }
}
