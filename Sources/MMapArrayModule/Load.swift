import CModuleShim
import MappedArray
import SystemPackage

/// Called by the entry point in C once the server's functions are looked up.
@c(mmaparray_load)
public func load(
  _ context: OpaquePointer?, _ arguments: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int32
) -> Int32 {
  do {
    try loadModule(context, Array(UnsafeBufferPointer(start: arguments, count: Int(count))))
    return Int32(SERVER_OK)
  } catch {
    log(context, .warning, error.message)
    return Int32(SERVER_ERROR)
  }
}

/// Why the module does not load.
struct LoadError: Error {
  let message: String
}

private func loadModule(_ context: OpaquePointer?, _ arguments: [OpaquePointer?]) throws(LoadError) {
  _ = PowersOfTen.shared
  let options = Int32(SERVER_OPTION_HANDLE_IO_ERRORS | SERVER_OPTION_NO_IMPLICIT_SIGNAL_MODIFIED)
  server_SetModuleOptions(context, options)
  let path = try RootConfiguration.load(context, arguments)
  let root: Root
  do {
    root = try Root(path: path)
  } catch {
    throw LoadError(message: "the root '\(path)' cannot be used: \(error); name a directory with 'root DIR'")
  }
  RootConfiguration.show(root.path)
  let dataType = try DataType.register(context)
  Module.install(Module(dataType: dataType, root: root))
  try CommandTable.register(context)
  ServerInformation.register(context)
  let shutdown = ServerEvent(identifier: UInt64(SERVER_EVENT_SHUTDOWN), data_version: 1)
  _ = server_SubscribeToServerEvent(context, shutdown) { _, _, _, _ in Module.current.arrays.trimAll() }
}

enum LogLevel: String {
  case notice, warning
}

func log(_ context: OpaquePointer?, _ level: LogLevel, _ message: String) {
  server_log(context, level.rawValue, message)
}
