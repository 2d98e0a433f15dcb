import Glibc
import MappedArrayClient
import Synchronization
// Who has servers has files, processes and the like.
@_exported import TestSupport

/// A real server for one test: in its own temporary directory, on its own Unix socket, and killed and removed with this
/// object, or killed when the test process dies.
///
/// The server's settings, `dump.rdb` and the like outlive `stop`, `terminate` and `kill`, so that `start` and `restart`
/// go on with them. Its output is kept as `log`.
public final class LiveServer: Sendable {
  /// How a server is brought to its end.
  public enum Ending: Sendable {
    /// `SHUTDOWN`, with `SAVE` or `NOSAVE`.
    case shutdown(saving: Bool)
    /// `SIGTERM`.
    case terminate
    /// `SIGKILL`.
    case kill
  }

  /// How long a server may take to start or end.
  public static let patience = Duration.seconds(20)

  /// The server's directory, as this process sees it.
  public let directory: String
  /// The path of its Unix socket.
  public let socket: String
  /// The TCP port that it listens on, on 127.0.0.1; nil if it was not asked to.
  public var port: UInt16? { state.withLock { $0.port } }

  /// The TCP port for other nodes of its cluster; nil if it is in none.
  public var clusterPort: UInt16? { state.withLock { $0.clusterPort } }

  private struct State {
    var child: ChildProcess?
    var port: UInt16?
    var clusterPort: UInt16?
    var hasStarted = false
  }

  private let temporary: TemporaryDirectory
  private let program: [String]
  private let confinement: Confinement
  private let settings: Settings
  private let state: Mutex<State>

  /// Prepares a server and starts it.
  ///
  /// - Parameters:
  ///   - program: the server's program, with what comes before it (`perf record …`); searched in `PATH`.
  ///   - module: the module to load, copied into the server's directory if there is a `chroot`; none if nil.
  ///   - moduleArguments: the module's load arguments.
  ///   - configuration: lines of the configuration file, as (`save`, `900 1`). They come after those that the harness
  ///     needs, and override its `save ""`.
  ///   - chroot: the directory that becomes the server's root; its `tmp` then holds the server's directory.
  ///   - listensOnTCP: whether it gets a TCP port beside its Unix socket.
  ///   - isClusterNode: whether it becomes a node of a cluster, which needs two ports.
  ///   - confine: confines it more than the unit's filter of system calls does, if it may; gets the server's directory.
  /// - Throws: `ProcessError`, with the log if the server did not come up.
  public init(
    program: [String] = Environment.program, module: String? = Environment.module, moduleArguments: [String] = [],
    configuration: [(String, String)] = [], chroot: String? = Environment.chroot, listensOnTCP: Bool = false,
    isClusterNode: Bool = false, confine: (inout Confinement, _ directory: String) -> Void = { _, _ in }
  ) throws(ProcessError) {
    let parent = chroot.map { $0 + "/tmp" } ?? Environment.temporaryDirectory
    temporary = try TemporaryDirectory(in: parent)
    directory = temporary.path
    socket = directory + "/socket"
    self.program = program
    var confinement = Confinement(root: chroot, isFiltered: Environment.isConfined)
    confine(&confinement, directory)
    self.confinement = confinement
    var loaded: String?
    if let module {
      loaded = chroot == nil ? try Files.absolute(module) : directory + "/module.so"
      if let loaded, chroot != nil { try Files.write(try Files.read(module), to: loaded, mode: 0o755) }
    }
    settings = Settings(
      directory: directory, chroot: chroot ?? "", module: loaded, moduleArguments: moduleArguments,
      configuration: configuration)
    state = Mutex(State(port: listensOnTCP || isClusterNode ? 0 : nil, clusterPort: isClusterNode ? 0 : nil))
    try start()
  }

  deinit {
    remove()
  }

  /// Ends the server, by `SIGKILL`, and removes its directory; it can't be started any more.
  public func remove() {
    // Before the directory goes.
    kill()
    temporary.remove()
  }

  /// Starts the server after its end, on the same directory, socket and port, and waits until it serves.
  public func start() throws(ProcessError) {
    try state.withLock { state throws(ProcessError) in
      guard state.child?.exit != nil || state.child == nil else { throw .wrongState("the server runs already") }
      // Only a new server may look for another port: to a restarted one, others know the way.
      var attempts = state.port == nil || state.hasStarted ? 1 : 5
      while true {
        if !state.hasStarted {
          if state.port != nil { state.port = try freePort() }
          if state.clusterPort != nil { state.clusterPort = try freePort() }
          try settings.write(port: state.port ?? 0, clusterPort: state.clusterPort)
        }
        attempts -= 1
        do throws(ProcessError) {
          state.child = try launch()
          state.hasStarted = true
          return
        } catch {
          guard attempts > 0, log.contains("Address already in use") else { throw error }
        }
      }
    }
  }

  /// Ends the server and starts it again.
  public func restart(after ending: Ending = .shutdown(saving: false)) throws(ProcessError) {
    switch ending {
    case .shutdown(let saving): try stop(saving: saving)
    case .terminate: try terminate()
    case .kill: kill()
    }
    try start()
  }

  /// Ends the server by `SHUTDOWN NOSAVE` or `SHUTDOWN SAVE`, and waits for its end.
  ///
  /// - Throws: `ProcessError.ended` if it exits with anything but 0.
  public func stop(saving: Bool = false) throws(ProcessError) {
    let child = try runningChild()
    do throws(ClientError) {
      try connect()("SHUTDOWN", saving ? "SAVE" : "NOSAVE")
    } catch .connection {
      // What a SHUTDOWN that succeeds gets is the end of the connection.
    } catch {
      throw .client("SHUTDOWN: \(error)", output: log)
    }
    try expectEnd(of: child, after: "SHUTDOWN")
  }

  /// Ends the server by `SIGTERM`, upon which it saves if it is configured to, and waits for its end.
  ///
  /// - Throws: `ProcessError.ended` if it exits with anything but 0.
  public func terminate() throws(ProcessError) {
    let child = try runningChild()
    child.signal(SIGTERM)
    try expectEnd(of: child, after: "SIGTERM")
  }

  /// Ends the server, and the children it forked, by `SIGKILL`.
  public func kill() {
    state.withLock { $0.child }?.kill()
  }

  /// Whether the server runs.
  public var isRunning: Bool { state.withLock { $0.child.map { $0.exit == nil } ?? false } }

  /// How the last run ended; nil while the server runs.
  public var exit: Exit? { state.withLock { $0.child }?.exit }

  /// The process of the last run.
  public var processIdentifier: pid_t { state.withLock { $0.child?.processIdentifier ?? -1 } }

  /// What the server wrote since it was first started.
  public var log: String {
    (try? Files.text(settings.logPath)) ?? ""
  }

  /// Where the server listens: its Unix socket.
  public var address: Address { .unix(path: socket) }

  /// Connects to the server's Unix socket. Without a password the configuration's `requirepass` is used.
  public func connect(
    timeout: Duration? = LiveServer.patience, user: String? = nil, password: String? = nil, database: Int = 0,
    protocolVersion: ProtocolVersion = .resp3
  ) throws(ClientError) -> Connection {
    try Connection(
      to: address, timeout: timeout, user: user, password: password ?? settings.password, database: database,
      protocolVersion: protocolVersion)
  }

  private func runningChild() throws(ProcessError) -> ChildProcess {
    guard let child = state.withLock({ $0.child }), child.exit == nil else {
      throw .wrongState("the server does not run; its log:\n\(log)")
    }
    return child
  }

  private func expectEnd(of child: ChildProcess, after cause: String) throws(ProcessError) {
    guard let exit = child.wait(atMost: Self.patience) else { throw .timeout("the end after \(cause)", output: log) }
    guard exit == .code(0) else { throw .ended(exit, output: log) }
  }
}

extension LiveServer {
  /// Starts the program and waits until it serves.
  private func launch() throws(ProcessError) -> ChildProcess {
    unlink(socket)
    let output = try Files.openLog(settings.logPath)
    defer { close(output) }
    let child = try ChildProcess(
      program + [settings.innerPath], output: output, errors: output, confinement: confinement)
    let deadline = ContinuousClock.now + Self.patience
    while ContinuousClock.now < deadline {
      if let exit = child.exit { throw .ended(exit, output: log) }
      if serves() { return child }
      usleep(2000)
    }
    child.kill()
    throw .timeout("the server's start", output: log)
  }

  /// Whether the server replies to `PING` otherwise than by saying that it is loading.
  private func serves() -> Bool {
    // RESP2 and no password: this says nothing but PING, to which any server replies, if only by an error.
    guard
      let connection = try? Connection(to: address, timeout: Self.patience, protocolVersion: .resp2),
      let reply = try? connection.send(["PING"])
    else { return false }
    if case .error(let error) = reply { return error.code != "LOADING" }
    return true
  }

  /// A TCP port that was free a moment ago.
  private func freePort() throws(ProcessError) -> UInt16 {
    let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw .lastError("socket") }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    guard isBound else { throw .lastError("bind") }
    return UInt16(bigEndian: address.sin_port)
  }
}
