import CModuleShim

/// All commands. To add one: a type in one of the files beside this one, and its name here.
enum CommandTable {
  private static var commands: [any Command.Type] {
    [
      MapFile.self,
      GetElement.self, GetElements.self, SetElements.self, AddElements.self, PopElement.self, IncrementElements.self,
      CountElements.self, GetAllElements.self, NameType.self, NamePath.self, Describe.self,
      ReadRange.self, ReadPacked.self, WritePacked.self, AppendPacked.self,
      ResizeArray.self, ClearArray.self, FillRange.self,
      AggregateRange.self, FindElements.self, SearchSorted.self,
      Synchronize.self, ApplyChange.self, ShipPiece.self,
    ]
  }

  static func register(_ context: OpaquePointer?) throws(LoadError) {
    // Servers without categories of modules' own (before Redis 7.4 and Valkey 8) go without this one.
    let hasCategory = server_AddACLCategory(context, DataType.name) == SERVER_OK
    for command in commands {
      let row = command.row
      let description = CommandDescription(of: row, command.access)
      for name in row.names {
        // The first argument of each is its key.
        if server_CreateCommand(context, name, row.function, description.flags, 1, 1, 1) == SERVER_OK {
          try description.give(to: server_GetCommand(context, name), hasCategory: hasCategory)
          continue
        }
        // A short name is a convenience; the first is the command.
        guard name != row.names[0] else { throw LoadError(message: "the command \(name) belongs to somebody else") }
        log(context, .notice, "\(name) belongs to the server here: use \(row.names[0]) instead")
      }
    }
  }
}
