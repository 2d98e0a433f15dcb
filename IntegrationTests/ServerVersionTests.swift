import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// A server that is newer than the machine's, in a root of its own.
enum NewerServer: String, CaseIterable, Sendable {
  case redis, valkey

  /// `MMAPARRAY_NEWER_SERVERS`, the root that `.make/newer-servers` makes.
  static let root = getenv("MMAPARRAY_NEWER_SERVERS").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }

  var program: [String] {
    switch self {
    case .redis: ["/usr/bin/redis-server"]
    // Without any environment, as its own start scripts may leave it.
    case .valkey: ["/usr/bin/env", "-i", "/usr/bin/valkey-server"]
    }
  }

  /// Whether `VADD` is a command of the server's own.
  var ownsVADD: Bool { self == .redis }

  func start(protocolVersion: ProtocolVersion = .resp2) throws -> ModuleServer {
    try ModuleServer(program: program, chroot: Self.root, protocolVersion: protocolVersion)
  }
}

@Suite(.enabled(if: NewerServer.root != nil, "MMAPARRAY_NEWER_SERVERS names no root"))
struct ServerVersionTests {
  @Test("the servers are as new as they should be")
  func versions() throws {
    let redis = try #require(try NewerServer.redis.start()("INFO", "server").text)
    #expect(redis.contains("redis_version:8."))
    let valkey = try #require(try NewerServer.valkey.start()("INFO", "server").text)
    #expect(valkey.contains("valkey_version:9."))
  }

  @Test("the module loads, and its commands work in the namespace", arguments: NewerServer.allCases)
  func namespace(newer: NewerServer) throws {
    let server = try newer.start()
    #expect(try server("MMAP", "a", "file", "i32") == .integer(0))
    #expect(try server("MMAP.ADD", "a", 1, 2, 3) == .integer(3))
    #expect(try server("MMAP.ALL", "a") == .array([.integer(1), .integer(2), .integer(3)]))
    // Short names that nobody else has are there.
    #expect(try server("VGET", "a", 2) == .integer(3))
    #expect(try server("VPOP", "a") == .integer(3))
  }

  @Test("a short name that belongs to the server is left to it")
  func redisVADD() throws {
    let server = try NewerServer.redis.start()
    #expect(server.live.log.contains("VADD belongs to the server here: use MMAP.ADD instead"))
    #expect(!server.live.log.contains("VGET belongs"))
    try server("MMAP", "a", "file")
    #expect(try server("VADD", "a", 1).errorText?.contains("wrong number of arguments") == true)
    #expect(try server("VADD", "a", "VALUES", 2, 1, 0, "element") == .wrongType)
    #expect(try server("VADD", "set", "VALUES", 2, 1, 0, "element") == .integer(1))
    #expect(try server("MMAP.COUNT", "set") == .wrongType)
    #expect(try server("MMAP.COUNT", "a") == .integer(0))
  }

  @Test("Valkey has VADD free, and no environment")
  func valkeyVADD() throws {
    let server = try NewerServer.valkey.start()
    #expect(!server.live.log.contains("belongs to the server"))
    #expect(try Files.read("/proc/\(server.live.processIdentifier)/environ").allSatisfy { $0 == 0 })
    try server("MMAP", "a", "file")
    #expect(try server("VADD", "a", 1) == .integer(1))
  }

  @Test("RESP3's doubles have the shortest text", arguments: NewerServer.allCases, ["f32", "f64"])
  func doubles(newer: NewerServer, type: String) throws {
    let server = try newer.start(protocolVersion: .resp3)
    try server("MMAP", "a", "file", type)
    let texts = ["50", "0.1", "-2.5", "1e+30", "inf", "-inf", "nan", "-0"]
    try server.send(["MMAP.ADD", "a"] + texts)
    #expect(try server("MMAP.ALL", "a") == .array(texts.map { .double(text: $0) }))
  }

  @Test("the walk-throughs", arguments: NewerServer.allCases, WalkthroughPlayer.Persistence.allCases)
  func walkthroughs(newer: NewerServer, persistence: WalkthroughPlayer.Persistence) throws {
    for name in ["plain-doubles", "typed"] {
      let player = try WalkthroughPlayer(
        program: newer.program, chroot: NewerServer.root, persistence, countCommand: "VCOUNT",
        usesNamespace: newer.ownsVADD)
      try player.play(Walkthrough(name))
    }
  }
}
