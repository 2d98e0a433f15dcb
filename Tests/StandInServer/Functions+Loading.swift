import CStandInServer
import Glibc

extension StandInServer {
  func addLoading(to table: inout ServerFunctions) {
    table.SetModuleAttribs = { _, name, _, _ in server.moduleName = text(name) }
    table.IsModuleNameBusy = { _ in server.isNameBusy ? 1 : 0 }
    table.SetModuleOptions = { _, options in server.options = Int(options) }
    table.CreateCommand = { _, name, function, flags, first, last, step in
      guard let name = text(name), let function else { return Int32(SERVER_ERROR) }
      return server.createCommand(
        function,
        CommandInformation(
          name: name, flags: text(flags) ?? "", firstKey: Int(first), lastKey: Int(last), keyStep: Int(step)))
    }
    table.GetCommand = { _, name in
      guard let name = text(name), server.commands[name.uppercased()] != nil else { return nil }
      return server.handles.lend(CommandHandle(name.uppercased()))
    }
    table.SetCommandInfo = { command, information in
      guard let handle: CommandHandle = server.find(command), let information,
        server.commands[handle.name]?.describe(by: information.pointee) == true
      else { return Int32(SERVER_ERROR) }
      return Int32(SERVER_OK)
    }
    table.AddACLCategory = { _, name in
      server.categories.insert(text(name) ?? "")
      return Int32(SERVER_OK)
    }
    table.SetCommandACLCategories = { command, categories in
      guard let handle: CommandHandle = server.find(command), let categories = text(categories) else {
        return Int32(SERVER_ERROR)
      }
      let words = Set(categories.split(separator: " ").map(String.init))
      guard words.isSubset(of: server.categories) else { return Int32(SERVER_ERROR) }
      server.commands[handle.name]?.categories = words
      return Int32(SERVER_OK)
    }
    table.CreateDataType = { _, name, version, methods in
      guard let name = text(name), name.utf8.count == 9, let methods = methods?.pointee,
        methods.version == SERVER_TYPE_METHODS_VERSION
      else { return nil }
      let type = DataTypeHandle(name: name, encodingVersion: version, methods: methods)
      server.dataTypes.append(type)
      return server.handles.lend(type)
    }
    table.SubscribeToServerEvent = { _, event, function in
      guard let function else { return Int32(SERVER_ERROR) }
      server.subscriptions.append((event.identifier, function))
      return Int32(SERVER_OK)
    }
    table.RegisterInfoFunc = { _, function in
      server.informationFunction = function
      return Int32(SERVER_OK)
    }
    table.InfoAddSection = { _, _ in Int32(SERVER_OK) }
    table.InfoAddFieldLongLong = { information, name, value in
      guard let handle: InfoHandle = server.find(information), let name = text(name) else { return Int32(SERVER_ERROR) }
      handle.fields[name] = Int(value)
      return Int32(SERVER_OK)
    }
    table.InfoAddFieldCString = { information, name, value in
      guard let handle: InfoHandle = server.find(information), let name = text(name) else { return Int32(SERVER_ERROR) }
      handle.texts[name] = text(value)
      return Int32(SERVER_OK)
    }
  }

  private func createCommand(_ function: @escaping ServerCommandFunction, _ command: CommandInformation) -> Int32 {
    let name = command.name.uppercased()
    guard commands[name] == nil, !ownCommands.contains(name) else { return Int32(SERVER_ERROR) }
    commands[name] = command
    functions[name] = function
    return Int32(SERVER_OK)
  }
}
