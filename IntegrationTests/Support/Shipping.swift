import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Contents on their way from a master to a replica, held up where a test wants them.
extension ModuleServer {
  /// Stops the process as it stands; its sockets take what there is room for.
  func freeze() { kill(live.processIdentifier, SIGSTOP) }

  func thaw() { kill(live.processIdentifier, SIGCONT) }

  /// Makes a file of 64 MiB in the root that begins and ends with a 7: more than sockets and output buffers hold.
  func makeLargeFile(_ name: String = "large") throws {
    try Shell.run(
      """
      printf '\\007' >'\(path(name))'; truncate --size=\((64 << 20) - 1) '\(path(name))'; printf '\\007' >>'\(path(name))'
      """)
  }

  /// How many bytes replicas still lack.
  func shippingBytes() throws -> Int { try number("mmaparray_shipping_bytes", of: "mmaparray") }

  /// Maps a large file while `replica` takes no more than sockets and buffers hold. Afterwards the replica goes on with
  /// what has arrived, and this server stands still until `thaw`.
  func mapHalfway(_ name: String = "large", to replica: ModuleServer) throws {
    try makeLargeFile(name)
    // A replica that has just got all is sent nothing more until it has acknowledged that.
    try self("SET", "text", "x")
    try replica.catchUp(with: self)
    replica.freeze()
    #expect(try self("MMAP", name, name, "u8") == .integer(64 << 20))
    var (last, repetitions) = (-1, 0)
    try eventually("the replica's buffers are full") {
      let now = try shippingBytes()
      (last, repetitions) = (now, now == last && now < 64 << 20 ? repetitions + 1 : 0)
      usleep(10_000)
      return repetitions > 20
    }
    #expect(last > 0)
    freeze()
    replica.thaw()
  }

  /// What `MMAP.INFO` says of a key's state.
  func state(_ key: String) throws -> String? { try self("MMAP.INFO", key)["state"]?.text }

  /// The key is there and has no array; every command says so, with this text.
  func expectNoArray(
    _ key: String, _ state: String, saying text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for command in [["VGET", key, "0"], ["MMAP.READ", key], ["VCOUNT", key]] {
      let error = try send(command).errorText ?? "no error"
      #expect(
        error.hasPrefix("ERR the file '") && error.contains("is not mapped at the moment: ") && error.contains(text),
        "\(command): \(error)", sourceLocation: sourceLocation)
    }
    #expect(try self.state(key) == state, sourceLocation: sourceLocation)
  }

  /// The server runs, and has not been at its end meanwhile.
  func expectSound(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(live.isRunning, "\(live.log.suffix(4000))", sourceLocation: sourceLocation)
    for sign in ["ASSERTION", "REDIS BUG REPORT", "VALKEY BUG REPORT", "crashed by signal", "Guru Meditation"] {
      #expect(!live.log.contains(sign), "\(live.log.suffix(6000))", sourceLocation: sourceLocation)
    }
  }
}

/// Names, contents and identity of files that somebody has put into a root, which no server may destroy.
struct Originals {
  private struct Original {
    let path: String
    let bytes: [UInt8]
    let file: ino_t
  }

  private var originals: [Original] = []

  mutating func remember(_ name: String, of server: ModuleServer) throws {
    originals.append(
      Original(path: server.path(name), bytes: try server.bytes(name), file: Originals.file(server.path(name))))
  }

  private static func file(_ path: String) -> ino_t {
    var facts = stat()
    return lstat(path, &facts) == 0 ? facts.st_ino : 0
  }

  /// Each is where it was, or at least what it was, below the same root.
  func expectUntouched(sourceLocation: SourceLocation = #_sourceLocation) throws {
    for original in originals {
      #expect(Originals.file(original.path) == original.file, "\(original.path)", sourceLocation: sourceLocation)
      let isSame = try Files.read(original.path) == original.bytes
      #expect(isSame, "\(original.path)", sourceLocation: sourceLocation)
    }
  }
}

extension ModuleServer {
  /// What `RESTORE` takes.
  func dump(_ key: String) throws -> [UInt8] {
    let reply = try self("DUMP", key)
    guard case .bulk(let payload) = reply else {
      Issue.record("no payload: \(reply)")
      return []
    }
    return payload
  }

  /// Staged files that nobody needs any more.
  func leftovers() -> [String] {
    ((try? Files.names(in: path(".mmaparray"))) ?? []).filter { $0.hasPrefix("staged-") }
  }

  /// The names below the root, without the module's own directory.
  func names() throws -> [String] { try Files.names(in: path()).filter { $0 != ".mmaparray" } }
}
