import Glibc
import StandInServer
import SystemPackage
import Testing

/// All tests of the module. They share the one that this process has loaded, so they run one after the other.
@Suite(.serialized)
enum ModuleTests {}

/// The module on the stand-in for a server. Each test begins without keys and with an empty root.
struct LoadedModule {
  let server = StandInServer.shared

  /// Loaded by whoever needs it first.
  private static let root: TemporaryRoot? = {
    guard let root = TemporaryRoot() else { return nil }
    return StandInServer.shared.load(["root", root.path]) ? root : nil
  }()
  /// What the module has of the server's when it serves nobody.
  private static let restingHandles: [String: Int] = {
    StandInServer.shared.reset()
    return StandInServer.shared.heldHandles
  }()

  private let root: TemporaryRoot

  init() throws {
    root = try #require(LoadedModule.root, "\(server.takeLog())")
    _ = LoadedModule.restingHandles
    server.reset()
    root.empty()
  }

  /// The root, as the module names it.
  var path: String { root.path }

  @discardableResult
  func run(_ words: String..., as caller: Caller = .client) -> ServedCommand { run(words, as: caller) }

  @discardableResult
  func run(_ words: [String], as caller: Caller = .client) -> ServedCommand {
    server.run(words.map { Array($0.utf8) }, as: caller)
  }

  /// The reply to a command, which its client may have to wait for.
  @discardableResult
  func reply(_ words: String..., as caller: Caller = .client) -> Reply? { reply(words, as: caller) }

  @discardableResult
  func reply(_ words: [String], as caller: Caller = .client) -> Reply? {
    let served = run(words, as: caller)
    _ = server.turn { served.reply != nil }
    return served.reply
  }

  /// Maps a new file to a key of the same name and adds values to it.
  func makeArray(_ kind: ElementKind, _ format: Format = .npy, _ values: [String] = [], key: String = "a") {
    #expect(run(["MMAP", key, key] + format.words(kind)).reply == .integer(0))
    if !values.isEmpty { #expect(run(["MMAP.ADD", key] + values).reply == .integer(values.count)) }
  }

  /// All elements of a key, as texts.
  func texts(_ key: String = "a") -> [String]? {
    reply("MMAP.ALL", key)?.elements?.map { element in
      if case .integer(let integer) = element { "\(integer)" } else { element.text ?? "\(element)" }
    }
  }

  /// Lets a replica connect that has all there is, and the module see it.
  func connectReplica(state: String = "online") {
    server.setInformation("replication", "connected_slaves", "1")
    server.setInformation("replication", "slave0", "ip=127.0.0.1,port=1,state=\(state),offset=1,lag=0")
    server.setInformation("replication", "repl_backlog_active", "1")
    server.fire(ServerEvents.replicaChange)
  }

  /// Makes the server a replica, or a primary again.
  func setRole(isPrimary: Bool) {
    server.setInformation("replication", "role", isPrimary ? "master" : "slave")
    server.fire(ServerEvents.roleChange)
  }

  /// The bytes of a file below the root; nil if there is none.
  func file(_ name: String) -> [UInt8]? { root.read(name) }

  /// Makes a file, or replaces what is in it.
  func write(_ bytes: [UInt8], to name: String) throws { try root.write(bytes, to: name) }

  /// Removes a file, as another program does.
  func remove(_ name: String) { unlink(root.path + "/" + name) }

  /// What must hold at the end of each test: the module has broken no rule, and has given back all that it had.
  func expectOrder(_ location: SourceLocation = #_sourceLocation) {
    #expect(server.violations.isEmpty, sourceLocation: location)
    server.reset()
    #expect(server.heldHandles == LoadedModule.restingHandles, sourceLocation: location)
    #expect(server.violations.isEmpty, sourceLocation: location)
  }
}

/// Events as the API numbers them.
enum ServerEvents {
  static let roleChange = 0
  static let persistence = 1
  static let loading = 3
  static let shutdown = 5
  static let replicaChange = 6

  static let persistenceSaveStart = 2
  static let persistenceEnded = 3
  static let loadingRDB = 0
  static let loadingAOF = 1
  static let loadingReplication = 2
  static let loadingEnded = 3
  static let loadingFailed = 4
}

/// A directory that is removed when the process ends.
struct TemporaryRoot: Sendable {
  let path: String

  init?() {
    var template = Array("/tmp/mmaparray-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { return nil }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    TemporaryRoot.latest = self
    atexit {
      TemporaryRoot.latest?.empty()
      if let path = TemporaryRoot.latest?.path { rmdir(path) }
    }
  }

  // Each process makes one.
  nonisolated(unsafe) private static var latest: TemporaryRoot?

  /// Removes all that is in it.
  func empty() { TemporaryRoot.empty(path) }

  private static func empty(_ path: String) {
    guard let directory = opendir(path) else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      guard name != ".", name != ".." else { continue }
      // A directory has to be emptied first; anything else is none.
      if Int32(entry.pointee.d_type) == Int32(DT_DIR) { empty(path + "/" + name) }
      Glibc.remove(path + "/" + name)
    }
  }

  func read(_ name: String) -> [UInt8]? {
    guard let file = try? FileDescriptor.open(FilePath(path).appending(name), .readOnly) else { return nil }
    defer { try? file.close() }
    var (bytes, room) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
    while let count = room.withUnsafeMutableBytes({ try? file.read(into: $0) }), count > 0 { bytes += room[..<count] }
    return bytes
  }

  func write(_ bytes: [UInt8], to name: String) throws {
    let file = try FileDescriptor.open(
      FilePath(path).appending(name), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    _ = try file.closeAfter { try file.writeAll(bytes) }
  }
}
