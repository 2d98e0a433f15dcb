import Testing

@testable import MappedArrayClient

/// What a client of a cluster knows without one.
struct ClusterMapTests {
  @Test(
    "the slot of a key: of its tag, if there is one",
    arguments: [
      // The first three are those of the cluster's specification.
      ("123456789", 0x31C3), ("{user1000}.following", 3443), ("foo{{bar}}zap", slot(of: "{bar")), ("", 0),
      ("foo{}{bar}", slot(of: "foo{}{bar}")), ("foo{bar}{zap}", slot(of: "bar")), ("foo{bar", slot(of: "foo{bar")),
      ("}{a}", slot(of: "a")),
    ])
  func slots(key: String, slot: Int) {
    #expect(HashSlot.of(key) == slot)
  }

  /// The slot of a key whose bytes are all hashed.
  private static func slot(of text: String) -> Int { Int(HashSlot.checksum(of: Array(text.utf8)) % 16384) }

  private let asked = Address.tcp(host: "asked", port: 1)

  private func range(_ first: Int, _ last: Int, _ host: Reply, _ port: Int) -> Reply {
    .array([.integer(first), .integer(last), .array([host, .integer(port), .bulk("id")]), .array([])])
  }

  @Test("the map of slots")
  func map() throws {
    let reply = Reply.array([
      range(0, 99, .bulk("a"), 7000), range(100, 100, .null, 7001), range(200, 16383, .bulk(""), 7000),
    ])
    var map = try SlotMap(reply, askedAt: asked)
    #expect(map[0] == .tcp(host: "a", port: 7000) && map[99] == map[0])
    #expect(map[100] == .tcp(host: "asked", port: 7001))
    #expect(map[101] == nil && map[-1] == nil && map[16384] == nil)
    #expect(map[16383] == .tcp(host: "asked", port: 7000))
    #expect(map.masters.count == 3)
    map.move(101, to: .tcp(host: "new", port: 1))
    map.move(99_999, to: .tcp(host: "none", port: 1))
    #expect(map[101] == .tcp(host: "new", port: 1) && map.masters.count == 4)
    let local = try SlotMap(.array([range(5, 5, .null, 2)]), askedAt: .unix(path: "/s"))
    #expect(local[5] == .tcp(host: "127.0.0.1", port: 2))
  }

  @Test(
    "what is no map",
    arguments: [
      Reply.null, .array([.null]), .array([.array([])]), .array([.array([.integer(0), .integer(1), .array([])])]),
    ])
  func noMap(reply: Reply) {
    #expect(throws: ClientError.self) { try SlotMap(reply, askedAt: asked) }
  }

  @Test("ranges and ports that can't be", arguments: [(-1, 5, 1), (5, 4, 1), (0, 16384, 1), (0, 1, 65536), (0, 1, -1)])
  func limits(first: Int, last: Int, port: Int) {
    #expect(throws: ClientError.self) {
      try SlotMap(.array([range(first, last, .bulk("a"), port)]), askedAt: asked)
    }
  }

  @Test("what nodes reply that do not serve a key")
  func redirections() {
    func read(_ code: String, _ message: String) -> Redirection? {
      Redirection(.server(code: code, message: message), askedAt: asked)
    }
    #expect(read("MOVED", "3999 127.0.0.1:6381") == .moved(slot: 3999, to: .tcp(host: "127.0.0.1", port: 6381)))
    #expect(read("MOVED", "5 :7") == .moved(slot: 5, to: .tcp(host: "asked", port: 7)))
    #expect(read("ASK", "5 ::1:7") == .ask(.tcp(host: "::1", port: 7)))
    for text in ["", "5", "5 a", "5 a:", "5 a:70000", "x a:7", "5 a:7 b"] { #expect(read("MOVED", text) == nil) }
    #expect(read("TRYAGAIN", "") == .wait && read("CLUSTERDOWN", "The cluster is down") == .wait)
    #expect(read("ERR", "5 a:7") == nil)
    #expect(Redirection(.timeout, askedAt: asked) == nil)
  }
}
