import CStandInServer
import Glibc

extension StandInServer {
  func addConfiguration(to table: inout ServerFunctions) {
    table.RegisterStringConfig = { _, name, initial, flags, get, set, _, data in
      guard let name = text(name), let get, let set else { return Int32(SERVER_ERROR) }
      server.configuration[name] = ConfigurationEntry(
        initial: text(initial) ?? "", isImmutable: flags & UInt32(SERVER_CONFIG_IMMUTABLE) != 0,
        set: { value in
          server.withStrings([Array(value.utf8)]) { strings in
            var reason: OpaquePointer?
            return set(name, strings?[0], data, &reason) == SERVER_OK ? nil : server.takeReason(reason)
          }
        }, get: { server.textBytes(get(name, data)) })
      return Int32(SERVER_OK)
    }
    table.RegisterEnumConfig = { _, name, initial, flags, names, values, count, get, set, _, data in
      guard let name = text(name), let names, let values, let get, let set else { return Int32(SERVER_ERROR) }
      let choices = (0..<Int(count)).map { (text(names[$0]) ?? "", values[$0]) }
      server.configuration[name] = ConfigurationEntry(
        initial: choices.first { $0.1 == initial }?.0 ?? "",
        isImmutable: flags & UInt32(SERVER_CONFIG_IMMUTABLE) != 0,
        set: { value in
          guard let choice = choices.first(where: { $0.0 == value }) else { return "it is not one of the choices" }
          var reason: OpaquePointer?
          return set(name, choice.1, data, &reason) == SERVER_OK ? nil : server.takeReason(reason)
        },
        get: {
          let value = get(name, data)
          return choices.first { $0.1 == value }?.0 ?? ""
        })
      return Int32(SERVER_OK)
    }
    table.RegisterNumericConfig = { _, name, initial, flags, least, most, get, set, _, data in
      guard let name = text(name), let get, let set else { return Int32(SERVER_ERROR) }
      server.configuration[name] = ConfigurationEntry(
        initial: "\(initial)", isImmutable: flags & UInt32(SERVER_CONFIG_IMMUTABLE) != 0,
        set: { value in
          guard let value = Int64(value), (least...most).contains(value) else { return "it is not in the range" }
          var reason: OpaquePointer?
          return set(name, value, data, &reason) == SERVER_OK ? nil : server.takeReason(reason)
        }, get: { "\(get(name, data))" })
      return Int32(SERVER_OK)
    }
    table.LoadConfigs = { _ in
      for (name, entry) in server.configuration {
        let setting = server.pendingSettings["\(server.moduleName ?? "").\(name)"]
        guard entry.set(setting ?? entry.initial) == nil else { return Int32(SERVER_ERROR) }
      }
      return Int32(SERVER_OK)
    }
  }

  func takeReason(_ string: OpaquePointer?) -> String {
    defer { if string != nil { end(string, StringHandle.self) } }
    return string == nil ? "it is refused" : textBytes(string)
  }
}
