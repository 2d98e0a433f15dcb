import CModuleShim
import DecimalText
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
  var options =
    SERVER_OPTION_HANDLE_IO_ERRORS | SERVER_OPTION_NO_IMPLICIT_SIGNAL_MODIFIED
    | SERVER_OPTION_HANDLE_ASYNCHRONOUS_LOADING
  if isValkey(context) { options |= SERVER_OPTION_HANDLE_SLOT_MIGRATION }
  server_SetModuleOptions(context, Int32(options))
  try FlushPolicy.register(context)
  let path = try RootConfiguration.load(context, arguments)
  let root: Root
  do {
    root = try Root(path: path, leastDescriptor: DescriptorLimit.raise(context))
  } catch {
    throw LoadError(message: "the root '\(path)' cannot be used: \(error); name a directory with 'root DIR'")
  }
  RootConfiguration.show(root.path)
  let dataType = try DataType.register(context)
  Module.install(Module(dataType: dataType, root: root))
  try CommandTable.register(context)
  ServerInformation.register(context)
  FaultGuard.install()
  Module.current.lifecycle.start(context)
  Module.current.flusher.start(context)
}

/// Options mean the same to Redis and Valkey up to a point only.
private func isValkey(_ context: OpaquePointer?) -> Bool {
  guard let information = server_GetServerInfo(context, "server") else { return false }
  defer { server_FreeServerInfo(context, information) }
  return server_ServerInfoGetFieldC(information, "valkey_version") != nil
}

enum LogLevel: String {
  case notice, warning
}

func log(_ context: OpaquePointer?, _ level: LogLevel, _ message: String) {
  server_log(context, level.rawValue, message)
}
