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

  func flushes() throws -> Int { try server.number("mmaparray_flushes", of: "mmaparray") }

  func waitingCount() throws -> Int { try server.number("mmaparray_waiting_for_flush", of: "mmaparray") }

  /// Another client, which sends these words and does not wait for the reply.
  func client(_ words: String..., version: ProtocolVersion = .resp2) throws -> Connection {
    let client = try server.live.connect(protocolVersion: version)
    try client.append(words.map { Argument($0) })
    try client.flush()
    return client
  }

  func expectWaiting(_ count: Int) throws {
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
