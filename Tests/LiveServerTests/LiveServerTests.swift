import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Whether a process runs: it exists and is no zombie.
private func runs(_ processIdentifier: pid_t) -> Bool {
  guard let text = try? Files.text("/proc/\(processIdentifier)/stat") else { return false }
  let state = text.split(separator: ") ", maxSplits: 1).last?.first
  return state != "Z" && state != "X"
}

private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

struct LiveServerTests {
  @Test("servers don't meet")
  func separate() throws {
    let servers = try (0..<3).map { _ in try LiveServer(listensOnTCP: true) }
    #expect(Set(servers.map(\.directory)).count == 3)
    #expect(Set(servers.map(\.port)).count == 3)
    for (index, server) in servers.enumerated() { try server.connect()("SET", "key", index) }
    for (index, server) in servers.enumerated() {
      #expect(try server.connect()("GET", "key", as: Int.self) == index)
      #expect(server.isRunning)
      #expect(server.log.contains("Ready to accept connections"))
    }
  }

  @Test("each ending, and what it leaves")
  func endings() throws {
    let server = try LiveServer(configuration: [("save", "3600 1")])
    func value() throws -> Int? { try server.connect()("GET", "key", as: Int?.self) }
    try server.connect()("SET", "key", 1)
    let first = server.processIdentifier
    try server.restart(after: .shutdown(saving: false))
    #expect(try value() == nil)
    #expect(server.processIdentifier != first)
    #expect(!runs(first))
    try server.connect()("SET", "key", 2)
    try server.restart(after: .shutdown(saving: true))
    #expect(try value() == 2)
    try server.connect()("SET", "key", 3)
    try server.restart(after: .terminate)
    #expect(try value() == 3)
    try server.connect()("SET", "key", 4)
    try server.restart(after: .kill)
    #expect(try value() == 3)
    #expect(throws: ProcessError.wrongState("the server runs already")) { try server.start() }
    server.kill()
    #expect(server.exit == .signal(SIGKILL))
    #expect(!server.isRunning)
    #expect(throws: ProcessError.self) { try server.stop() }
    #expect(throws: ProcessError.self) { try server.terminate() }
    #expect(throws: ClientError.self) { try server.connect() }
    try server.start()
    try server.stop()
    #expect(server.exit == .code(0))
  }

  @Test("the port stays, and so does what CONFIG REWRITE wrote")
  func restart() throws {
    let server = try LiveServer(listensOnTCP: true)
    let port = server.port
    try server.connect()("CONFIG", "SET", "hz", 37)
    try server.connect()("CONFIG", "REWRITE")
    try server.restart()
    #expect(server.port == port)
    #expect(try server.connect()("CONFIG", "GET", "hz", as: Reply.self)["hz"] == .bulk("37"))
  }

  @Test("a server in a root of its own, with what it needs copied in", .enabled(if: geteuid() == 0))
  func chroot() throws {
    let root = try Python.run(
      script: #"""
        import os, re, shutil, subprocess, tempfile
        root = tempfile.mkdtemp()
        os.makedirs(root + '/tmp')
        program = shutil.which('redis-server')
        libraries = re.findall(r'(/\S+) \(', subprocess.run(['ldd', program], capture_output=True, text=True).stdout)
        for file in [program] + libraries:
            os.makedirs(root + os.path.dirname(file), exist_ok=True)
            shutil.copy(file, root + file)
        print(root, end='')
        """#)
    do {
      let server = try LiveServer(module: nil, configuration: [("save", "3600 1")], chroot: root)
      #expect(server.directory.hasPrefix(root + "/tmp/"))
      try server.connect()("SET", "key", 1)
      try server.restart(after: .terminate)
      #expect(try server.connect()("GET", "key", as: Int.self) == 1)
      #expect(exists(server.directory + "/dump.rdb"))
      #expect(try Files.absolute("/proc/\(server.processIdentifier)/root") == root)
    }
    // The module is found in there, and found to be none.
    let error = try #require(throws: ProcessError.self) { try LiveServer(module: "/etc/passwd", chroot: root) }
    #expect(error.description.contains("module.so: invalid ELF header"))
    try Python.run(script: "import shutil, sys; shutil.rmtree(sys.argv[1])", arguments: [root])
  }

  @Test("a server goes with its object, and its directory with it")
  func removal() throws {
    var server: LiveServer? = try LiveServer()
    let directory = try #require(server?.directory)
    let process = try #require(server?.processIdentifier)
    #expect(exists(directory))
    #expect(runs(process))
    server = nil
    #expect(!exists(directory))
    #expect(!runs(process))
  }

  @Test("why a server does not start")
  func failures() throws {
    #expect(throws: ProcessError.system(subject: "/nonexistent/server", code: ENOENT)) {
      try LiveServer(program: ["/nonexistent/server"])
    }
    #expect(throws: ProcessError.system(subject: "/nonexistent.so", code: ENOENT)) {
      try LiveServer(module: "/nonexistent.so")
    }
    let error = try #require(throws: ProcessError.self) { try LiveServer(configuration: [("no-such-setting", "1")]) }
    guard case .ended(.code(1), let output) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(output.contains("no-such-setting"))
    // No server at all, and gone at once.
    #expect(throws: ProcessError.ended(.code(0), output: "")) { try LiveServer(program: ["true"]) }
  }

  @Test("a server outlives the thread that asked for it")
  func thread() throws {
    let box = Box()
    var thread = pthread_t()
    let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
      guard let context else { return nil }
      let box = Unmanaged<Box>.fromOpaque(context).takeRetainedValue()
      box.server = try? LiveServer()
      return nil
    }
    #expect(pthread_create(&thread, nil, body, Unmanaged.passRetained(box).toOpaque()) == 0)
    pthread_join(thread, nil)
    let server = try #require(box.server)
    #expect(try server.connect()("PING") == .status("PONG"))
    #expect(server.isRunning)
  }

  private final class Box {
    var server: LiveServer?
  }

  @Test("a server dies when the test process is killed")
  func killedParent() async throws {
    let result = await #expect(processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]) {
      let server = try LiveServer()
      print("\n#\(server.processIdentifier) \(server.directory)#")
      fflush(nil)
      kill(getpid(), SIGKILL)
    }
    let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
    let words = try #require(output.split(separator: "#").dropFirst().first).split(separator: " ")
    let process = try #require(words.first.flatMap { pid_t($0) })
    let deadline = ContinuousClock.now + .seconds(10)
    while runs(process), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(2)) }
    #expect(!runs(process))
    // Nobody was left to remove the directory.
    try Python.run(script: "import shutil, sys; shutil.rmtree(sys.argv[1])", arguments: [String(words[1])])
  }
}
