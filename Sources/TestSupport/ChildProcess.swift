import CTestSupport
import Dispatch
import Glibc
import Synchronization

/// A process that ends, by `SIGKILL`, when this process does, however that ends, and at the latest with this object.
///
/// Linux sends a child's "parent death signal" when the thread that forked it ends, and threads of a pool come and go.
/// So each child has a thread of its own here, which starts it, waits for it and ends only after it.
public final class ChildProcess: Sendable {
  public let processIdentifier: pid_t
  private let watch: Watch

  /// Starts `arguments[0]`, which is searched in `PATH`, in a process group of its own.
  ///
  /// - Parameters:
  ///   - output, errors: descriptors of this process that become its standard output and error.
  ///   - confinement: what it is kept from.
  /// - Throws: `ProcessError.system` if it can't be started.
  public init(
    _ arguments: [String], output: Int32 = STDOUT_FILENO, errors: Int32 = STDERR_FILENO,
    confinement: Confinement = Confinement()
  ) throws(ProcessError) {
    let launch = Launch(arguments, output: output, errors: errors, confinement: confinement)
    var thread = pthread_t()
    let code = pthread_create(&thread, nil, { Launch.run($0) }, Unmanaged.passRetained(launch).toOpaque())
    guard code == 0 else {
      Unmanaged.passUnretained(launch).release()
      throw .system(subject: "pthread_create", code: code)
    }
    pthread_detach(thread)
    launch.isStarted.wait()
    watch = launch.watch
    processIdentifier = watch.state.withLock { $0.processIdentifier }
    guard processIdentifier > 0 else {
      throw .system(subject: arguments.first ?? "", code: watch.state.withLock { $0.code })
    }
  }

  deinit {
    kill()
  }

  /// How it ended; nil while it runs.
  public var exit: Exit? { watch.state.withLock { $0.exit } }

  /// Sends it a signal, if it still runs.
  public func signal(_ number: Int32) {
    watch.signal(number, toGroup: false)
  }

  /// Ends it, and the children it forked, by `SIGKILL`, and waits for its end.
  public func kill() {
    watch.signal(SIGKILL, toGroup: true)
    watch.ended.wait()
  }

  /// Waits for its end; nil if that takes longer.
  public func wait(atMost timeout: Duration) -> Exit? {
    let nanoseconds = timeout / .nanoseconds(1)
    guard watch.ended.wait(timeout: .now() + .nanoseconds(Int(nanoseconds))) == .success else { return nil }
    return exit
  }
}

/// What a child's thread and its owner share.
private final class Watch: Sendable {
  struct State {
    var processIdentifier: pid_t = -1
    /// The errno of a start that failed.
    var code: Int32 = 0
    var exit: Exit?
  }

  let state = Mutex(State())
  let ended = DispatchGroup()

  func signal(_ number: Int32, toGroup: Bool) {
    // Reaping takes the lock too: until then the identifier can't be another process's.
    state.withLock { state in
      guard state.processIdentifier > 0, state.exit == nil else { return }
      _ = Glibc.kill(toGroup ? -state.processIdentifier : state.processIdentifier, number)
    }
  }

  /// Waits for the child's end.
  func reap(_ child: pid_t) {
    var information = siginfo_t()
    while waitid(P_PID, id_t(child), &information, WEXITED | WNOWAIT) == -1, errno == EINTR {}
    state.withLock { state in
      var status: Int32 = 0
      while waitpid(child, &status, 0) == -1, errno == EINTR {}
      let signal = status & 0x7F
      state.exit = signal == 0 ? .code(status >> 8 & 0xFF) : .signal(signal)
    }
  }
}

/// What a child's thread needs to start it.
private final class Launch: Sendable {
  let watch = Watch()
  let isStarted = DispatchSemaphore(value: 0)
  private let arguments: [String]
  private let output: Int32
  private let errors: Int32
  private let confinement: Confinement

  init(_ arguments: [String], output: Int32, errors: Int32, confinement: Confinement) {
    self.arguments = arguments
    self.output = output
    self.errors = errors
    self.confinement = confinement
  }

  /// The body of a child's thread; `context` is a retained `Launch`.
  static func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let launch = Unmanaged<Launch>.fromOpaque(context).takeRetainedValue()
    let watch = launch.watch
    watch.ended.enter()
    let child = launch.start()
    launch.isStarted.signal()
    if child > 0 { watch.reap(child) }
    watch.ended.leave()
    return nil
  }

  private func start() -> pid_t {
    var code: Int32 = 0
    let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
    var strings = arguments.map { strdup($0) } + [nil]
    let child = confinement.withC { child_start(&strings, input, output, errors, $0, &code) }
    for string in strings { free(string) }
    close(input)
    watch.state.withLock { state in
      state.processIdentifier = child
      state.code = code
    }
    return child
  }
}
