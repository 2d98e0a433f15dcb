import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// A server starts whatever has become of its files, and each key says what that is.
struct DetachedTests {
  /// What has become of a file while the server was away.
  enum Trouble: String, CaseIterable, Sendable {
    case missing, shrunk, header, type, locked, directory, link, fifo

    /// Part of the reason that commands give.
    var reason: String {
      switch self {
      case .missing: "No such file"
      case .shrunk: "it has 11 bytes of data where its shape needs 12"
      case .header: "header"
      case .type: "i16"
      case .locked: "another process writes"
      case .directory, .fifo: "regular file"
      case .link: "symbolic link"
      }
    }
  }

  @Test("the key says why, and attaches when the file is back", arguments: Trouble.allCases, [false, true])
  func trouble(trouble: Trouble, usesAOF: Bool) throws {
    let server = try ModuleServer(configuration: usesAOF ? [("appendonly", "yes")] : [("save", "3600 1")])
    try server.makeArray("a", "i32", .npy, [1, 2, 3])
    try server("SET", "text", "x")
    let root = try server.innerRoot()
    try server.live.stop(saving: !usesAOF)
    let whole = try server.bytes("a")
    var other: ModuleServer?
    if trouble != .locked { #expect(unlink(server.path("a")) == 0) }
    switch trouble {
    case .missing: break
    case .shrunk: try server.write(Array(whole.dropLast(1)), to: "a")
    case .header: try server.write(Array(whole.prefix(100)), to: "a")
    case .type:
      let made = try ModuleServer(moduleArguments: ["root", root])
      try made.makeArray("a", "i16", .npy, [1])
    case .locked:
      other = try ModuleServer(moduleArguments: ["root", root])
      #expect(try other?("MMAP", "a", "a") == .integer(3))
    case .directory: try server.makeDirectory("a")
    case .link: #expect(symlink("elsewhere", server.path("a")) == 0)
    case .fifo: #expect(mkfifo(server.path("a"), 0o600) == 0)
    }
    try server.start()
    #expect(try server("GET", "text") == .bulk("x"))
    for command in [["VGET", "a", "0"], ["MMAP.ADD", "a", "4"], ["VCOUNT", "a"], ["MMAP.SYNC", "a"]] {
      let error = try server.failure(command)
      #expect(error.hasPrefix("ERR ") && error.contains("'a'") && error.contains(trouble.reason), "\(error)")
    }
    let facts = try server("MMAP.INFO", "a")
    #expect(facts["state"] == .bulk("detached"))
    #expect(facts["reason"]?.text?.contains(trouble.reason) == true, "\(facts)")
    #expect(facts["type"] == .bulk("i32"))
    if trouble == .locked {
      #expect(try other?("DEL", "a") == .integer(1))
    } else {
      if trouble == .directory { rmdir(server.path("a")) } else { unlink(server.path("a")) }
      try server.write(whole, to: "a")
    }
    #expect(try server("MMAP.ADD", "a", 4) == .integer(1))
    #expect(try server("VALL", "a") == .integers([1, 2, 3, 4]))
    #expect(try server("MMAP.INFO", "a")["state"] == .bulk("attached"))
  }
}
