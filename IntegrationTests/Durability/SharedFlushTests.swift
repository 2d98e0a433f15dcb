import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// `mmaparray.fsync always`: changes of many clients share a flush, which holds up nobody else.
struct SharedFlushTests {
  let disk: FaultyDisk
  let server: ModuleServer

  init() throws {
    disk = try FaultyDisk()
    server = try ModuleServer(
      program: disk.program, configuration: [("mmaparray.fsync", "always"), ("notify-keyspace-events", "KEA")],
      listensOnTCP: true)
    try server("MMAP", "a", "a", "i32")
  }

  private func flushes() throws -> Int { try server.number("mmaparray_flushes", of: "mmaparray") }

  private func waitingCount() throws -> Int { try server.number("mmaparray_waiting_for_flush", of: "mmaparray") }

  /// Another client, which sends these words and does not wait for the reply.
  private func client(_ words: String..., version: ProtocolVersion = .resp2) throws -> Connection {
    let client = try server.live.connect(protocolVersion: version)
    try client.append(words.map { Argument($0) })
    try client.flush()
    return client
  }

  private func expectWaiting(_ count: Int) throws {
    try eventually("\(count) clients wait for a flush") { try waitingCount() == count }
  }

  @Test("fifty changes share two flushes, and others are served meanwhile")
  func shared() throws {
    try disk.begin(.wait)
    let first = try client("MMAP.ADD", "a", "-1")
    try expectWaiting(1)
    let clients = [first] + (try (1..<50).map { try client("MMAP.ADD", "a", "\($0)") })
    try expectWaiting(50)
    let before = try flushes()
    #expect(try server("PING") == .status("PONG"))
    #expect(try server("VCOUNT", "a") == .integer(50))
    disk.end(.wait)
    for client in clients { #expect(try client.readReply() == .integer(1)) }
    #expect(try flushes() == before + 2)
    #expect(try waitingCount() == 0)
  }

  @Test("arrays are flushed at the same time: one whose flush takes long holds up no other")
  func severalArrays() throws {
    try disk.begin(.waitSlow)
    let slow = try (0..<3).map { number in
      try server("MMAP", "slow\(number)", "slow\(number)", "i32")
      return try client("MMAP.ADD", "slow\(number)", "1")
    }
    try expectWaiting(3)
    #expect(try server("MMAP.ADD", "a", 1) == .integer(1))
    #expect(try server("MMAP.SYNC", "a") == .ok)
    #expect(try waitingCount() == 3)
    disk.end(.waitSlow)
    for client in slow { #expect(try client.readReply() == .integer(1)) }
  }

  @Test("each change waits, and then replies what it does otherwise", arguments: [ProtocolVersion.resp2, .resp3])
  func replies(version: ProtocolVersion) throws {
    try server("CONFIG", "SET", "mmaparray.fsync", "no")
    let blob = String(repeating: "\0", count: 8)
    let changes = [
      ["MMAP.ADD", "d", "7", "8"], ["MMAP.SET", "d", "0", "0.5", "99", "1"], ["MMAP.POP", "d"],
      ["MMAP.INCRBY", "d", "0", "0.25", "99", "1"], ["MMAP.WRITE", "d", "0", blob], ["MMAP.APPEND", "d", blob],
      ["MMAP.FILL", "d", "0", "1", "3"], ["MMAP.RESIZE", "d", "2"], ["MMAP.CLEAR", "d"], ["MMAP.SYNC", "d"],
    ]
    let other = try server.live.connect(protocolVersion: version)
    for change in changes {
      for key in ["d", "other"] {
        try server("MMAP", key, key, "f64")
        try server("MMAP.CLEAR", key)
        try server("MMAP.ADD", key, 1, 2.5, 3)
      }
      let expected = try other.send(change.map { Argument($0 == "d" ? "other" : $0) })
      try server("CONFIG", "SET", "mmaparray.fsync", "always")
      try disk.begin(.wait)
      try other.append(change.map { Argument($0) })
      try other.flush()
      try expectWaiting(1)
      disk.end(.wait)
      #expect(try other.readReply() == expected, "\(change)")
      #expect(expected.errorText == nil, "\(change)")
      try server("CONFIG", "SET", "mmaparray.fsync", "no")
    }
  }

  @Test("a change that changes nothing does not wait")
  func nothing() throws {
    try server("MMAP.ADD", "a", 1)
    try disk.begin(.wait)
    defer { disk.end(.wait) }
    #expect(try server("VSET", "a", 99, 1) == .integer(0))
    #expect(try server("MMAP.INCRBY", "a", 99, 1) == .array([.null]))
    #expect(try server("MMAP.RESIZE", "a", 1) == .integer(1))
    #expect(try server("MMAP.APPEND", "a", "") == .integer(0))
  }

  @Test("the replies to a pipeline come in its order")
  func order() throws {
    try disk.begin(.wait)
    let client = try server.live.connect(protocolVersion: .resp2)
    for words in [
      ["MMAP.ADD", "a", "5"], ["VCOUNT", "a"], ["MMAP.ADD", "a", "6", "7"], ["VALL", "a"], ["VPOP", "a"],
    ] {
      try client.append(words.map { Argument($0) })
    }
    try client.flush()
    try expectWaiting(1)
    #expect(try server("VALL", "a") == .integers([5]))
    disk.end(.wait)
    let replies = try (0..<5).map { _ in try client.readReply() }
    #expect(replies == [.integer(1), .integer(1), .integer(2), .integers([5, 6, 7]), .integer(7)])
  }

  @Test("what cannot wait flushes at once: transactions and scripts")
  func atOnce() throws {
    let before = try flushes()
    try server("MULTI")
    for value in 1...3 { try server("MMAP.ADD", "a", value) }
    #expect(try server("EXEC") == .integers([1, 1, 1]))
    #expect(try flushes() == before + 3)
    #expect(try server("EVAL", "return redis.call('MMAP.ADD', KEYS[1], 4)", 1, "a") == .integer(1))
    #expect(try flushes() == before + 4)
    try disk.begin(.fail)
    try server("MULTI")
    try server("MMAP.ADD", "a", 5)
    #expect(try server("EXEC").elements?.first?.errorText?.contains("Input/output error") == true)
    let text = try server("EVAL", "return redis.call('MMAP.ADD', KEYS[1], 4)", 1, "a").errorText
    #expect(text?.contains("Input/output error") == true)
  }
}

// MARK: - Failures

extension SharedFlushTests {
  private func expectFailure(_ clients: [Connection], sourceLocation: SourceLocation = #_sourceLocation) throws {
    for client in clients {
      let text = try client.readReply().errorText
      #expect(
        text?.contains("fdatasync") == true && text?.contains("Input/output error") == true, "\(text ?? "no error")",
        sourceLocation: sourceLocation)
    }
  }

  @Test("a failed flush is an error for all that it covers, and for what was changed while it was under way")
  func failure() throws {
    try disk.begin(.wait)
    let first = try client("MMAP.ADD", "a", "1")
    try expectWaiting(1)
    let others = try (2..<10).map { try client("MMAP.ADD", "a", "\($0)") }
    try expectWaiting(9)
    // The kernel tells once of a page that it could not write: the flush behind this one succeeds.
    try disk.begin(.failOnce)
    disk.end(.wait)
    try expectFailure([first] + others)
    #expect(try server.number("mmaparray_flush_failures", of: "mmaparray") == 1)
    #expect(try server("MMAP.ADD", "a", 10) == .integer(1))
    #expect(try server("VCOUNT", "a") == .integer(10))
  }

  @Test("after a failed flush nothing is changed until one succeeds")
  func refusal() throws {
    #expect(try server("MMAP.ADD", "a", 0) == .integer(1))
    try disk.begin(.wait)
    let clients = try (1..<5).map { try client("VSET", "a", "0", "\($0)") }
    try expectWaiting(4)
    try disk.begin(.fail)
    disk.end(.wait)
    try expectFailure(clients)
    let (count, value) = (try server("VCOUNT", "a"), try server("VGET", "a", 0))
    for words in [
      ["MMAP.ADD", "a", "1"], ["VSET", "a", "0", "9"], ["VPOP", "a"], ["MMAP.FILL", "a", "0", "-1", "3"],
    ] {
      #expect(try server.send(words).errorText?.contains("Input/output error") == true)
    }
    #expect(try server("VCOUNT", "a") == count)
    #expect(try server("VGET", "a", 0) == value)
    // Other arrays go on; their own flush tells of their own disk.
    try server("CONFIG", "SET", "mmaparray.fsync", "everysec")
    try server("MMAP", "b", "b", "i32")
    #expect(try server("MMAP.ADD", "b", 1) == .integer(1))
    disk.end(.fail)
    #expect(try server("MMAP.ADD", "a", 1) == .integer(1))
    #expect(server.live.log.ranges(of: "flush failed, no changes").count == 1)
    #expect(server.live.log.contains("flush succeeded again: 'a'"))
  }

  @Test("a flush that a transaction needs fails those too that wait for another of the array")
  func transaction() throws {
    try disk.begin(.wait)
    let waiting = try client("MMAP.ADD", "a", "1")
    try expectWaiting(1)
    // Holds the server, until the disk goes on: fails then, whichever of the two comes first.
    let other = try server.live.connect(protocolVersion: .resp2)
    for words in [["MULTI"], ["MMAP.ADD", "a", "2"], ["EXEC"]] { try other.append(words.map { Argument($0) }) }
    try other.flush()
    try disk.begin(.fail)
    disk.end(.wait)
    for expected in [Reply.ok, .status("QUEUED")] { #expect(try other.readReply() == expected) }
    #expect(try other.readReply().elements?.first?.errorText?.contains("Input/output error") == true)
    try expectFailure([waiting])
  }
}

// MARK: - What happens meanwhile

extension SharedFlushTests {
  @Test("replicas, subscribers and watchers hear of a change when it is done")
  func replication() throws {
    let replica = try ModuleServer.node()
    try replica.join(server)
    let listener = try server.live.connect(protocolVersion: .resp3)
    try listener.append(["PSUBSCRIBE", "__keyevent@0__:mmap.*"])
    try listener.flush()
    _ = try listener.readReply()
    let watching = try server.live.connect(protocolVersion: .resp2)
    for words in [["WATCH", "a"], ["MULTI"], ["PING"]] {
      #expect(try watching.send(words.map { Argument($0) }).errorText == nil)
    }
    try disk.begin(.wait)
    let waiting = try client("MMAP.ADD", "a", "1")
    try expectWaiting(1)
    try eventually("the replica has it") { try replica("VALL", "a") == .integers([1]) }
    var messages: [[String?]] = []
    listener.onPush = { messages.append($0.suffix(2).map(\.text)) }
    try listener("PING")
    #expect(messages == [["__keyevent@0__:mmap.add", "a"]])
    #expect(try watching("EXEC") == .null)
    disk.end(.wait)
    #expect(try waiting.readReply() == .integer(1))
    try expectSame(server, [replica], keys: ["a"])
  }

  @Test("WAIT after a change waits for the replica that has it")
  func wait() throws {
    let replica = try ModuleServer.node()
    try replica.join(server)
    for number in 0..<20 {
      #expect(try server("MMAP.ADD", "a", number) == .integer(1))
      #expect(try server("WAIT", 1, 10_000) == .integer(1))
      #expect(try replica("VCOUNT", "a") == .integer(number + 1))
    }
  }

  @Test("clients that leave")
  func disconnection() throws {
    try disk.begin(.wait)
    do {
      let clients = try (0..<10).map { try client("MMAP.ADD", "a", "\($0)") }
      try expectWaiting(10)
      withExtendedLifetime(clients) {}
    }
    try eventually("they are gone") { try server.number("blocked_clients", of: "clients") == 0 }
    let waiting = try client("MMAP.ADD", "a", "10")
    try expectWaiting(11)
    disk.end(.wait)
    #expect(try waiting.readReply() == .integer(1))
    try expectWaiting(0)
    #expect(try server("VCOUNT", "a") == .integer(11))
  }

  @Test("the server becomes a replica: its clients are told that nothing is known")
  func role() throws {
    let master = try ModuleServer.node()
    try disk.begin(.wait)
    let waiting = try client("MMAP.ADD", "a", "1")
    try expectWaiting(1)
    try server.follow(master)
    #expect(try waiting.readReply().errorText?.hasPrefix("UNBLOCKED") == true)
    disk.end(.wait)
    try expectWaiting(0)
    try server.catchUp(with: master)
    try master("MMAP", "a", "b", "i32")
    try master("MMAP.ADD", "a", 2)
    try expectSame(master, [server], keys: ["a"])
  }

  /// What becomes of the array while its flush is under way and another waits.
  static let changes: [[[String]]] = [
    [["DEL", "a"]], [["UNLINK", "a"]], [["FLUSHALL", "ASYNC"]], [["FLUSHALL", "SYNC"]], [["RENAME", "a", "b"]],
    [["MMAP.RELOAD", "a"]], [["DEL", "a"], ["MMAP", "a", "a", "i32"]], [["CONFIG", "SET", "mmaparray.fsync", "no"]],
    [["CONFIG", "SET", "mmaparray.fsync", "everysec"]], [["COPY", "a", "b"]], [["SWAPDB", "0", "1"]],
  ]

  @Test("the array is given up, named anew or mapped anew", arguments: changes)
  func change(commands: [[String]]) throws {
    try disk.begin(.wait)
    let first = try client("MMAP.ADD", "a", "1")
    try expectWaiting(1)
    let second = try client("MMAP.ADD", "a", "2")
    try expectWaiting(2)
    for command in commands { #expect(try server.send(command).errorText == nil, "\(command)") }
    disk.end(.wait)
    for client in [first, second] { #expect(try client.readReply() == .integer(1)) }
    try expectWaiting(0)
    #expect(try server("MMAP", "c", "a", "i32") == .integer(2))
    #expect(try server("VALL", "c") == .integers([1, 2]))
    #expect(try server("MMAP.ADD", "c", "3") == .integer(1))
  }

  @Test("the array becomes longer and shorter")
  func length() throws {
    try disk.begin(.wait)
    let changes = [
      (["MMAP.RESIZE", "a", "3000000"], 3_000_000), (["MMAP.FILL", "a", "0", "-1", "5"], 3_000_000),
      (["MMAP.RESIZE", "a", "2"], 2), (["VPOP", "a"], 5),
    ]
    let clients = try changes.indices.map { index in
      let client = try server.live.connect(protocolVersion: .resp2)
      try client.append(changes[index].0.map { Argument($0) })
      try client.flush()
      try expectWaiting(index + 1)
      return client
    }
    disk.end(.wait)
    for (client, change) in zip(clients, changes) { #expect(try client.readReply() == .integer(change.1)) }
    #expect(try server("VALL", "a") == .integers([5]))
  }

  @Test("another file takes the place of the array's")
  func replacement() throws {
    try server("MMAP", "new", "new", "i32")
    try server("MMAP.ADD", "new", 9)
    try server("DEL", "new")
    try disk.begin(.wait)
    let waiting = try client("MMAP.ADD", "a", "1")
    try expectWaiting(1)
    #expect(rename(server.path("new"), server.path("a")) == 0)
    #expect(try server("MMAP.RELOAD", "a") == .integer(1))
    let after = try client("MMAP.ADD", "a", "2")
    try expectWaiting(2)
    disk.end(.wait)
    for client in [waiting, after] { #expect(try client.readReply() == .integer(1)) }
    #expect(try server("VALL", "a") == .integers([9, 2]))
  }

  @Test("a child is forked: it saves, and the flush goes on", arguments: ["BGSAVE", "BGREWRITEAOF"])
  func fork(command: String) throws {
    try disk.begin(.wait)
    let waiting = [try client("MMAP.ADD", "a", "1")]
    try expectWaiting(1)
    #expect(try server(command).errorText == nil)
    try eventually("\(command) ends") {
      let fields = try server.information("persistence")
      return fields["rdb_bgsave_in_progress"] == "0" && fields["aof_rewrite_in_progress"] == "0"
    }
    let fields = try server.information("persistence")
    #expect(fields["rdb_last_bgsave_status"] == "ok" && fields["aof_last_bgrewrite_status"] == "ok")
    disk.end(.wait)
    #expect(try waiting[0].readReply() == .integer(1))
    #expect(try server("MMAP.ADD", "a", 2) == .integer(1))
  }

  @Test("the server ends: what has been changed is flushed before")
  func shutdown() throws {
    try disk.begin(.wait)
    let waiting = try client("MMAP.ADD", "a", "1")
    try expectWaiting(1)
    try server.connection.append(["SHUTDOWN", "SAVE"])
    try server.connection.flush()
    try eventually("the server is about to end") { server.live.log.contains("User requested shutdown") }
    // The thread's result is not taken any more: what is logged is of the flush at the end.
    try disk.begin(.fail)
    disk.end(.wait)
    try eventually("the server has ended") { !server.live.isRunning }
    #expect(server.live.log.contains("flush failed, no changes until one succeeds"))
    // Nobody was told anything else.
    #expect(throws: ClientError.self) { try waiting.readReply() }
    disk.end(.fail)
    try server.start()
    #expect(try server("VALL", "a") == .integers([1]))
  }
}
