import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// A path that leads out of the root, or to something that is no file.
struct HostilePath: Sendable, CustomTestStringConvertible {
  /// `DIR` stands for the server's directory, above the root.
  let text: String
  /// Whether it can be seen from the path alone, whatever lies there.
  let isRefusedAtSight: Bool

  var testDescription: String { text.count > 60 ? "\(text.prefix(60))…" : text.debugDescription }

  private init(_ text: String, atSight: Bool) {
    self.text = text
    isRefusedAtSight = atSight
  }

  static let all =
    [
      "../outside/secret", "below/../../outside/secret", "..", "below/..", "../outside/new", "DIR/outside/secret",
      "DIR/arrays/../outside/secret", "/etc/passwd", "/proc/self/mem", "/dev/zero", "/", "DIR/arrays", "", ".", "./.",
      "a\0b", "\0", "../outside/secret\0", "directory/", "../dump.rdb", "DIR/dump.rdb", "../server.conf",
      "../appendonlydir/appendonly.aof.1.incr.aof", ".mmaparray/unfinished", ".mmaparray/1-1",
      String(repeating: "x", count: 4096), String(repeating: "x/", count: 3000) + "y",
    ].map { HostilePath($0, atSight: true) }
    + [
      "link", "up/outside/secret", "up/outside/new", "below/up/outside/secret", "up/dump.rdb", "dangling", "loop",
      "loop/file", "fifo", "socket", "device", "directory", "fifo/file", String(repeating: "x", count: 256),
      String(repeating: "x", count: 4095),
    ].map { HostilePath($0, atSight: false) }

  func text(for server: ModuleServer) throws -> String {
    text.replacing("DIR", with: String(try server.innerRoot().dropLast("/arrays".count)))
  }
}

extension ModuleServer {
  private var outside: String { live.directory + "/outside" }

  /// Lays out what hostile paths lead to, in the root and outside it.
  func layTraps() throws {
    #expect(mkdir(outside, 0o777) == 0)
    try Files.write(secret, to: outside + "/secret")
    for name in ["below", "directory"] { #expect(mkdir(path(name), 0o755) == 0) }
    for (name, target) in [
      ("link", "../outside/secret"), ("up", ".."), ("below/up", "../.."), ("dangling", "../outside/new"),
      ("loop", "loop"),
    ] { #expect(symlink(target, path(name)) == 0) }
    #expect(mkfifo(path("fifo"), 0o666) == 0)
    try Python.run(
      script: "import os, socket, sys; os.chdir(sys.argv[1]); socket.socket(socket.AF_UNIX).bind('socket')",
      arguments: [path()])
    // /dev/zero; without the right to make one there is just nothing of that name.
    mknod(path("device"), S_IFCHR | 0o666, 1 << 8 | 5)
  }

  private var secret: [UInt8] { Array("outside!".utf8) }

  /// Nothing outside the root has been made, changed or removed.
  func expectNothingOutside(sourceLocation: SourceLocation = #_sourceLocation) throws {
    let names = try Python.run(
      script: "import os, sys; print(*sorted(os.listdir(sys.argv[1])), end='')", arguments: [outside])
    #expect(names == "secret", sourceLocation: sourceLocation)
    #expect(try Files.read(outside + "/secret") == secret, sourceLocation: sourceLocation)
    #expect(try self("PING") == .status("PONG"), sourceLocation: sourceLocation)
    #expect(!live.log.contains("crashed by signal"), sourceLocation: sourceLocation)
  }

  /// The key is there, and every command on it says why it has no file.
  func expectDetached(_ key: String, from path: HostilePath, sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try self("TYPE", key) == .status("mmaparray"), "\(path)", sourceLocation: sourceLocation)
    for command in [["VGET", key, "0"], ["MMAP.ADD", key, "1"], ["MMAP.SYNC", key]] {
      let error = try send(command).errorText
      #expect(
        error?.hasPrefix("ERR the file '") == true && error?.contains("is not mapped at the moment: ") == true,
        "\(path): \(error ?? "")", sourceLocation: sourceLocation)
    }
    let information = try self("MMAP.INFO", key)
    #expect(information["state"] == .bulk("detached"), "\(path)", sourceLocation: sourceLocation)
    #expect(try information["path"] == .bulk(path.text(for: self)), "\(path)", sourceLocation: sourceLocation)
  }
}
