import LiveServer
import MappedArrayClient
import Testing

/// A node that is killed during a full synchronisation finds again what it had acknowledged, whatever RDB files lie
/// about.
struct InterruptedSynchronizationTests {
  private let master: ModuleServer

  init() throws {
    master = try ModuleServer.node([
      ("repl-diskless-sync", "no"), ("rdbcompression", "no"), ("repl-backlog-size", "16kb"),
    ])
    try master.makeArray("a", "i8", .npy, [1])
    // Enough for a replica to reply in between.
    for number in 0..<40 { try master("SET", "text\(number)", String(repeating: "x", count: 20_000)) }
  }

  /// Begins another full synchronisation of a replica that has been following, and kills it in the middle.
  private func killDuringSynchronization(
    _ replica: ModuleServer, load: String, _ field: String, missing missed: () throws -> Void = {}
  ) throws {
    try replica("CONFIG", "SET", "repl-diskless-load", load)
    try replica("CONFIG", "SET", "key-load-delay", 100_000)
    try replica("CONFIG", "SET", "loading-process-events-interval-bytes", 4096)
    // It misses more than the backlog holds.
    replica.freeze()
    try master("CLIENT", "KILL", "TYPE", "REPLICA")
    for _ in 0..<3 { try master("SET", "text0", String(repeating: "y", count: 20_000)) }
    try missed()
    replica.thaw()
    try eventually("the replica loads") { try replica.number(field, of: "persistence") == 1 }
    replica.live.kill()
  }

  @Test("an RDB file of an earlier synchronisation, with contents, is not what it goes back to")
  func oldFile() throws {
    let replica = try ModuleServer.node([("repl-diskless-load", "disabled")])
    // Its dump.rdb is what the master has sent, contents and all.
    try replica.join(master)
    try master("MMAP.ADD", "a", 2, 3)
    #expect(try master("WAIT", 1, 5000) == .integer(1))
    try killDuringSynchronization(replica, load: "swapdb", "async_loading")
    try replica.start()
    #expect(try replica("VALL", "a") == .integers([1, 2, 3]))
    try replica.join(master)
    try expectSame(master, [replica], keys: ["a"])
  }

  @Test("nor one that it saved for a replica of its own")
  func ownFile() throws {
    let replica = try ModuleServer.node([("repl-diskless-load", "swapdb"), ("repl-diskless-sync", "no")])
    try replica.join(master)
    let last = try ModuleServer.node()
    try last.join(replica)
    try master("MMAP.ADD", "a", 2, 3)
    #expect(try master("WAIT", 1, 5000) == .integer(1))
    try killDuringSynchronization(replica, load: "swapdb", "async_loading")
    try replica.start()
    #expect(try replica("VALL", "a") == .integers([1, 2, 3]))
    try replica.join(master)
    try expectSame(master, [replica], keys: ["a"])
    try expectSame(replica, [last], keys: ["a"])
  }

  @Test("a start from an AOF ends what was begun, too")
  func appendOnly() throws {
    let replica = try ModuleServer.node([
      ("repl-diskless-load", "disabled"), ("appendonly", "yes"), ("appendfsync", "always"),
    ])
    try replica.join(master)
    try master("MMAP.ADD", "a", 2)
    #expect(try master("WAIT", 1, 5000) == .integer(1))
    try eventually("the AOF is rewritten") {
      try replica.information("persistence")["aof_rewrite_in_progress"] == "0"
    }
    try killDuringSynchronization(replica, load: "swapdb", "async_loading")
    try replica.start()
    #expect(try replica("VALL", "a") == .integers([1, 2]))
    #expect(try replica("MMAP.ADD", "a", 3) == .integer(1))
    // From now on it starts with its RDB file, which is an old one.
    try replica("CONFIG", "SET", "appendonly", "no")
    try replica("CONFIG", "REWRITE")
    try replica.restart(after: .kill)
    #expect(try replica("VALL", "a") == .integers([1, 2, 3]))
  }

  @Test("killed while it loads what has just come: it starts with that, contents and all")
  func ownSynchronization() throws {
    let replica = try ModuleServer.node([("repl-diskless-load", "disabled")])
    try replica.join(master)
    replica.freeze()
    try master("CLIENT", "KILL", "TYPE", "REPLICA")
    try master("MMAP.ADD", "a", 2, 3)
    replica.thaw()
    try replica.catchUp(with: master)
    try killDuringSynchronization(replica, load: "disabled", "loading")
    try replica.start()
    #expect(try replica("VALL", "a") == .integers([1, 2, 3]))
    // That counts once: what is acknowledged afterwards stays.
    #expect(try replica("MMAP.ADD", "a", 4) == .integer(1))
    try replica.restart(after: .kill)
    #expect(try replica("VALL", "a") == .integers(1...4))
  }

  @Test("the same with a root that is a copy of the master's, which tells a server by what lies in it")
  func copiedRoot() throws {
    let replica = try ModuleServer.node([("repl-diskless-load", "disabled")])
    replica.live.kill()
    try Shell.run("rm -rf '\(replica.path())' && cp -a '\(master.path())' '\(replica.path())'")
    try replica.start()
    try replica.join(master)
    try killDuringSynchronization(replica, load: "disabled", "loading") { try master("MMAP.ADD", "a", 2, 3) }
    try replica.start()
    #expect(try replica("VALL", "a") == .integers([1, 2, 3]))
    #expect(try replica("MMAP.ADD", "a", 4) == .integer(1))
    try replica.restart(after: .kill)
    #expect(try replica("VALL", "a") == .integers(1...4))
  }
}
