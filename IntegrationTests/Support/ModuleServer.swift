import LiveServer
import MappedArrayClient
import Testing

/// A server with the module, for one test, and a connection to it.
final class ModuleServer {
  let live: LiveServer
  private(set) var connection: Connection
  private let protocolVersion: ProtocolVersion

  init(
    program: [String] = Environment.program, configuration: [(String, String)] = [],
    moduleArguments: [String] = [], chroot: String? = Environment.chroot, listensOnTCP: Bool = false,
    protocolVersion: ProtocolVersion = .resp2
  ) throws {
    let module: String = try #require(Environment.module, "set MMAPARRAY_MODULE, or run `make test`")
    live = try LiveServer(
      program: program, module: module, moduleArguments: moduleArguments, configuration: configuration, chroot: chroot,
      listensOnTCP: listensOnTCP)
    self.protocolVersion = protocolVersion
    connection = try live.connect(protocolVersion: protocolVersion)
  }

  /// Sends a command and returns its reply, errors too.
  @discardableResult
  func callAsFunction(_ arguments: any ArgumentConvertible...) throws -> Reply {
    try connection.send(arguments.map(\.argument))
  }

  /// Sends a command and returns its reply, errors too.
  @discardableResult
  func send(_ arguments: [any ArgumentConvertible]) throws -> Reply {
    try connection.send(arguments.map(\.argument))
  }

  func restart(after ending: LiveServer.Ending) throws {
    try live.restart(after: ending)
    try reconnect()
  }

  func start() throws {
    try live.start()
    try reconnect()
  }

  func reconnect() throws {
    connection = try live.connect(protocolVersion: protocolVersion)
  }

  /// The path of a file below the root, as this process sees it.
  func path(_ name: String = "") -> String { "\(live.directory)/arrays/\(name)" }

  /// The root as the server sees it, which may run in a directory of its own.
  func innerRoot() throws -> String {
    try #require(try self("CONFIG", "GET", "mmaparray.root")["mmaparray.root"]?.text)
  }

  func bytes(_ name: String) throws -> [UInt8] { try Files.read(path(name)) }

  func write(_ bytes: [UInt8], to name: String) throws { try Files.write(bytes, to: path(name)) }
}

extension Reply {
  /// The text of an error; nil for any other reply.
  var errorText: String? {
    if case .error(let error) = self { error.description } else { nil }
  }

  static let ok = Reply.status("OK")
  static let noSuchKey = error("ERR no such key: map a file to it with MMAP first")
  static let wrongType = error("WRONGTYPE Operation against a key holding the wrong kind of value")

  static func error(_ text: String) -> Reply {
    let words = text.split(separator: " ", maxSplits: 1).map(String.init)
    return .error(ServerError(code: words[0], message: words.count > 1 ? words[1] : ""))
  }
}
