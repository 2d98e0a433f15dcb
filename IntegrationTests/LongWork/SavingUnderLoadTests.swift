import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// A server that forks again and again while all its threads are at work: workers, those that wait for the disk and those that
/// flush.
///
/// `MMAPARRAY_SAVES` makes it more often.
struct SavingUnderLoadTests {
  private static let saves = getenv("MMAPARRAY_SAVES").flatMap { Int(String(cString: $0)) } ?? 6
  private static let seed: UInt64 = 4711
  /// Of i64.
  private static let wideCount = 3_000_000
  private static let coldCount = 2_000_000

  private enum Child: CaseIterable {
    case save, rewrite, synchronization
  }

  @Test("it saves, rewrites its AOF and synchronises a replica under load of all kinds", arguments: [1, 4])
  func saving(inputThreads: Int) throws {
    print("seed \(Self.seed)")
    let master = try ModuleServer.node([
      ("mmaparray.fsync", "always"), ("mmaparray.threads", "2"), ("io-threads", "\(inputThreads)"),
    ])
    let replica = try ModuleServer.node()
    try RandomWrites.map(on: master)
    try master.makeArray("wide", "i64", .npy)
    try master("MMAP.RESIZE", "wide", Self.wideCount)
    try replica.join(master)

    var load = try Load(on: master, seed: Self.seed)
    for round in 0..<Self.saves {
      // Its pages are on the disk at first.
      let name = "cold\(round % 3)"
      try master("DEL", name)
      let file = try ColdFile("int64", Self.coldCount, .npy, at: master.path(name))
      try file.drop()
      #expect(try master("MMAP", name, name) == .integer(Self.coldCount))

      try load.send(cold: name)
      let child = Child.allCases[round % Child.allCases.count]
      switch child {
      case .save: #expect(try master("BGSAVE").errorText == nil)
      case .rewrite: #expect(try master("BGREWRITEAOF").errorText == nil)
      case .synchronization:
        #expect(try replica("REPLICAOF", "NO", "ONE") == .ok)
        try replica.follow(master)
      }
      for _ in 0..<4 {
        try load.receive()
        try load.send(cold: name)
      }
      try load.receive()
      try eventually("the child of round \(round) ends") {
        let persistence = try master.information("persistence")
        return persistence["rdb_bgsave_in_progress"] == "0" && persistence["aof_rewrite_in_progress"] == "0"
          && persistence["aof_rewrite_scheduled"] == "0"
      }
      let persistence = try master.information("persistence")
      #expect(persistence["rdb_last_bgsave_status"] == "ok")
      #expect(persistence["aof_last_bgrewrite_status"] == "ok")
      try replica.catchUp(with: master)
    }

    let keys = RandomWrites.keys + ["wide", "cold0", "cold1", "cold2"]
    let digests = try master.digests(keys)
    #expect(try replica.digests(keys) == digests)
    #expect(try master("SAVE") == .ok)
    try master.restart(after: .kill)
    #expect(try master.digests(keys) == digests)
    for node in [master, replica] { node.expectSound() }
  }

  /// Clients that each have commands under way.
  private struct Load {
    private var clients: [(connection: Connection, sent: Int)]
    private var writes: RandomWrites
    private var random: SeededGenerator

    init(on server: ModuleServer, seed: UInt64) throws {
      clients = try (0..<12).map { _ in (try server.live.connect(protocolVersion: .resp2), 0) }
      writes = RandomWrites(seed: seed)
      random = SeededGenerator(seed: ~seed)
    }

    mutating func send(cold: String) throws {
      for number in clients.indices {
        let commands = (0..<4).map { _ in next(for: number, cold: cold) }
        for words in commands { try clients[number].connection.append(words.map(\.argument)) }
        try clients[number].connection.flush()
        clients[number].sent = commands.count
      }
    }

    mutating func receive() throws {
      for number in clients.indices {
        for _ in 0..<clients[number].sent {
          let reply = try clients[number].connection.readReply()
          // What the writers do to keys may make each other's commands wrong, but nothing is refused.
          if let error = reply.errorText { #expect(error.hasPrefix("ERR"), "\(error)") }
        }
        clients[number].sent = 0
      }
    }

    /// Each client does one kind of work.
    private mutating func next(for number: Int, cold: String) -> [any ArgumentConvertible] {
      func index(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
      switch number {
      case 0: return ["VGET", cold, index(coldCount)]
      case 1: return ["VMGET", cold] + (0..<50).map { _ in index(coldCount) }
      case 2: return ["VSET", cold, index(coldCount), index(1000)]
      case 3: return ["MMAP.AGG", cold, 0, -1, "SUM", "VAR"]
      case 4: return ["MMAP.QUANTILE", "wide", 0, -1, "0.5"]
      case 5: return ["MMAP.FILL", "wide", index(wideCount), -1, index(1000)]
      case 6: return ["MMAP.RANGE", "wide", 0, 30_000]
      case 7: return ["MMAP.READ", "wide", index(wideCount), 300_000]
      case 8: return ["MMAP.RESIZE", "wide", wideCount - index(1000)]
      case 9: return ["MMAP.FIND", "wide", 0, -1, "GT", 900, "LIMIT", 1000]
      default: return writes.next()
      }
    }
  }
}
