import LiveServer
import MappedArrayClient
import Testing

/// `RESTORE` is decided by the master, does the same everywhere, and touches no file that an array is bound to.
struct RestoreOnAllNodesTests {
  let master: ModuleServer
  let replica: ModuleServer

  init() throws {
    master = try ModuleServer.node([("save", "3600 1")])
    replica = try ModuleServer.node()
  }

  /// Keys, contents and paths are the same.
  private func expectSamePaths(_ keys: [String], sourceLocation: SourceLocation = #_sourceLocation) throws {
    try expectSame(master, [replica], keys: keys, sourceLocation: sourceLocation)
    for key in keys {
      #expect(try replica("VFILEPATH", key) == master("VFILEPATH", key), "\(key)", sourceLocation: sourceLocation)
    }
  }

  @Test("of a second key while the first, with the same contents, is shipped")
  func underWay() throws {
    try replica.join(master)
    try master.makeLargeFile()
    try master("MMAP", "large", "large", "u8")
    let payload = try master.dump("large")
    try master("DEL", "large")
    let replies = try master.connection.pipeline {
      $0("MMAP", "large", "large", "u8")
      $0("RESTORE", "second", 0, payload)
      $0("VSET", "second", 1, 5)
      $0("VSET", "large", 2, 6)
    }
    #expect(replies == [.integer(64 << 20), .ok, .integer(1), .integer(1)])
    try expectSamePaths(["large", "second"])
    #expect(try replica("VMGET", "second", 0, 1, 2, (64 << 20) - 1) == .integers([7, 5, 0, 7]))
    #expect(try replica("VMGET", "large", 0, 1, 2, (64 << 20) - 1) == .integers([7, 0, 6, 7]))
    #expect(try master.names().count == 2)
  }

  @Test("of what a fill makes, while a replica is still at it")
  func duringFill() throws {
    try replica.join(master)
    let count = 16 << 20
    try master("MMAP", "a", "a", "u8", "RAW")
    try master("MMAP.RESIZE", "a", count)
    try master("MMAP.FILL", "a", 0, -1, 7)
    let payload = try master.dump("a")
    try master("MMAP.FILL", "a", 0, -1, 8)
    try replica.catchUp(with: master)
    let replies = try master.connection.pipeline {
      $0("MMAP.FILL", "a", 0, -1, 7)
      $0("RESTORE", "b", 0, payload)
      $0("VSET", "b", count - 1, 5)
    }
    #expect(replies == [.integer(count), .ok, .integer(1)])
    try expectSamePaths(["a", "b"])
    #expect(try replica("MMAP.RANGE", "a", -2, -1) == .integers([7, 7]))
    #expect(try replica("MMAP.RANGE", "b", -2, -1) == .integers([7, 5]))
  }

  @Test("with files on the replica that the master has not")
  func leftOver() throws {
    try replica.join(master)
    try master.makeArray("a", "i8", .npy, [1, 2])
    let payload = try master.dump("a")
    try master("MMAP.ADD", "a", 3)
    for name in ["a.aside-1", "b"] { try replica.write([1], to: name) }
    var originals = Originals()
    for name in ["a.aside-1", "b"] { try originals.remember(name, of: replica) }
    #expect(try master("RESTORE", "b", 0, payload) == .ok)
    try expectSamePaths(["a", "b"])
    #expect(try master("RESTORE", "b", 0, payload, "REPLACE") == .ok)
    try master("MMAP.ADD", "b", 9)
    try master("MMAP.ADD", "a", 4)
    try expectSamePaths(["a", "b"])
    #expect(try replica("VALL", "a") == .integers(1...4))
    #expect(try replica("VALL", "b") == .integers([1, 2, 9]))
    try originals.expectUntouched()
    // Every name in the way is one's own to the end.
    try master("DEBUG", "CHANGE-REPL-ID")
    try master("CLIENT", "KILL", "TYPE", "REPLICA")
    try expectSamePaths(["a", "b"])
  }

  @Test("the name is the payload's, whatever else there is")
  func names() throws {
    try replica.join(master)
    try master.makeArray("a", "i8", .npy, [1, 2])
    let payload = try master.dump("a")
    for key in ["b", "c", "d"] { #expect(try master("RESTORE", key, 0, payload) == .ok) }
    let first = try #require(try master("VFILEPATH", "b").text)
    #expect(first.hasPrefix("a.restored-") && first.count == "a.restored-".count + 16)
    #expect(try master("VFILEPATH", "c") == .bulk(first + "-2"))
    #expect(try master("VFILEPATH", "d") == .bulk(first + "-3"))
    for (key, value) in [("a", 3), ("b", 4), ("c", 5), ("d", 6)] { try master("MMAP.ADD", key, value) }
    try expectSamePaths(["a", "b", "c", "d"])
    for (key, value) in [("a", 3), ("b", 4), ("c", 5), ("d", 6)] {
      #expect(try replica("VALL", key) == .integers([1, 2, value]))
    }
  }

  @Test("an array that has been acknowledged and synchronised is the same after SIGKILL", arguments: [false, true])
  func killed(usesAOF: Bool) throws {
    let server = try ModuleServer(
      configuration: usesAOF ? [("appendonly", "yes"), ("appendfsync", "always")] : [("save", "3600 1")])
    try server.makeArray("k1", "i8", .npy, [1, 2])
    let payload = try server.dump("k1")
    try server("VSET", "k1", 0, 5)
    if !usesAOF { #expect(try server("SAVE") == .ok) }
    #expect(try server("RESTORE", "k2", 0, payload) == .ok)
    try server("MMAP.ADD", "k1", 6)
    #expect(try server("MMAP.SYNC", "k1") == .ok)
    try server.restart(after: .kill)
    #expect(try server("VALL", "k1") == .integers([5, 2, 6]))
    #expect(try server("VFILEPATH", "k1") == .bulk("k1"))
    if usesAOF { #expect(try server("VALL", "k2") == .integers([1, 2])) }
  }

  @Test(
    "an AOF has what was decided: a file that is missing when it is read changes no other key's path",
    arguments: [false, true])
  func missing(isReplica: Bool) throws {
    let server = try ModuleServer.node([("appendonly", "yes"), ("appendfsync", "always")])
    if isReplica {
      try server.join(master)
      // Until its AOF is written anew after that, a replica that is killed has the one of before.
      try eventually("the AOF is written") {
        let information = try server.information("persistence")
        return information["aof_rewrite_in_progress"] == "0" && information["aof_rewrite_scheduled"] == "0"
          && information["aof_last_bgrewrite_status"] == "ok" && information["aof_enabled"] == "1"
      }
    }
    let decider = isReplica ? master : server
    try decider.makeArray("a", "i8", .npy, [1, 2])
    let payload = try decider.dump("a")
    #expect(try decider("RESTORE", "b", 0, payload) == .ok)
    try decider("MMAP.ADD", "a", 3)
    try decider("MMAP.ADD", "b", 4)
    if isReplica {
      try server.catchUp(with: master)
      try server("REPLICAOF", "NO", "ONE")
    }
    let path = try server("VFILEPATH", "b")
    server.live.kill()
    try Shell.run("mv '\(server.path("a"))' '\(server.path("away"))'")
    try server.start()
    #expect(try server("VALL", "b") == .integers([1, 2, 4]))
    #expect(try server("VFILEPATH", "b") == path)
    #expect(try server.failure(["VALL", "a"]).contains("No such file"))
    try Shell.run("mv '\(server.path("away"))' '\(server.path("a"))'")
    #expect(try server("VALL", "a") == .integers([1, 2, 3]))
    try server("MMAP.ADD", "b", 5)
    #expect(try server("VALL", "a") == .integers([1, 2, 3]))
  }

  @Test("a file in the way that nothing is bound to is renamed aside, by its very name, and forges no log line")
  func aside() throws {
    let server = try ModuleServer()
    // Not UTF-8, and two lines.
    let name: [UInt8] = [0x61, 0xFF, 0xFE] + Array("\nFORGED line".utf8)
    #expect(try server("MMAP", "a", name, "i8") == .integer(0))
    try server("MMAP.ADD", "a", 1)
    let payload = try server.dump("a")
    try server("VSET", "a", 0, 2)
    try server("DEL", "a")
    #expect(try server("RESTORE", "a", 0, payload) == .ok)
    let names = try Python.run(
      script: "import os, sys; print(sorted(n.hex() for n in os.listdir(os.fsencode(sys.argv[1]))), end='')",
      arguments: [server.path()])
    let hexadecimal = name.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    let suffix = ".aside-1".utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    #expect(names.contains("'\(hexadecimal)'") && names.contains("'\(hexadecimal)\(suffix)'"), "\(names)")
    #expect(server.live.log.contains("was in the way"))
    #expect(!server.live.log.split(whereSeparator: \.isNewline).contains { $0.hasPrefix("FORGED") })
  }
}
