import CModuleShim

/// Why a module does not load. The server writes the message to its log, and does not start if the module is in its
/// configuration.
public struct LoadError: Error {
  public let message: String

  public init(_ message: String) { self.message = message }
}

/// What a module declares about itself; RedisModule_SetModuleOptions.
public struct ModuleOptions: OptionSet, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Its data types notice when a saved value ends too early. Without it the server ends then.
  public static let handlesReadErrors = ModuleOptions(rawValue: SERVER_OPTION_HANDLE_IO_ERRORS)
  /// It says itself which keys have been modified.
  public static let signalsModifiedKeys = ModuleOptions(rawValue: SERVER_OPTION_NO_IMPLICIT_SIGNAL_MODIFIED)
  /// It can load a data set beside the one that is served (`repl-diskless-load swapdb`).
  public static let handlesAsynchronousLoading = ModuleOptions(rawValue: SERVER_OPTION_HANDLE_ASYNCHRONOUS_LOADING)
  /// Its keys can move in an atomic slot migration. Valkey 9 and newer; the same bit may mean something else to Redis.
  public static let handlesSlotMigration = ModuleOptions(rawValue: SERVER_OPTION_HANDLE_SLOT_MIGRATION)
}

extension Context {
  /// Loads a module: what its `server_module_load` does.
  ///
  /// A module defines one C function, which the entry point calls once the server's functions are looked up:
  ///
  ///     @c(server_module_load)
  ///     public func load(_ context: OpaquePointer?, _ arguments: ArgumentVector?, _ count: Int32) -> Int32 {
  ///       Context.load(context, arguments, count, name: "hello", version: 1) { context, arguments in … }
  ///     }
  ///
  /// - Parameters:
  ///   - pointer: the server's context, as the C function gets it.
  ///   - vector: the load arguments, as the C function gets them.
  ///   - count: how many there are.
  ///   - name: the module's, unique among all that the server loads.
  ///   - version: what `MODULE LIST` shows; by convention major · 10000 + minor · 100 + patch.
  ///   - body: registers commands, data types and settings. It gets the load arguments.
  /// - Returns: what the C function returns to the server.
  public static func load(
    _ pointer: OpaquePointer?, _ vector: ArgumentVector?, _ count: Int32, name: StaticString, version: Int32,
    _ body: (Context, [String]) throws(LoadError) -> Void
  ) -> Int32 {
    guard server_IsModuleNameBusy(name.cString) == 0 else { return Int32(SERVER_ERROR) }
    server_SetModuleAttribs(pointer, name.cString, version, Int32(SERVER_API_VERSION))
    let context = Context(pointer)
    let arguments = UnsafeBufferPointer(start: vector, count: Int(count)).map { Argument($0).text }
    do {
      try body(context, arguments)
      return Int32(SERVER_OK)
    } catch {
      context.log(.warning, error.message)
      return Int32(SERVER_ERROR)
    }
  }

  /// Declares what the module can handle.
  public func set(_ options: ModuleOptions) { server_SetModuleOptions(pointer, Int32(options.rawValue)) }

  /// Whether the server is Valkey. Options and events mean the same to Redis and Valkey up to a point only.
  public var isValkey: Bool { information("server")?["valkey_version"] != nil }
}
