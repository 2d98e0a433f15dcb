import Glibc
import LiveServer
import MappedArrayClient
import Testing

// What happens while a flush is under way.
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
