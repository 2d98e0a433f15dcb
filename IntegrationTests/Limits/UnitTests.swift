import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// What distributions' units keep servers from. The filter of system calls is that of every server that a test starts.
struct UnitTests {
  /// A program that makes a system call and then becomes the server.
  private func calling(_ expression: String) -> [String] {
    ["python3", "-c", "import ctypes, os, sys; \(expression); os.execvp(sys.argv[1], sys.argv[1:])"]
      + Environment.program
  }

  @Test(
    "a server that makes a call outside of the unit's list is killed",
    .enabled(if: Environment.isConfined && Environment.chroot == nil, "the server is not filtered, or has no Python"),
    arguments: ["ctypes.CDLL(None).mincore(0, 0, 0)", "os.setpriority(os.PRIO_PROCESS, 0, 5)"])
  func filtered(call: String) throws {
    // Without the call the same program serves.
    #expect(try ModuleServer(program: calling("os.getpriority(os.PRIO_PROCESS, 0)"))("PING") == .status("PONG"))
    #expect { try ModuleServer(program: calling(call)) } throws: { error in
      guard case ProcessError.ended(.signal(SIGSYS), _)? = error as? ProcessError else { return false }
      return true
    }
  }

  @Test("the filter is on, and with it the unit's umask", .enabled(if: Environment.isConfined, "nothing is filtered"))
  func status() throws {
    let server = try ModuleServer()
    let status = try Files.text("/proc/\(server.live.processIdentifier)/status").split(separator: "\n")
    for line in ["NoNewPrivs:\t1", "Seccomp:\t2", "Umask:\t0007"] { #expect(status.contains(line[...]), "\(status)") }
  }

  @Test(
    "the whole unit: its user, a file system that is read-only but for one directory, nothing executed from there",
    .enabled(
      if: geteuid() == 0 && Environment.isConfined && Environment.chroot == nil && Confinement.mayMount,
      "only root can mount file systems and become another user"))
  func wholeUnit() throws {
    // Where packages put modules.
    let library = try TemporaryDirectory(in: "/usr/lib")
    defer { library.remove() }
    let module: String = try #require(Environment.module)
    try Files.write(try Files.read(module), to: library.path + "/mmaparray.so", mode: 0o755)
    #expect(chmod(library.path, 0o755) == 0)
    let owner = try #require(Confinement.owner(named: "redis") ?? Confinement.owner(named: "nobody"))
    let program = try Program.run(["sh", "-c", "readlink -f $(command -v \(Environment.program[0]))"])
    let live = try LiveServer(
      module: library.path + "/mmaparray.so",
      configuration: [("save", "3600 1"), ("appendonly", "yes"), ("enable-protected-configs", "yes")]
    ) { confinement, directory in
      _ = chown(directory, owner.user, owner.group)
      confinement.owner = owner
      confinement.writable = [directory]
      confinement.executable = [String(program.prefix { !$0.isNewline }), "/usr/lib"]
      confinement.descriptors = 65_535
      var limit = rlimit()
      if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
        confinement.descriptors = UInt32(min(65_535, limit.rlim_max))
      }
    }
    let (root, status) = (live.directory + "/arrays", try Files.text("/proc/\(live.processIdentifier)/status"))
    #expect(status.contains("Uid:\t\(owner.user)\t"))
    var connection = try live.connect(protocolVersion: .resp2)
    for (key, format) in [("npy", []), ("raw", ["RAW"])] {
      #expect(try connection.send((["MMAP", key, key, "i64"] + format).map(\.argument)) == .integer(0))
      #expect(try connection("VADD", key, 5, 7) == .integer(2))
      #expect(try connection("MMAP.RESIZE", key, 3_000_000) == .integer(3_000_000))
      #expect(try connection("MMAP.AGG", key, 0, -1, "SUM", "VAR", "ARGMAX").elements?.first == .integer(12))
      #expect(try connection("MMAP.FIND", key, 0, -1, "GT", 0) == .integers([0, 1]))
      #expect(try connection("MMAP.INFO", key)["state"] == .bulk("attached"))
      #expect(try connection("MMAP.SYNC", key) == .ok)
      #expect(try connection("VSET", key, 2_999_999, 1) == .integer(1))
      #expect(try connection("MMAP.FILL", key, 5, -2, 2) == .integer(2_999_994))
      #expect(try connection("MMAP.RESIZE", key, 2) == .integer(2))
      // Made by the server's user, for it and its group.
      var file = stat()
      #expect(stat(root + "/" + key, &file) == 0)
      #expect(file.st_mode & 0o777 == 0o660 && file.st_uid == owner.user)
    }
    #expect(try connection("CONFIG", "SET", "mmaparray.fsync", "always") == .ok)
    #expect(try connection("VADD", "npy", 9) == .integer(1))
    for command in ["SAVE", "BGREWRITEAOF"] { try connection(command) }
    // It is what it is said to be: nothing else can be written.
    #expect(try connection("CONFIG", "SET", "dir", "/var/tmp") == .ok)
    #expect(try connection.send(["SAVE"]).errorText != nil)
    #expect(try connection("CONFIG", "SET", "dir", live.directory) == .ok)
    try live.restart(after: .terminate)
    connection = try live.connect(protocolVersion: .resp2)
    #expect(try connection("VALL", "npy") == .integers([5, 7, 9]))
  }
}
