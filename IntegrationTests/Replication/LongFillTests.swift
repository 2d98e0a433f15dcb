import LiveServer
import MappedArrayClient
import Testing

/// A fill in slices: done means done, for `WAIT`, for watchers and for caches.
struct LongFillTests {
  private static let count = 128 << 20

  private let master: ModuleServer

  init() throws {
    master = try ModuleServer.node()
    try master("MMAP", "a", "a", "u8", "RAW")
    try master("MMAP.RESIZE", "a", Self.count)
  }

  @Test("what WAIT confirms is in the replica's file, though it is killed then")
  func wait() throws {
    let replica = try ModuleServer.node()
    try replica.join(master)
    // It begins when the master is done.
    replica.freeze()
    #expect(try master("MMAP.FILL", "a", 0, -1, 7) == .integer(Self.count))
    try master.connection.append(["WAIT", 1, 20_000])
    try master.connection.flush()
    replica.thaw()
    #expect(try master.connection.readReply() == .integer(1))
    replica.live.kill()
    let others = try Python.run(
      script: "import numpy, sys; print((numpy.memmap(sys.argv[1], 'u1', 'r') != 7).sum(), end='')",
      arguments: [replica.path("a")])
    #expect(others == "0")
  }

  /// Begins fills until one is still under way when `look` has seen the old last element, and returns when it has ended.
  private func fill(_ look: (_ isOld: (Reply) -> Bool) throws -> Bool) throws {
    let filler = try master.live.connect(protocolVersion: .resp2)
    for value in 1..<20 {
      try filler.append(["MMAP.FILL", "a", 0, -1, value.argument])
      try filler.flush()
      let isUnderWay = try look { $0 == .integer(value - 1) }
      #expect(try filler.readReply() == .integer(Self.count))
      if isUnderWay { return }
    }
    Issue.record("no fill was seen under way")
  }

  @Test("who watches the key and reads an old element meanwhile, is told")
  func watch() throws {
    let client = try master.live.connect(protocolVersion: .resp2)
    try fill { isOld in
      try client("UNWATCH")
      try client("WATCH", "a")
      return try isOld(client("VGET", "a", Self.count - 1))
    }
    try client("MULTI")
    try client("SET", "text", "x")
    #expect(try client.send(["EXEC"]) == .null)
  }

  @Test("whose cache has an old element of it, is told")
  func tracking() throws {
    let cache = try master.live.connect(protocolVersion: .resp3)
    try cache("CLIENT", "TRACKING", "ON")
    var invalidated: [Reply] = []
    try fill { isOld in
      let isUnderWay = try isOld(cache("VGET", "a", Self.count - 1))
      // What is told from now on is about the element that was just read.
      invalidated = []
      cache.onPush = { invalidated += $0.last?.elements ?? [] }
      return isUnderWay
    }
    try cache("PING")
    #expect(invalidated == [.bulk("a")])
  }

  @Test("on a replica too: of changes in slices, and of contents that arrive")
  func replica() throws {
    let replica = try ModuleServer.node()
    try replica.join(master)
    let client = try replica.live.connect(protocolVersion: .resp2)
    try client("WATCH", "a")
    try master("MMAP.FILL", "a", 0, -1, 7)
    try replica.catchUp(with: master)
    try client("MULTI")
    try client("VCOUNT", "a")
    #expect(try client.send(["EXEC"]) == .null)

    try master.mapHalfway("large", to: replica)
    try eventually("a part has arrived") { try replica("EXISTS", "large") == .integer(1) }
    let cache = try replica.live.connect(protocolVersion: .resp3)
    try cache("CLIENT", "TRACKING", "ON")
    #expect(try cache.send(["VGET", "large", "1000"]).errorText != nil)
    var invalidated: [Reply] = []
    cache.onPush = { invalidated += $0.last?.elements ?? [] }
    try client("WATCH", "large")
    #expect(try client.send(["VGET", "large", "0"]).errorText != nil)
    master.thaw()
    try eventually("the contents have arrived") { try replica("VGET", "large", 0) == .integer(7) }
    try client("MULTI")
    try client("VCOUNT", "large")
    #expect(try client.send(["EXEC"]) == .null)
    try cache("PING")
    #expect(invalidated == [.bulk("large")])
  }

  @Test("one keyspace event, at the end")
  func event() throws {
    try master("CONFIG", "SET", "notify-keyspace-events", "KA")
    let listener = try master.live.connect(protocolVersion: .resp3)
    try listener.append(["SUBSCRIBE", "__keyspace@0__:a"])
    try listener.flush()
    guard case .push = try listener.readReply() else {
      Issue.record("no subscription")
      return
    }
    var events: [String?] = []
    listener.onPush = { events.append($0.last?.text) }
    #expect(try master("MMAP.FILL", "a", 0, -1, 7) == .integer(Self.count))
    #expect(try master("VPOP", "a") == .integer(7))
    try listener("PING")
    #expect(events == ["mmap.fill", "mmap.pop"])
  }
}
