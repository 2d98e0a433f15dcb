import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Full synchronisations, in every way the servers know, whole and cut short.
struct SynchronizationTests {
  /// How the saved data gets to a replica and into it.
  struct Way: CustomTestStringConvertible, Sendable {
    let isDiskless: Bool
    let load: String

    static let all = [true, false].flatMap { isDiskless in
      ["disabled", "swapdb", "on-empty-db"].map { Way(isDiskless: isDiskless, load: $0) }
    }

    var testDescription: String { "\(isDiskless ? "diskless" : "from the disk"), repl-diskless-load \(load)" }
  }

  @Test("the data of a replica is exchanged", arguments: Way.all)
  func ways(way: Way) throws {
    let master = try ModuleServer.node([("repl-diskless-sync", way.isDiskless ? "yes" : "no")])
    let replica = try ModuleServer.node([("repl-diskless-load", way.load)])
    try replica.makeArray("a", "i8", .npy, [7, 8, 9])
    try replica.makeArray("own", "i8", .npy, [1])
    let kinds = Format.allCases.flatMap { format in ElementCase.numbers.map { (format, $0) } }
    for (format, type) in kinds { try master.makeArray("\(type.name).\(format)", type.name, format, [1, 2, 3]) }
    try master.makeArray("a", "f32", .npy, [5])
    try replica.join(master)
    let keys = kinds.map { "\($1.name).\($0)" } + ["a"]
    try expectSame(master, [replica], keys: keys)
    try master("MMAP.ADD", "a", 6)
    try expectSame(master, [replica], keys: keys)
    #expect(try replica("EXISTS", "own") == .integer(0))
    // What nobody is bound to any more stays, and nothing is left over.
    try eventually("the old data is freed") { try replica.bytes("own").count == 129 }
    #expect(try replica.stagedFiles() == [])
    try replica.live.restart(after: .kill)
  }

  private static let keys = (0..<16).map { "k\($0)" }
  /// Of an i32 array: two mebibytes. All of them are more than pipes and sockets hold.
  private static let count = 1 << 19

  /// A replica whose next synchronisation is a full one, of a master that it has followed before, and takes some seconds.
  private func makeLagging(load: String) throws -> (master: ModuleServer, replica: ModuleServer) {
    let master = try ModuleServer.node([
      ("repl-diskless-sync", "yes"), ("repl-backlog-size", "16kb"), ("rdbcompression", "no"),
    ])
    // It replies in between.
    let replica = try ModuleServer.node([
      ("repl-diskless-load", load), ("loading-process-events-interval-bytes", "65536"),
    ])
    for key in Self.keys {
      try master.makeArray(key, "i32", .npy)
      try master("MMAP.RESIZE", key, Self.count)
    }
    try replica.join(master)
    try expectSame(master, [replica], keys: Self.keys)
    try replica("CONFIG", "SET", "key-load-delay", 200_000)
    kill(replica.live.processIdentifier, SIGSTOP)
    try master("CLIENT", "KILL", "TYPE", "REPLICA")
    for key in Self.keys { try master("MMAP.FILL", key, 0, -1, 9) }
    try master("SET", "text", String(repeating: "x", count: 100_000))
    kill(replica.live.processIdentifier, SIGCONT)
    return (master, replica)
  }

  /// Expects a value everywhere, in the arrays and in their files.
  private func expectValue(_ value: Int, in server: ModuleServer, sourceLocation: SourceLocation = #_sourceLocation)
    throws
  {
    for key in Self.keys {
      let ends = try server("VMGET", key, 0, Self.count - 1)
      #expect(ends == .integers([value, value]), "\(key)", sourceLocation: sourceLocation)
      #expect(try server.firstElement(key) == UInt8(value), "\(key)", sourceLocation: sourceLocation)
    }
  }

  @Test("while a replica loads beside its data, that is served; if the master ends then, it stays")
  func asynchronous() throws {
    let (master, replica) = try makeLagging(load: "swapdb")
    try eventually("the replica loads") { try replica.number("async_loading", of: "persistence") == 1 }
    #expect(try replica("VGET", "k0", 0) == .integer(0))
    #expect(try replica.number("async_loading", of: "persistence") == 1)
    master.live.kill()
    try eventually("the replica gives up") { try replica.number("async_loading", of: "persistence") == 0 }
    try expectValue(0, in: replica)
    #expect(try replica.stagedFiles() == [])
    // It can go on alone.
    try replica("REPLICAOF", "NO", "ONE")
    for key in Self.keys { try replica("MMAP.FILL", key, 0, -1, 4) }
    try expectValue(4, in: replica)
  }

  @Test("while a replica loads beside its data, and to the end")
  func asynchronousToTheEnd() throws {
    let (master, replica) = try makeLagging(load: "swapdb")
    try eventually("the replica loads") { try replica.number("async_loading", of: "persistence") == 1 }
    try master("MMAP.ADD", "k3", 4)
    try expectSame(master, [replica], keys: Self.keys)
    #expect(try replica("VGET", "k3", Self.count) == .integer(4))
    try expectValue(9, in: replica)
  }

  @Test("saved data that ends too early does not end the replica, which gets all the next time")
  func truncated() throws {
    let (master, replica) = try makeLagging(load: "on-empty-db")
    try replica("REPLICAOF", "NO", "ONE")
    try replica("FLUSHALL")
    try eventually("no child is left") { try master("SAVE") == .ok }
    try replica.follow(master)
    try eventually("files arrive") { try replica.stagedFiles().count > 3 }
    master.live.kill()
    try eventually("the replica gives up") { try replica("PING") == .status("PONG") }
    #expect(try replica.stagedFiles() == [])
    try replica("CONFIG", "SET", "key-load-delay", 0)
    try master.start()
    try expectSame(master, [replica], keys: Self.keys)
    try expectValue(9, in: replica)
  }

  @Test("a replica that is killed while it loads has the files of before, and all of them when it starts again")
  func killedReplica() throws {
    let (master, replica) = try makeLagging(load: "disabled")
    try eventually("files arrive") { try replica.stagedFiles().count > 3 }
    replica.live.kill()
    for key in Self.keys { #expect(try replica.firstElement(key) == 0) }
    // It starts with the data that it has received: the contents in it count.
    try replica.start()
    #expect(try replica.stagedFiles() == [])
    try expectValue(9, in: replica)
    try replica.join(master)
    try expectSame(master, [replica], keys: Self.keys)
  }
}

extension ModuleServer {
  /// The names of files that have arrived and are not in their places yet.
  func stagedFiles() throws -> [String] {
    try Files.names(in: path(".mmaparray")).filter { !$0.hasPrefix("note-") }
  }

  /// The first byte of the first element in the file of an array with header.
  fileprivate func firstElement(_ name: String) throws -> UInt8? { try bytes(name).dropFirst(128).first }
}
