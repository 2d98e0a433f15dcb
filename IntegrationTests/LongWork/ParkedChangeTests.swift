import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Changes of an array that wait, as blocked clients, until the one that is under way has ended.
///
/// Nothing here depends on how long something takes: what has not been seen under way is begun again.
struct ParkedChangeTests {
  /// Of i32: 256 MB, a hole at first.
  static let count = 64_000_000

  /// A fill of `a`, and commands that wait for its end.
  struct Held {
    let filler: Connection
    let waiting: [Connection]
  }

  private func server(_ configuration: [(String, String)] = []) throws -> ModuleServer {
    let server = try ModuleServer.node(configuration)
    try server.makeArray("a", "i32")
    try server.makeArray("b", "i32", .npy, [1])
    try server.connection("MMAP.RESIZE", "a", Self.count)
    return server
  }

  /// Begins a fill with sevens, and commands of other clients, until all of these are seen to wait.
  private func hold(
    _ commands: [[String]], on server: ModuleServer, _ protocolVersion: ProtocolVersion = .resp2,
    as user: [String] = []
  ) throws -> Held {
    for _ in 0..<50 {
      let filler = try server.live.connect(protocolVersion: .resp2)
      try filler.append(["MMAP.FILL", "a", 0, -1, 7])
      try filler.flush()
      let waiting = try commands.map { words in
        let client = try server.live.connect(protocolVersion: protocolVersion)
        if !user.isEmpty { #expect(try client.send(user.map(\.argument)) == .ok) }
        try client.append(words.map(\.argument))
        try client.flush()
        return client
      }
      // They are parked, or have been served.
      usleep(2000)
      if try parked(server) == commands.count { return Held(filler: filler, waiting: waiting) }
      for client in [filler] + waiting { _ = try client.readReply() }
      try server.connection("MMAP.RESIZE", "a", Self.count)
    }
    throw ParkingError.isNotSeen
  }

  private func parked(_ server: ModuleServer) throws -> Int {
    try server.number("mmaparray_parked_commands", of: "mmaparray")
  }

  private func expectHealth(_ server: ModuleServer) throws {
    try eventually("nothing is under way") {
      try server.number("mmaparray_jobs", of: "mmaparray") == 0 && parked(server) == 0
    }
    for word in ["ASSERTION", "crashed", "BUG REPORT", "Guru Meditation"] { #expect(!server.live.log.contains(word)) }
  }

  @Test(
    "others are served meanwhile: PING, reads, changes of other arrays", arguments: [ProtocolVersion.resp2, .resp3])
  func others(protocolVersion: ProtocolVersion) throws {
    let server = try server()
    var served = 0
    while served < 20 {
      let held = try hold([["VSET", "a", "0", "\(served)", "\(Self.count - 1)", "9"]], on: server, protocolVersion)
      while try parked(server) == 1 {
        #expect(try server("PING") == .status("PONG"))
        #expect(try server("VSET", "b", 0, served) == .integer(1))
        #expect(try server("VCOUNT", "a") == .integer(Self.count))
        served += 1
      }
      #expect(try held.filler.readReply() == .integer(Self.count))
      #expect(try held.waiting[0].readReply() == .integer(2))
      // Its effect is behind that of the fill.
      #expect(try server("VMGET", "a", 0, 1, Self.count - 1).elements?.dropFirst() == [.integer(7), .integer(9)])
    }
    try expectHealth(server)
  }

  @Test("pipelines keep their order, and each command sees what came before it")
  func pipeline() throws {
    let server = try server()
    let held = try hold([["VADD", "a", "1"]], on: server)
    let client = held.waiting[0]
    for words in [["VGET", "a", "\(Self.count)"], ["VADD", "a", "2"], ["PING"], ["VPOP", "a"], ["VCOUNT", "a"]] {
      try client.append(words.map(\.argument))
    }
    try client.flush()
    #expect(try held.filler.readReply() == .integer(Self.count))
    let replies = try (0..<6).map { _ in try client.readReply() }
    #expect(
      replies == [.integer(1), .integer(1), .integer(1), .status("PONG"), .integer(2), .integer(Self.count + 1)])
    try expectHealth(server)
  }

  @Test("replicas, their files and the server after a restart from its AOF have the same", arguments: [true, false])
  func replicas(hasAOF: Bool) throws {
    let server = try server([("appendonly", hasAOF ? "yes" : "no"), ("aof-use-rdb-preamble", "no")])
    let replica = try ModuleServer.node()
    try replica.join(server)
    let changes = [
      ["VSET", "a", "0", "1"], ["VADD", "a", "5", "6"], ["MMAP.FILL", "a", "1", "-1", "8"], ["VPOP", "a"],
      ["MMAP.INCRBY", "a", "0", "3"], ["VSET", "a", "2", "4"],
    ]
    let held = try hold(changes, on: server)
    let replies = try held.waiting.map { try $0.readReply() }
    #expect(
      replies == [
        .integer(1), .integer(2), .integer(Self.count + 1), .integer(8), .integers([4]), .integer(1),
      ])
    let expected = Reply.integers([4, 8, 4, 8])
    #expect(try server("MMAP.RANGE", "a", 0, 3) == expected)
    try expectSame(server, [replica], keys: ["a", "b"])
    #expect(try replica("MMAP.RANGE", "a", 0, 3) == expected)
    try expectHealth(server)
    guard hasAOF else { return }
    let log = try Program.run(["sh", "-c", "cat '\(server.live.directory)'/appendonlydir/*.incr.aof"])
    #expect(!log.contains("MULTI") && !log.contains("MMAP.APPLY"), "\(log)")
    try server.restart(after: .kill)
    #expect(try server("MMAP.RANGE", "a", 0, 3) == expected)
    #expect(try server("VCOUNT", "a") == .integer(Self.count + 1))
  }

  @Test("a client that leaves takes its change with it, whoever else waits", arguments: [false, true])
  func leaving(isKilled: Bool) throws {
    let server = try server()
    var held: Held? = try hold([["VADD", "a", "1"], ["VADD", "a", "2"]], on: server)
    if isKilled {
      #expect(try Int(server("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")) > 0)
    } else {
      held = nil
    }
    try expectHealth(server)
    #expect(try server("VCOUNT", "a") == .integer(Self.count))
    #expect(try server("VADD", "a", 3) == .integer(1))
    withExtendedLifetime(held) {}
  }

  @Test(
    "the key goes meanwhile: it is looked up anew",
    arguments: ["DEL a", "UNLINK a", "FLUSHALL", "RENAME a c", "SET a x"])
  func key(fate: String) throws {
    let server = try server()
    let held = try hold([["VADD", "a", "1"], ["VSET", "a", "0", "1"]], on: server)
    #expect(try server.send(fate.split(separator: " ").map(String.init)).errorText == nil)
    #expect(try held.filler.readReply() == .integer(Self.count))
    for client in held.waiting {
      #expect(try client.readReply() == (fate.hasPrefix("SET") ? .wrongType : .noSuchKey))
    }
    try expectHealth(server)
    try server.connection("DEL", "a", "c")
    // The file is whole, and unmapped.
    #expect(try server("MMAP", "d", "a") == .integer(Self.count))
    #expect(try server("VMGET", "d", 0, Self.count - 1) == .integers([7, 7]))
  }

  @Test("the server becomes a replica: what waited is not done, and its clients hear of it")
  func role() throws {
    let (server, master) = (try server(), try ModuleServer.node())
    let held = try hold([["VADD", "a", "1"]], on: server)
    try server.follow(master)
    // The server's own answer to all that wait then.
    #expect(try held.waiting[0].readReply().errorText?.hasPrefix("UNBLOCKED") == true)
    try server.catchUp(with: master)
    #expect(try server("EXISTS", "a") == .integer(0))
    #expect(try server.failure(["VADD", "a", 1]).hasPrefix("READONLY"))
    try expectHealth(server)
  }

  @Test("the user may not any more: an error, and nothing is changed")
  func rights() throws {
    let server = try server()
    try server("ACL", "SETUSER", "writer", "on", ">secret", "~*", "+@all")
    let held = try hold([["VADD", "a", "1"]], on: server, as: ["AUTH", "writer", "secret"])
    #expect(try server("ACL", "SETUSER", "writer", "-mmap.add", "-vadd") == .ok)
    #expect(try held.waiting[0].readReply().errorText?.hasPrefix("NOPERM") == true)
    #expect(try server("VCOUNT", "a") == .integer(Self.count))
    try expectHealth(server)
  }

  @Test("too few replicas meanwhile: the server's error, and nothing is changed")
  func replicasGone() throws {
    let server = try server()
    let held = try hold([["VADD", "a", "1"]], on: server)
    #expect(try server("CONFIG", "SET", "min-replicas-to-write", 1) == .ok)
    #expect(try held.waiting[0].readReply().errorText?.hasPrefix("NOREPLICAS") == true)
    #expect(try server("CONFIG", "SET", "min-replicas-to-write", 0) == .ok)
    #expect(try server("VCOUNT", "a") == .integer(Self.count))
    try expectHealth(server)
  }

  @Test("writing is paused meanwhile: nothing is changed until it goes on")
  func pause() throws {
    let (server, replica) = (try server(), try ModuleServer.node())
    try replica.join(server)
    let held = try hold([["VADD", "a", "1"]], on: server)
    #expect(try server("CLIENT", "PAUSE", 60_000, "WRITE") == .ok)
    let count = try server("VCOUNT", "a")
    for _ in 0..<100 { #expect(try server("VCOUNT", "a") == count) }
    #expect(try server("CLIENT", "UNPAUSE") == .ok)
    #expect(try held.waiting[0].readReply() == .integer(1))
    #expect(try held.filler.readReply() == .integer(Self.count))
    try expectSame(server, [replica], keys: ["a"])
    try expectHealth(server)
  }

  @Test("whoever cannot wait has what is under way done first", arguments: [true, false])
  func atOnce(isScript: Bool) throws {
    let server = try server()
    let held = try hold([["VADD", "a", "1"]], on: server)
    if isScript {
      #expect(try server("EVAL", "return redis.call('VSET', KEYS[1], 0, 5)", 1, "a") == .integer(1))
    } else {
      try server("MULTI")
      try server("VSET", "a", 0, 5)
      #expect(try server("EXEC") == .integers([1]))
    }
    #expect(try held.waiting[0].readReply() == .integer(1))
    #expect(try held.filler.readReply() == .integer(Self.count))
    #expect(try server("VMGET", "a", 0, 1, Self.count) == .integers([5, 7, 1]))
    try expectHealth(server)
  }

  @Test("the slot of the key moves meanwhile: the client is to ask again, and hears where")
  func slot() throws {
    let cluster = try LiveCluster(hasReplicas: false)
    let slot = HashSlot.of("a")
    for node in cluster.nodes {
      let control = try node.connect()
      guard try control.send(["MMAP", "a", "a", "i32"]).errorText == nil else { continue }
      let other = try #require(cluster.nodes.first { $0 !== node })
      for _ in 0..<50 {
        try control("MMAP", "a", "a", "i32")
        try control("MMAP.RESIZE", "a", Self.count)
        let (filler, client) = (try node.connect(), try node.connect())
        try filler.append(["MMAP.FILL", "a", 0, -1, 7])
        try filler.flush()
        try client.append(["VADD", "a", 1])
        try client.flush()
        usleep(2000)
        let isSeen = try control("INFO", "mmaparray", as: String.self).contains("mmaparray_parked_commands:1")
        try control("DEL", "a")
        if isSeen {
          #expect(try control("CLUSTER", "SETSLOT", slot, "NODE", cluster.identifier(of: other)) == .ok)
          #expect(try client.readReply().errorText?.hasPrefix("TRYAGAIN") == true)
          #expect(try client.send(["VADD", "a", 1]).errorText?.hasPrefix("MOVED \(slot) ") == true)
          #expect(try filler.readReply() == .integer(Self.count))
          return
        }
        _ = try client.readReply()
        _ = try filler.readReply()
      }
    }
    throw ParkingError.isNotSeen
  }
}

private enum ParkingError: Error {
  /// Commands are never found to wait: all is done in one go.
  case isNotSeen
}
