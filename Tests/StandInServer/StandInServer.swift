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

// MARK: - Commands

extension StandInServer {
  /// Runs a command of the module, as the server does once it has looked at the name and at the number of words.
  @discardableResult
  public func run(_ words: [[UInt8]], as caller: Caller = .client) -> ServedCommand {
    thread.run { serve(ServedCommand(words, caller)) }
  }

  /// Runs a command of the module.
  @discardableResult
  public func run(_ words: String..., as caller: Caller = .client) -> ServedCommand {
    run(words.map { Array($0.utf8) }, as: caller)
  }

  private func serve(_ served: ServedCommand) -> ServedCommand {
    let name = served.words.first.map { String(decoding: $0, as: UTF8.self).uppercased() } ?? ""
    guard let command = commands[name], let function = functions[name] else {
      served.reply = .error("ERR unknown command '\(name)'")
      return served
    }
    let count = served.words.count
    guard command.arity > 0 ? count == command.arity : count >= -command.arity else {
      served.reply = .error("ERR wrong number of arguments for '\(command.name)' command")
      return served
    }
    let earlier = effects
    effects = Effects()
    let replies = withContext(served.caller.flags, served) { context in
      withStrings(served.words) { strings in
        _ = function(context.pointer, strings, Int32(count))
      }
      return finish(context)
    }
    served.effects = effects
    effects = earlier
    if served.blocked == nil {
      served.reply = only(replies, of: name)
    } else if !replies.isEmpty {
      violate("\(name) has blocked its client and replied too")
    }
    serveUnblocked()
    return served
  }

  /// The replies that were made through a context.
  func finish(_ context: ContextHandle) -> [Reply] {
    if !context.builder.isComplete { violate("a reply has fewer elements than it was to have") }
    return context.builder.replies
  }

  func only(_ replies: [Reply], of name: String) -> Reply? {
    if replies.count != 1 { violate("\(name) has made \(replies.count) replies and not one") }
    return replies.first
  }

  /// Lets clients go on whose commands are done.
  func serveUnblocked() {
    while let client = unblocked.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
      guard handles.end(client.pointer, as: BlockedClientHandle.self) != nil else { continue }
      withContext(client.command?.caller.flags ?? 0, client.command) { context in
        context.privateData = client.data
        if let served = client.command {
          var replies = client.threadSafeContext.map(finish) ?? []
          if let reply = client.reply {
            withStrings(served.words) { _ = reply(context.pointer, $0, Int32(served.words.count)) }
          }
          replies += finish(context)
          served.reply = only(replies, of: "a blocked call")
          served.blocked = nil
        }
        if let data = client.data { client.free?(context.pointer, data) }
      }
    }
  }

  /// The client of a command that waits goes away.
  public func disconnect(_ served: ServedCommand) {
    thread.run {
      guard let client = served.blocked else { return }
      withContext { client.disconnected?($0.pointer, client.pointer) }
      client.command = nil
      served.blocked = nil
    }
  }
}

// MARK: - What the module sees

extension StandInServer {
  /// Sets a field of a section of INFO, or takes it away.
  public func setInformation(_ section: String, _ field: String, _ value: String?) {
    thread.run { information[section, default: [:]][field] = value }
  }

  func resetInformation() {
    information = [
      "server": ["redis_version": "7.0.15"],
      "clients": ["maxclients": "10000", "connected_clients": "1"],
      "replication": [
        "role": "master", "connected_slaves": "0", "repl_backlog_active": "0", "second_repl_offset": "-1",
      ],
    ]
    refusals = [:]
    callReplies = ["CLIENT LIST TYPE REPLICA": ""]
  }

  /// Sets what a command replies that the module calls, or has it reply an error.
  public func setReply(to command: String, _ reply: String?) { thread.run { callReplies[command] = reply } }

  /// Has the server refuse a command that the module calls as a script would.
  public func refuse(_ command: String, _ error: String) { thread.run { refusals[command] = error } }

  /// Commands that the module has called.
  public var calledCommands: [String] { thread.run { calls } }

  /// Tells the module of an event, with no data.
  public func fire(_ event: Int, _ phase: Int = 0) {
    thread.run {
      for subscription in subscriptions where subscription.event == UInt64(event) {
        withContext {
          subscription.function(
            $0.pointer, ServerEvent(identifier: UInt64(event), data_version: 1), UInt64(phase), nil)
        }
      }
      serveUnblocked()
    }
  }

  /// Sets a configuration of the module. Returns why not, if it is refused.
  public func configure(_ name: String, _ value: String) -> String? {
    thread.run {
      guard let entry = configuration[name], !entry.isImmutable else { return "it cannot be set" }
      return entry.set(value)
    }
  }

  /// A configuration of the module.
  public func configured(_ name: String) -> String? { thread.run { configuration[name]?.get() } }

  /// The fields that the module has in INFO.
  public func moduleInformation(forCrashReport: Bool = false) -> [String: Int] {
    thread.run {
      let handle = InfoHandle()
      let pointer = handles.lend(handle)
      defer { _ = handles.end(pointer, as: InfoHandle.self) }
      informationFunction?(pointer, forCrashReport ? 1 : 0)
      return handle.fields
    }
  }
}

// MARK: - What goes on

extension StandInServer {
  /// Lets time pass: timers that become due are called, the earliest first.
  public func pass(milliseconds: Int64) {
    thread.run {
      let end = now + milliseconds
      while let next = timers.filter({ $0.due <= end }).min(by: { ($0.due, $0.identifier) < ($1.due, $1.identifier) }) {
        timers.removeAll { $0.identifier == next.identifier }
        now = max(now, next.due)
        withContext { next.function($0.pointer, next.data) }
        serveUnblocked()
      }
      now = end
    }
  }

  /// One turn of the event loop, for timers that are due too. Returns how many descriptors were readable and timers due.
  ///
  /// - Parameter patience: how long to wait for one, in milliseconds.
  @discardableResult
  public func turn(patience: Int32 = 0) -> Int {
    thread.run {
      var files = readers.keys.sorted().map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      poll(&files, nfds_t(files.count), timers.contains { $0.due <= now } ? 0 : patience)
      var count = 0
      for file in files where file.revents != 0 {
        // One before it may have removed it.
        guard let reader = readers[file.fd] else { continue }
        reader.function(file.fd, reader.data, Int32(SERVER_EVENT_LOOP_READABLE))
        count += 1
      }
      for timer in timers.filter({ $0.due <= now }) {
        timers.removeAll { $0.identifier == timer.identifier }
        withContext { timer.function($0.pointer, timer.data) }
        count += 1
      }
      serveUnblocked()
      return count
    }
  }

  /// Turns the event loop until `condition` holds. Returns false if that takes a minute.
  public func turn(until condition: () -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while !condition() {
      guard ContinuousClock.now < end else { return false }
      turn(patience: 10)
    }
    return true
  }

  /// Sets how much memory the module can have in one piece.
  public func setLargestBlock(_ bytes: Int) { mostAllocated.store(bytes, ordering: .relaxed) }

  /// How many clients wait.
  public var blockedCount: Int { handles.counts()["BlockedClientHandle"] ?? 0 }

  /// What the module has told since this was asked last, outside of commands.
  public func takeEffects() -> Effects {
    thread.run {
      defer { effects = Effects() }
      return effects
    }
  }

  /// Lines of the log since this was asked last.
  public func takeLog() -> [String] {
    thread.run {
      defer { log = [] }
      return log
    }
  }

  /// What the module has done that no server allows.
  public var violations: [String] { broken.withLock { $0 } }

  /// How much the module holds of the server's, by kind.
  public var heldHandles: [String: Int] {
    var counts = handles.counts()
    counts["memory"] = blocks.withLock { $0.isEmpty ? nil : $0.count }
    return counts
  }

  /// Has what is under way done, frees all keys, forgets what was set and recorded, and lets a second pass, in which the
  /// module sees that.
  public func reset() {
    thread.run {
      // Work that never ends is no reason to wait for ever.
      var turns = 0
      while turns < 100_000, turn() > 0 || blockedCount > 0 {
        turns += 1
        // Other threads have it.
        usleep(100)
      }
      for name in Array(keys.keys) { removeKey(name) }
      resetInformation()
      setLargestBlock(.max)
      for (_, entry) in configuration where !entry.isImmutable { _ = entry.set(entry.initial) }
      fire(SERVER_EVENT_REPLICA_CHANGE)
      pass(milliseconds: 1000)
      (effects, calls, log) = (Effects(), [], [])
      broken.withLock { $0 = [] }
    }
  }

  /// Calls `body` in a forked child of this process and returns what it returns, or nil if it ends otherwise.
  ///
  /// In a process with many threads the child may wait for ever for what one of them had: do it where there are few.
  public func fork(_ body: @escaping () -> [UInt8]) -> [UInt8]? {
    thread.run {
      let work = ForkedWork(body)
      var output: Int32 = -1
      let child = withExtendedLifetime(work) {
        stand_in_fork({ ForkedWork.run($0, output: $1) }, Unmanaged.passUnretained(work).toOpaque(), &output)
      }
      guard child > 0 else { return nil }
      defer { close(output) }
      var (bytes, room) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
      while case let count = read(output, &room, room.count), count > 0 { bytes += room[..<count] }
      var status: Int32 = -1
      return waitpid(child, &status, 0) == child && status == 0 ? bytes : nil
    }
  }
}

/// What a child does.
private final class ForkedWork {
  private let body: () -> [UInt8]

  init(_ body: @escaping () -> [UInt8]) { self.body = body }

  static func run(_ data: UnsafeMutableRawPointer?, output: Int32) -> Int32 {
    guard let data else { return 1 }
    var rest = Unmanaged<ForkedWork>.fromOpaque(data).takeUnretainedValue().body()[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
      guard count > 0 else { return 1 }
      rest = rest.dropFirst(count)
    }
    return 0
  }
}
