import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// A file with two names (hard links): each key is recorded with the name that it was mapped by.
struct SeveralNamesTests {
  enum Record: CaseIterable, Sendable {
    case log, rewrittenLog, snapshot

    var configuration: [(String, String)] {
      self == .snapshot ? [("save", "3600 1")] : [("appendonly", "yes"), ("appendfsync", "always")]
    }
  }

  @Test("after the other name is removed and the server killed, each key has its file", arguments: Record.allCases)
  func removed(record: Record) throws {
    let server = try ModuleServer(configuration: record.configuration)
    try server.makeArray("a", "i8", .npy, [1, 2])
    #expect(link(server.path("a"), server.path("b")) == 0)
    #expect(try server("MMAP", "b", "b") == .integer(2))
    #expect(try server("MMAP", "c", "b") == .integer(2))
    #expect(try server("COPY", "b", "d") == .integer(1))
    switch record {
    case .log: break
    case .rewrittenLog:
      try server("BGREWRITEAOF")
      try eventually("the AOF is rewritten") {
        let fields = try server.information("persistence")
        return fields["aof_rewrite_in_progress"] == "0" && fields["aof_rewrite_scheduled"] == "0"
      }
    case .snapshot: #expect(try server("SAVE") == .ok)
    }
    #expect(unlink(server.path("a")) == 0)
    // Whether that may still be acknowledged is the replaced file's matter; it is in the file if it was.
    let reply = try server("MMAP.ADD", "b", 3)
    try server.restart(after: .kill)
    let expected = Reply.integers(reply == .integer(1) ? 1...3 : 1...2)
    for key in ["b", "c", "d"] {
      #expect(try server("VFILEPATH", key) == .bulk("b"))
      #expect(try server("VALL", key) == expected)
    }
    #expect(try server("VALL", "a").errorText?.contains("No such file") == true)
  }

  @Test("a payload knows one name: what it is restored as is the name of its file, also from a former replica")
  func restored() throws {
    let (master, replica) = (try ModuleServer.node(), try ModuleServer.node())
    try master.makeArray("a", "i8", .npy, [1, 2])
    try replica.join(master)
    #expect(link(master.path("a"), master.path("b")) == 0)
    try master("MMAP", "b", "b")
    try replica.catchUp(with: master)
    // Here the file is under its first name only.
    try replica("REPLICAOF", "NO", "ONE")
    let payload = try replica.dump("b")
    try replica("DEL", "a", "b")
    #expect(try replica("RESTORE", "c", 0, payload) == .ok)
    #expect(try replica("VFILEPATH", "c") == .bulk("b"))
    #expect(try replica("MMAP.INFO", "c")["file"] == .bulk(replica.path("b")))
    #expect(try replica.bytes("b").suffix(2) == [1, 2])
  }

  /// A master and its replica that have exchanged their roles. Keys `a` and `b` are bound to one file, which has two names on
  /// the old master only.
  private func exchanged() throws -> (master: ModuleServer, replica: ModuleServer, payload: [UInt8]) {
    let (old, new) = (try ModuleServer.node(), try ModuleServer.node())
    try old.makeArray("a", "i8", .npy, [1, 2])
    try new.join(old)
    #expect(link(old.path("a"), old.path("b")) == 0)
    #expect(try old("MMAP", "b", "b") == .integer(2))
    let payload = try old.dump("b")
    try old("MMAP.ADD", "b", 3)
    try new.catchUp(with: old)
    #expect(try old("FAILOVER") == .ok)
    try eventually("the roles are exchanged") {
      let roles = try [old, new].map { try $0.information("replication") }
      return roles.map { $0["role"] } == ["slave", "master"] && roles[0]["master_link_status"] == "up"
    }
    return (new, old, payload)
  }

  private func expectOneArray(
    _ exchanged: (master: ModuleServer, replica: ModuleServer, payload: [UInt8]), keys: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for (value, key) in zip(4..., keys) { try exchanged.master("MMAP.ADD", key, value) }
    let expected = Reply.integers(1..<(4 + keys.count))
    try eventually("all keys are one array on both") {
      try [exchanged.master, exchanged.replica].allSatisfy { server in
        try keys.allSatisfy { try server("VALL", $0) == expected }
      }
    }
    try expectSame(exchanged.master, [exchanged.replica], keys: keys, sourceLocation: sourceLocation)
  }

  @Test("after roles are exchanged, RESTORE does not take a name that keys are bound by where there was a file of it")
  func restoredAfterFailover() throws {
    let nodes = try exchanged()
    #expect(try nodes.master("RESTORE", "c", 0, nodes.payload) == .ok)
    let path = try #require(try nodes.master("VFILEPATH", "c").text)
    #expect(path.hasPrefix("b.restored-"))
    try expectOneArray(nodes, keys: ["a", "b"])
    try expectSame(nodes.master, [nodes.replica], keys: ["a", "b", "c"])
    #expect(try nodes.replica("VALL", "c") == .integers(1...2))
    #expect(try nodes.replica("VFILEPATH", "c") == .bulk(path))
  }

  @Test("after roles are exchanged, MMAP of a name that keys are bound by is a key of their array")
  func mappedAfterFailover() throws {
    let nodes = try exchanged()
    #expect(try nodes.master("MMAP", "c", "b") == .integer(3))
    try expectOneArray(nodes, keys: ["a", "b", "c"])
    #expect(try nodes.master.names() == ["a"])
  }

  @Test("after roles are exchanged, a file of that name which is another one is not mapped")
  func otherFileAfterFailover() throws {
    let nodes = try exchanged()
    try nodes.master.write([1, 2, 3, 4], to: "b")
    #expect(try nodes.master.failure(["MMAP", "c", "b", "i8", "RAW"]).contains("give that another name"))
    try nodes.master("DEL", "b")
    #expect(try nodes.master("MMAP", "c", "b", "i8", "RAW") == .integer(4))
    try expectSame(nodes.master, [nodes.replica], keys: ["a", "c"])
  }

  @Test("after roles are exchanged, contents that come under one name are those of all keys")
  func reloadedAfterFailover() throws {
    let nodes = try exchanged()
    try nodes.master.write([1, 2, 3], to: "new")
    try Shell.run("cp '\(nodes.master.path("a"))' '\(nodes.master.path("new"))'")
    #expect(rename(nodes.master.path("new"), nodes.master.path("a")) == 0)
    #expect(try nodes.master("MMAP.RELOAD", "a") == .integer(3))
    try expectOneArray(nodes, keys: ["a", "b"])
  }

  @Test("one array for both after a restart", arguments: Record.allCases)
  func one(record: Record) throws {
    let server = try ModuleServer(configuration: record.configuration)
    try server.makeArray("a", "i8", .npy, [1])
    #expect(link(server.path("a"), server.path("b")) == 0)
    try server("MMAP", "b", "b")
    if record == .snapshot { #expect(try server("SAVE") == .ok) }
    try server.restart(after: .kill)
    try server("MMAP.ADD", "b", 2)
    try server("MMAP.ADD", "a", 3)
    for key in ["a", "b"] {
      #expect(try server("VALL", key) == .integers(1...3))
      #expect(try server("VFILEPATH", key) == .bulk(key))
    }
  }
}
