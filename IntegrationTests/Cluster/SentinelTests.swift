import LiveServer
import MappedArrayClient
import Testing

/// Three Sentinels that watch a master and two replicas.
struct SentinelTests {
  private func startSentinel(watching master: ModuleServer) throws -> LiveServer {
    let port = Int(try #require(master.live.port))
    // Two of three have to agree that the master is gone.
    return try LiveServer(
      program: ["sh", "-c", #"exec "$0" "$1" --sentinel"#] + Environment.program, module: nil,
      configuration: [
        ("sentinel monitor", "numbers 127.0.0.1 \(port) 2"), ("sentinel down-after-milliseconds", "numbers 1500"),
        ("sentinel failover-timeout", "numbers 5000"),
      ], listensOnTCP: true)
  }

  @Test("the master is killed: a client finds the new one, with all that was replicated")
  func failover() throws {
    let (master, replicas) = (try ModuleServer.node(), [try ModuleServer.node(), try ModuleServer.node()])
    for replica in replicas { try replica.join(master) }
    let live = try (0..<3).map { _ in try startSentinel(watching: master) }
    let addresses = try live.map { Address.tcp(host: "127.0.0.1", port: try #require($0.port)) }
    // One that does not reply is passed over.
    let sentinels = Sentinels([.tcp(host: "127.0.0.1", port: 1)] + addresses, masterName: "numbers")
    for sentinel in live {
      let connection = try sentinel.connect(protocolVersion: .resp2)
      try eventually("the Sentinels know each other") {
        let facts = try connection("SENTINEL", "MASTER", "numbers")
        return facts["num-slaves"]?.text == "2" && facts["num-other-sentinels"]?.text == "2"
      }
    }

    var connection = try sentinels.connectToMaster(timeout: LiveServer.patience)
    let readings = try RemoteArray<Int32>.map("readings.npy", to: "readings", on: connection)
    let log = try RemoteArray<Double>.map("log.bin", to: "log", on: connection, format: .raw)
    try readings.append(contentsOf: (0..<10_000).map { Int32($0) })
    for value in 0..<50 { try log.add(Double(value)) }
    #expect(try connection("WAIT", 2, 20_000) == .integer(2))
    let digests = try master.digests(["readings", "log"])
    master.live.kill()

    #expect(throws: ClientError.self) { try log.count }
    connection = try sentinels.connectToMaster(timeout: LiveServer.patience)
    let port = try connection("CONFIG", "GET", "port")["port"]?.text
    let reply = try connection("DEBUG", "DIGEST-VALUE", "readings", "log", as: [String].self)
    #expect(reply == digests)
    let again = try RemoteArray<Double>("log", on: connection)
    try again.add(50)
    #expect(try again.elements() == (0...50).map(Double.init))
    // A Sentinel cuts the connections to a replica that it gives another master.
    let promoted = try #require(replicas.first { $0.live.port.map { "\($0)" } == port })
    try promoted.reconnect()
    let other = try #require(replicas.first { $0 !== promoted })
    try eventually("the other replica follows") {
      guard (try? other.reconnect()) != nil, let role = (try? other("ROLE"))?.elements, role.count == 5 else {
        return false
      }
      return role[2] == .integer(Int(promoted.live.port ?? 0)) && role[3] == .bulk("connected")
    }
    try expectSame(promoted, [other], keys: ["readings", "log"])
    // Every Sentinel comes to know it.
    for address in addresses {
      try eventually("a Sentinel names the new master") {
        try Sentinels([address], masterName: "numbers").masterAddress()
          == .tcp(host: "127.0.0.1", port: promoted.live.port ?? 0)
      }
    }
  }

  @Test("a master that no Sentinel knows, and Sentinels that are not there")
  func unknown() throws {
    let master = try ModuleServer.node()
    let sentinel = try startSentinel(watching: master)
    let address = Address.tcp(host: "127.0.0.1", port: try #require(sentinel.port))
    #expect(throws: ClientError.typeMismatch(expected: "the address of letters", found: "")) {
      try Sentinels([address], masterName: "letters").masterAddress()
    }
    #expect(throws: ClientError.self) { try Sentinels([], masterName: "numbers").masterAddress() }
    #expect(throws: ClientError.self) {
      try Sentinels([.tcp(host: "127.0.0.1", port: 1)], masterName: "numbers").connectToMaster(patience: .zero)
    }
  }
}
