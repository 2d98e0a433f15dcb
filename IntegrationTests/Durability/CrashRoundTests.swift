import Dispatch
import Glibc
import LiveServer
import MappedArrayClient
import Synchronization
import Testing

/// The server is killed again and again while several clients change arrays.
struct CrashRoundTests {
  private static let seed: UInt64 = 31_337
  private static let rounds = 50

  @Test("fifty rounds, with and without an AOF", .timeLimit(.minutes(2)))
  func rounds() throws {
    let servers = [
      try ModuleServer(configuration: [("appendonly", "yes"), ("appendfsync", "always")]), try ModuleServer(),
    ]
    let clients = try servers.map { server in
      try [("i32", Format.npy), ("f64", .raw), ("u8", .npy)].enumerated().map { index, kind in
        let type = try #require(ElementCase.named(kind.0))
        try server.send(["MMAP", "k\(index)", "file\(index)"] + kind.1.words(type))
        return makeClient(type.model, key: "k\(index)", seed: Self.seed + UInt64(index))
      }
    }
    // Without an AOF a binding is as durable as any key.
    try servers[1].connection("SAVE")
    var generator = SeededGenerator(seed: Self.seed)
    for round in 0..<Self.rounds {
      let (server, clients) = (servers[round % 2], clients[round % 2])
      let moment = Int.random(in: 500..<60_000, using: &generator)
      // A child that saves must not be in the way of the next run.
      if round % 5 == 0 { try server.connection(round % 2 == 0 ? "BGREWRITEAOF" : "BGSAVE") }
      run(clients, on: server.live, killingAfter: moment)
      try server.start()
      for client in clients {
        let problem = try client.check(server.connection)
        #expect(problem == nil, "seed \(Self.seed), round \(round), killed after \(moment) µs")
      }
    }
    #expect(clients.joined().reduce(0) { $0 + $1.acknowledged } > 1000)
  }

  private func run(_ clients: [any CrashClient], on server: LiveServer, killingAfter moment: Int) {
    let group = DispatchGroup()
    for client in clients { DispatchQueue.global().async(group: group) { client.run(server) } }
    usleep(useconds_t(moment))
    // The process alone: its children live on.
    Glibc.kill(server.processIdentifier, SIGKILL)
    group.wait()
    while server.isRunning { usleep(200) }
  }

  private func makeClient<Element: ModelElement>(
    _: Element.Type, key: String, seed: UInt64
  ) -> any CrashClient {
    Client<Element>(key: key, seed: seed)
  }

  @Test("a child that outlives the server holds no lock")
  func child() throws {
    // Each key takes the child half a second.
    let server = try ModuleServer(configuration: [("rdb-key-save-delay", "500000")])
    for key in ["a", "b", "c", "d"] { try server("MMAP", key, key, "i8") }
    try server.connection("CONFIG", "SET", "rdb-key-save-delay", 0)
    try server.connection("SAVE")
    try server.connection("CONFIG", "SET", "rdb-key-save-delay", 500_000)
    try server.connection("BGSAVE")
    try server("MMAP.ADD", "a", 1)
    // Meanwhile a file can be given up and mapped anew, too.
    try server("DEL", "b")
    #expect(try server("MMAP", "b", "b") == .integer(0))
    Glibc.kill(server.live.processIdentifier, SIGKILL)
    while server.live.isRunning { usleep(200) }
    try server.start()
    #expect(try server("MMAP.ADD", "a", 2) == .integer(1))
    #expect(try server("VALL", "a") == .array([.integer(1), .integer(2)]))
  }
}

private protocol CrashClient: AnyObject, Sendable {
  var acknowledged: Int { get }
  /// Sends random commands until the connection breaks.
  func run(_ server: LiveServer)
  /// What is wrong with the array after a restart; goes on from there.
  func check(_ connection: Connection) throws -> String?
}

/// A client with an array of its own and a model of it. Used by one thread at a time.
private final class Client<Element: ModelElement>: CrashClient, @unchecked Sendable {
  private let key: String
  private var model: ArrayModel<Element>
  /// What the array was before the command that was sent last.
  private var before: [Element] = []
  private(set) var acknowledged = 0

  init(key: String, seed: UInt64) {
    self.key = key
    model = ArrayModel(seed: seed)
  }

  func run(_ server: LiveServer) {
    before = model.elements
    guard let connection = try? server.connect(protocolVersion: .resp2) else { return }
    while true {
      let step = model.step()
      var command = step.command
      command[1] = Argument(key)
      guard let reply = try? connection.send(command) else { return }
      if !step.expected.isMet(by: reply) { Issue.record("\(step.words): \(reply), not \(step.expected)") }
      before = model.elements
      acknowledged += 1
    }
  }

  func check(_ connection: Connection) throws -> String? {
    let reply = try connection("MMAP.READ", key)
    let found = try #require([Element](packed: [UInt8](reply)))
    defer { model.elements = found }
    let after = model.elements
    let counts = min(before.count, after.count)...max(before.count, after.count)
    guard counts.contains(found.count) else { return "\(key) has \(found.count) elements, not \(counts)" }
    for (index, element) in found.enumerated() {
      // What the command in flight was to change may be what it was, what it was to be, or a gap's zero.
      let possible = [before, after].compactMap { index < $0.count ? $0[index] : nil }
      let isNew = index >= min(before.count, after.count)
      guard (possible + (isNew ? [.zero] : [])).contains(where: { [$0].isSame(as: [element]) }) else {
        return "\(key)[\(index)] is \(element), not \(possible)"
      }
    }
    return nil
  }
}
