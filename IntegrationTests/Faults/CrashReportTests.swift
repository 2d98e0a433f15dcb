import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Faults that are not of mapped files are the server's, as if the module were not there.
struct CrashReportTests {
  let server: ModuleServer

  init() throws {
    // With its memory test a report fails now and then, also where no module is.
    server = try ModuleServer(configuration: [("crash-memcheck-enabled", "no")])
    try server("MMAP", "a", "file", "f64")
    try server("MMAP.ADD", "a", 1)
  }

  /// Sends the server a signal, waits for its end and returns how it was.
  private func end(by signal: Int32) -> Exit? {
    kill(server.live.processIdentifier, signal)
    let deadline = ContinuousClock.now + LiveServer.patience
    while server.live.isRunning, ContinuousClock.now < deadline { usleep(2000) }
    return server.live.exit
  }

  /// Meets a fault in a mapped file, which the server must survive.
  private func survivesFault() throws {
    try server("MMAP.RESIZE", "a", 100_000)
    #expect(truncate(server.path("file"), 128) == 0)
    #expect(try server("VGET", "a", 90_000).errorText?.contains("is gone") == true)
    #expect(try server("PING") == .status("PONG"))
  }

  @Test("signals that are sent", arguments: [SIGSEGV, SIGBUS, SIGFPE, SIGILL])
  func sent(signal: Int32) throws {
    try survivesFault()
    #expect(end(by: signal) == .signal(signal))
    #expect(server.live.log.contains("crashed by signal: \(signal)"))
    #expect(server.live.log.contains("BUG REPORT END"))
  }

  @Test("a fault of the server itself")
  func ownFault() throws {
    #expect(throws: ClientError.self) { try server("DEBUG", "SEGFAULT") }
    #expect(end(by: 0) == .signal(SIGSEGV))
    #expect(server.live.log.contains("BUG REPORT END"))
  }

  @Test("the guard is in front again at once when the server has installed its own handler")
  func reinstalled() throws {
    try server("CONFIG", "SET", "crash-log-enabled", "no")
    try server("CONFIG", "SET", "crash-log-enabled", "yes")
    try survivesFault()
    #expect(end(by: SIGBUS) == .signal(SIGBUS))
    #expect(server.live.log.contains("BUG REPORT END"))
  }

  @Test("a server that wants no report gives none")
  func withoutReport() throws {
    try server("CONFIG", "SET", "crash-log-enabled", "no")
    try survivesFault()
    #expect(end(by: SIGBUS) == .signal(SIGBUS))
    #expect(!server.live.log.contains("BUG REPORT"))
  }
}
