import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// An array of a gibibyte goes to a replica in bounded pieces, while the master goes on.
struct LargeArrayTests {
  private static let count = 1 << 27
  /// In kilobytes.
  private static let mostMemory = 64 << 10

  /// What was seen while contents were under way.
  private struct Watch {
    var largestBuffer = 0
    var masterMemory = 0
    var replicaMemory = 0
    var pings = 0
    /// The most bytes that went out between two replies to `PING`.
    var mostBetweenPings = 0
  }

  /// A file of 2²⁷ numbers with disk space for a few of them.
  private func write(_ path: String) throws {
    try Python.run(
      script: """
        import numpy, sys
        a = numpy.lib.format.open_memmap(sys.argv[1], 'w+', dtype='f8', shape=(int(sys.argv[2]),))
        a[::100_003] = numpy.arange(len(a[::100_003]))
        """, arguments: [path, "\(Self.count)"])
  }

  /// Looks at both servers until the replica has all.
  private func watch(
    _ master: ModuleServer, _ replica: ModuleServer, until isDone: () throws -> Bool
  ) throws -> Watch {
    var watch = Watch()
    let before = (try master.anonymousMemory(), try replica.anonymousMemory())
    let monitor = try master.live.connect(protocolVersion: .resp2)
    var sent = try master.number("total_net_repl_output_bytes", of: "stats")
    try eventually("the replica has all", atMost: .seconds(100)) {
      #expect(try monitor.send(["PING"]) == .status("PONG"))
      watch.pings += 1
      let now = try master.number("total_net_repl_output_bytes", of: "stats")
      watch.mostBetweenPings = max(watch.mostBetweenPings, now - sent)
      sent = now
      let list = try monitor.send(["CLIENT", "LIST", "TYPE", "REPLICA"]).text ?? ""
      let buffers = list.split(separator: " ").filter { $0.hasPrefix("omem=") }.compactMap { Int($0.dropFirst(5)) }
      watch.largestBuffer = max(watch.largestBuffer, buffers.max() ?? 0)
      watch.masterMemory = max(watch.masterMemory, try master.anonymousMemory() - before.0)
      watch.replicaMemory = max(watch.replicaMemory, try replica.anonymousMemory() - before.1)
      return try isDone()
    }
    return watch
  }

  private func expectBounded(_ watch: Watch, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(watch.largestBuffer < 64 << 20, sourceLocation: sourceLocation)
    #expect(watch.masterMemory < Self.mostMemory, sourceLocation: sourceLocation)
    #expect(watch.replicaMemory < Self.mostMemory, sourceLocation: sourceLocation)
    // The master replies between pieces, so none of them keeps it for long.
    #expect(watch.pings > 20, sourceLocation: sourceLocation)
  }

  @Test("mapped while a replica is online, and with a full synchronisation", .timeLimit(.minutes(4)))
  func gibibyte() throws {
    // A backlog is memory of the server's own; the default of a mebibyte is what users have.
    let (master, replica) = (try ModuleServer.node(), try ModuleServer.node())
    try replica.join(master)
    try write(master.path("large.npy"))
    #expect(try master("MMAP", "large", "large.npy") == .integer(Self.count))
    let shipped = try watch(master, replica) { try master.number("mmaparray_shipping_bytes", of: "mmaparray") == 0 }
    expectBounded(shipped)
    #expect(shipped.mostBetweenPings < 64 << 20)
    try expectSame(master, [replica], keys: ["large"])

    try replica("REPLICAOF", "NO", "ONE")
    try replica("FLUSHALL")
    try replica.follow(master)
    let synchronized = try watch(master, replica) {
      try replica.information("replication")["master_link_status"] == "up"
    }
    expectBounded(synchronized)
    try expectSame(master, [replica], keys: ["large"])
  }
}
