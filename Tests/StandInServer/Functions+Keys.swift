import CStandInServer
import Glibc

extension StandInServer {
  func addKeys(to table: inout ServerFunctions) {
    table.OpenKey = { _, name, mode in
      let name = server.bytes(of: name)
      let isWritable = Int(mode) & SERVER_KEY_WRITE != 0
      guard isWritable || server.keys[name] != nil else { return nil }
      return server.handles.lend(KeyHandle(name, mode: Int(mode)))
    }
    table.CloseKey = { key in
      if key != nil { server.end(key, KeyHandle.self) }
    }
    table.KeyType = { key in
      switch server.value(of: key) {
      case .module?: 6
      case .other(let type)?: type
      case nil: 0
      }
    }
    table.ModuleTypeGetType = { key in
      guard case .module(let type, _)? = server.value(of: key) else { return nil }
      return type.pointer
    }
    table.ModuleTypeGetValue = { key in
      guard case .module(_, let value)? = server.value(of: key) else { return nil }
      return value
    }
    table.ModuleTypeSetValue = { key, type, value in
      guard let key: KeyHandle = server.find(key), let type: DataTypeHandle = server.find(type), let value,
        key.mode & SERVER_KEY_WRITE != 0
      else { return Int32(SERVER_ERROR) }
      server.removeKey(key.name)
      server.keys[key.name] = .module(type, value)
      return Int32(SERVER_OK)
    }
    table.SignalModifiedKey = { _, key in
      server.effects.modifiedKeys.append(server.textBytes(key))
      return Int32(SERVER_OK)
    }
    table.RegisterCommandFilter = { _, function, _ in
      server.commandFilter = function
      return OpaquePointer(bitPattern: 1)
    }
    table.UnregisterCommandFilter = { _, _ in
      server.commandFilter = nil
      return Int32(SERVER_OK)
    }
    table.CommandFilterArgsCount = { _ in 0 }
    table.CommandFilterArgGet = { _, _ in nil }
    table.CommandFilterArgInsert = { _, _, _ in Int32(SERVER_ERROR) }
    table.ReplyWithCallReply = { _, _ in Int32(SERVER_ERROR) }
    table.SubscribeToKeyspaceEvents = { _, kinds, function in
      if Int(kinds) != SERVER_NOTIFY_GENERIC { server.violate("it subscribes to another class of events") }
      server.keyspaceFunction = function
      return Int32(SERVER_OK)
    }
    table.NotifyKeyspaceEvent = { _, kind, event, key in
      if Int(kind) != SERVER_NOTIFY_MODULE { server.violate("an event is not of the class of modules") }
      server.effects.events.append(KeyspaceEvent(text(event) ?? "", server.textBytes(key)))
      return Int32(SERVER_OK)
    }
  }

  /// What an open key holds.
  func value(of key: OpaquePointer?) -> KeyValue? {
    key == nil ? nil : find(key, KeyHandle.self).flatMap { keys[$0.name] }
  }
}
