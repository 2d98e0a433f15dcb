import LiveServer
import MappedArrayClient
import Testing

/// Contents that have not all arrived never stand for the array, whatever becomes of the master meanwhile.
struct UnfinishedContentsTests {
  let master: ModuleServer
  let replica: ModuleServer

  private static let unfinished = "its contents had not all arrived when this server became the master; MMAP.RELOAD"

  init() throws {
    master = try ModuleServer.node([("save", "3600 1"), ("shutdown-timeout", "1")])
    replica = try ModuleServer.node([("save", "3600 1")])
    try replica.join(master)
  }

  /// The first of these nodes has been promoted too early, the others follow it: none has an array. Only the file of
  /// `owner` is whole.
  private func expectDetached(on nodes: [ModuleServer], file owner: ModuleServer) throws {
    for node in nodes {
      try node.expectNoArray("large", "detached", saying: node === nodes.first ? Self.unfinished : "MMAP.RELOAD")
      #expect(node.leftovers() == [])
      node.expectSound()
    }
    let digests = try nodes.map { try $0.digests(["large"]) }
    #expect(Set(digests).count == 1)
    let bytes = try owner.bytes("large")
    #expect(bytes.count == 64 << 20 && bytes.first == 7 && bytes.last == 7)
  }

  @Test("the replica says how far it is, and serves the array once it is whole")
  func incoming() throws {
    // What has its name on the replica does not stand for it.
    try replica.write([1, 2, 3], to: "large")
    try master.mapHalfway(to: replica)
    try eventually("a part has arrived") { try replica("EXISTS", "large") == .integer(1) }
    try replica.expectNoArray("large", "incoming", saying: "have arrived from the master")
    #expect(try replica("MMAP.INFO", "large")["reason"]?.text?.contains("67108864 elements") == true)
    #expect(try replica.bytes("large") == [1, 2, 3])
    master.thaw()
    try master("VSET", "large", 0, 8, 40_000_000, 9)
    try master("COPY", "large", "copy")
    try master("MMAP.ADD", "copy", 3)
    try expectSame(master, [replica], keys: ["large", "copy"])
    #expect(try replica("VMGET", "copy", 0, 1, 40_000_000, 67_108_863, 67_108_864) == .integers([8, 0, 9, 7, 3]))
    #expect(try replica.state("large") == "attached")
    #expect(replica.leftovers() == [])
  }

  @Test("the replica is promoted meanwhile and the master follows it: nobody's file is touched, RELOAD takes it")
  func promotion() throws {
    try replica.write([1, 2, 3], to: "large")
    try master.mapHalfway(to: replica)
    try eventually("the binding has arrived") { try replica("EXISTS", "large") == .integer(1) }
    #expect(try replica("REPLICAOF", "NO", "ONE") == .ok)
    try expectDetached(on: [replica], file: master)
    #expect(try replica.bytes("large") == [1, 2, 3])
    master.thaw()
    try master.join(replica)
    try expectDetached(on: [replica, master], file: master)

    // That is so after a restart too.
    try replica.restart(after: .shutdown(saving: true))
    try master.catchUp(with: replica)
    try expectDetached(on: [replica, master], file: master)

    // A client decides: back to the old master, which takes its own file and hands it on.
    try master("REPLICAOF", "NO", "ONE")
    try replica.join(master)
    #expect(try master("MMAP.RELOAD", "large") == .integer(64 << 20))
    try expectSame(master, [replica], keys: ["large"])
    #expect(
      try replica("VMGET", "large", 0, 1, -1, 67_108_863) == .array([.integer(7), .integer(0), .null, .integer(7)]))
  }

  @Test("a promoted node with an AOF has the key detached after a restart")
  func appendOnly() throws {
    let replica = try ModuleServer.node([("appendonly", "yes"), ("appendfsync", "always")])
    try replica.join(master)
    try master.mapHalfway(to: replica)
    try eventually("the binding has arrived") { try replica("EXISTS", "large") == .integer(1) }
    #expect(try replica("REPLICAOF", "NO", "ONE") == .ok)
    try replica.write([1, 2, 3], to: "large")
    master.thaw()
    try replica.restart(after: .kill)
    try replica.expectNoArray("large", "detached", saying: Self.unfinished)
    #expect(try replica("MMAP.RELOAD", "large") == .integer(3))
    #expect(try replica("VALL", "large") == .integers([1, 2, 3]))
  }

  @Test("FAILOVER right after MMAP")
  func failover() throws {
    try master.makeLargeFile()
    var originals = Originals()
    try originals.remember("large", of: master)
    let replies = try master.connection.pipeline {
      $0("MMAP", "large", "large", "u8")
      $0("FAILOVER")
    }
    #expect(replies == [.integer(64 << 20), .ok])
    try eventually("the roles are exchanged") {
      try replica.information("replication")["role"] == "master"
        && master.information("replication")["master_link_status"] == "up"
    }
    try master.catchUp(with: replica)
    #expect(try master.digests(["large"]) == replica.digests(["large"]))
    // There was no time for the contents, and half of them is nothing.
    try expectDetached(on: [replica, master], file: master)
    try originals.expectUntouched()
  }

  @Test("FAILOVER right after another program's writing: both have the same of it", arguments: ["append", "cut"])
  func outside(change: String) throws {
    try master.write([1, 2, 3], to: "log")
    try master("MMAP", "log", "log", "u8")
    try replica.catchUp(with: master)
    try Shell.run(
      change == "cut" ? "printf x >'\(master.path("log"))'" : "printf xyz >>'\(master.path("log"))'")
    let replies = try master.connection.pipeline {
      $0("VCOUNT", "log")
      $0("FAILOVER")
    }
    #expect(replies == [.integer(change == "cut" ? 1 : 6), .ok])
    try eventually("the roles are exchanged") {
      try replica.information("replication")["role"] == "master"
        && master.information("replication")["master_link_status"] == "up"
    }
    try eventually("they have the same") { try master.digests(["log"]) == replica.digests(["log"]) }
    // What is in either's file now is what a restart finds.
    #expect(try replica("MMAP.ADD", "log", 9).errorText == nil)
    try expectSame(replica, [master], keys: ["log"])
    #expect(try master.bytes("log") == replica.bytes("log"))
  }

  @Test("SHUTDOWN while contents are under way, and a replica that lags")
  func shutdown() throws {
    try master.makeLargeFile()
    try master("CONFIG", "SET", "shutdown-timeout", 2)
    replica.freeze()
    defer { replica.thaw() }
    #expect(try master("MMAP", "large", "large", "u8") == .integer(64 << 20))
    // Throws unless it ends by itself and well.
    try master.live.stop()
    replica.thaw()
    try master.start()
    try replica.catchUp(with: master)
    for server in [master, replica] { server.expectSound() }
  }

  @Test("a replica that is killed meanwhile has no part of it, and gets all afterwards")
  func killedReplica() throws {
    try replica.write([1, 2, 3], to: "large")
    try master.mapHalfway(to: replica)
    try eventually("the binding has arrived") { try replica("EXISTS", "large") == .integer(1) }
    try replica("SAVE")
    try replica.restart(after: .kill)
    #expect(try replica.bytes("large") == [1, 2, 3])
    #expect(try replica("VGET", "large", 0).errorText?.contains("is not mapped at the moment") == true)
    #expect(replica.leftovers() == [])
    master.thaw()
    try replica.join(master)
    try expectSame(master, [replica], keys: ["large"])
    #expect(try replica("VGET", "large", 0) == .integer(7))
  }
}
