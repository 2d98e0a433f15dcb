import CStandInServer
import Glibc
import Synchronization

/// A server that is nothing but the functions that it gives a module: enough of one to load a module and to run its
/// commands, with everything recorded that the module tells it.
///
/// Time stands still and the event loop rests until they are told to go on. There is one for each process, because a
/// module can be loaded once. All methods may be called on any thread; the module runs on one of the server's own.
public final class StandInServer: @unchecked Sendable {
  public static let shared = StandInServer()

  let thread = ServerThread()
  /// Where values are freed that are much work.
  let freeingThread = ServerThread()
  let handles = HandleTable()

  // MARK: What a module is loaded with

  var commands: [String: CommandInformation] = [:]
  var functions: [String: ServerCommandFunction] = [:]
  /// Names that belong to the server, in capitals.
  var ownCommands: Set<String> = []
  var dataTypes: [DataTypeHandle] = []
  var configuration: [String: ConfigurationEntry] = [:]
  var subscriptions: [(event: UInt64, function: ServerEventFunction)] = []
  var informationFunction: (@convention(c) (OpaquePointer?, Int32) -> Void)?
  var options = 0
  var moduleName: String?
  var isNameBusy = false
  /// Whether a module must not propagate at the moment.
  public var avoidsReplicaTraffic = false
  /// Whether ACL rules allow what the module asks about.
  public var permitsCommands = true
  /// ACL categories that there are.
  var categories: Set = ["read", "write", "fast", "slow", "dangerous", "keyspace", "admin"]
  /// Lines of the configuration file.
  var pendingSettings: [String: String] = [:]

  // MARK: What a module sees

  var keys: [[UInt8]: KeyValue] = [:]
  /// What GetServerInfo knows: sections, and their fields.
  var information: [String: [String: String]] = [:]
  /// What commands reply that the module calls, by their words; others reply an error.
  var callReplies: [String: String] = [:]
  /// What the server refuses to carry out as it would for a script, by the words, and why.
  var refusals: [String: String] = [:]

  // MARK: What goes on

  var effects = Effects()
  var keyspaceFunction: ServerKeyspaceFunction?
  var commandFilter: (@convention(c) (OpaquePointer?) -> Void)?
  var calls: [String] = []
  var log: [String] = []
  var now: Int64 = 0
  var timers: [Timer] = []
  var lastTimer: UInt64 = 0
  var readers: [Int32: Reader] = [:]
  let unblocked = Mutex<[BlockedClientHandle]>([])
  let broken = Mutex<[String]>([])
  /// What the module has been lent of the server's heap.
  let blocks = Mutex<Set<Int>>([])
  /// The largest block of memory that there is, in bytes.
  let mostAllocated = Atomic<Int>(.max)

  private init() { resetInformation() }

  /// A value of a key.
  enum KeyValue {
    case module(DataTypeHandle, UnsafeMutableRawPointer)
    /// Another type, as KeyType has it.
    case other(Int32)
  }

  struct Timer {
    let identifier: UInt64
    let due: Int64
    let function: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Void
    let data: UnsafeMutableRawPointer?
  }

  /// What is called when a descriptor is readable.
  struct Reader {
    let function: @convention(c) (Int32, UnsafeMutableRawPointer?, Int32) -> Void
    let data: UnsafeMutableRawPointer?
  }

  /// A configuration of the module.
  struct ConfigurationEntry {
    let initial: String
    let isImmutable: Bool
    /// Returns why the value is refused.
    let set: (String) -> String?
    let get: () -> String
  }

  /// The module has done what no server allows: uses what it has given back, for example.
  func violate(_ message: String) { broken.withLock { $0.append(message) } }

  /// Calls `body` with a context that is valid meanwhile.
  func withContext<Result>(
    _ flags: Int = 0, _ command: ServedCommand? = nil, _ body: (ContextHandle) -> Result
  ) -> Result {
    let isPrimary = information["replication"]?["role"] == "master"
    let role = isPrimary ? 0 : SERVER_CONTEXT_REPLICA
    let context = ContextHandle(flags: flags | role, command: command)
    _ = handles.lend(context)
    defer { _ = handles.end(context.pointer, as: ContextHandle.self) }
    return body(context)
  }

  /// Calls `body` with strings that are valid meanwhile.
  func withStrings<Result>(
    _ words: [[UInt8]], _ body: (UnsafeMutablePointer<OpaquePointer?>?) -> Result
  ) -> Result {
    var strings = words.map { handles.lend(StringHandle($0)) }
    defer { for string in strings { _ = handles.end(string, as: StringHandle.self) } }
    return strings.withUnsafeMutableBufferPointer { body($0.baseAddress) }
  }
}

// MARK: - Loading

extension StandInServer {
  /// Loads the module that the process is linked with. Returns whether it wants to be loaded.
  ///
  /// - Parameters:
  ///   - arguments: those behind the module's path.
  ///   - configuration: lines of the configuration file for the module, names as `mmaparray.root`.
  ///   - functions: names of functions that the server lacks, without the prefix.
  ///   - ownCommands: names of commands that the server has already.
  public func load(
    _ arguments: [String], configuration settings: [String: String] = [:], lacking functions: [String] = [],
    ownCommands: Set<String> = []
  ) -> Bool {
    thread.run {
      install()
      for name in functions where !stand_in_remove(name) { violate("the stand-in has no function \(name)") }
      self.ownCommands = ownCommands
      pendingSettings = settings
      return withContext { context in
        withStrings(arguments.map { Array($0.utf8) }) {
          RedisModule_OnLoad(context.pointer, $0, Int32(arguments.count)) == SERVER_OK
        }
      }
    }
  }

  /// Lets the module's name be that of another.
  public func occupyModuleName() { thread.run { isNameBusy = true } }

  /// Commands that the module has made, by their names.
  public var commandTable: [String: CommandInformation] { thread.run { commands } }

  /// Options of SetModuleOptions.
  public var moduleOptions: Int { thread.run { options } }

  /// The name of SetModuleAttribs.
  public var loadedModule: String? { thread.run { moduleName } }
}
