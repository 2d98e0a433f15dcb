import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Random commands on a master with two replicas, one behind the other, while links, servers and roles come and go.
struct ReplicationStormTests {
  private static let seed: UInt64 = 4_711

  @Test("links cut, replicas killed, full synchronisations, a failover", .timeLimit(.minutes(1)))
  func storm() throws {
    let configuration = [("repl-backlog-size", "1mb"), ("save", "3600 1")]
    let nodes = try (0..<3).map { _ in try ModuleServer.node(configuration) }
    var writes = RandomWrites(seed: Self.seed)
    var (master, first, second) = (nodes[0], nodes[1], nodes[2])
    try RandomWrites.map(on: master)
    try first.join(master)
    try second.join(first)
    let keys = RandomWrites.keys

    func write(_ count: Int) throws {
      let commands = (0..<count).map { _ in writes.next() }
      let replies = try master.connection.pipeline { for words in commands { $0.send(words.map(\.argument)) } }
      for (words, reply) in zip(commands, replies) { #expect(reply.errorText == nil, "\(words.prefix(3)): \(reply)") }
    }
    func check(_ what: Comment) throws {
      try first.catchUp(with: master)
      try expectSame(master, [first], keys: keys, what)
      try expectSame(first, [second], keys: keys, what)
    }

    try write(300)
    try check("at first")
    for _ in 0..<3 {
      try write(100)
      try master("CLIENT", "KILL", "TYPE", "REPLICA")
      try write(100)
      try first("CLIENT", "KILL", "TYPE", "MASTER")
      try write(100)
      try second("CLIENT", "KILL", "TYPE", "MASTER")
    }
    try check("after cut links")

    try first.save()
    try write(200)
    try first.catchUp(with: master)
    first.live.kill()
    try write(200)
    try first.start()
    try first.follow(master)
    try write(200)
    try check("after a replica was killed and had its old data")

    try second("BGSAVE")
    try write(100)
    try second.restart(after: .kill)
    try second.follow(first)
    try write(100)
    try check("after the last replica was killed")

    for _ in 0..<2 {
      try master("DEBUG", "CHANGE-REPL-ID")
      try master("CLIENT", "KILL", "TYPE", "REPLICA")
      for _ in 0..<10 { try write(60) }
    }
    try check("after full synchronisations while writes went on")

    try first("REPLICAOF", "NO", "ONE")
    (master, first) = (first, master)
    try write(200)
    try second.catchUp(with: master)
    try first.follow(master)
    try second.follow(first)
    try write(200)
    try check("after a failover")

    master.live.kill()
    try master.start()
    try write(200)
    try check("after the master was killed")

    let files = nodes.map { $0.path() }
    try Python.run(
      script: """
        import numpy, sys
        roots, names = sys.argv[1:4], sys.argv[4:]
        for name in names:
            kind, format = name.split('.')
            dtype = kind[0] + str(int(kind[1:]) // 8)
            read = numpy.load if format == 'npy' else lambda path: numpy.fromfile(path, dtype)
            arrays = [read(root + name) for root in roots]
            assert all(a.dtype == dtype and a.tobytes() == arrays[0].tobytes() for a in arrays), name
        """, arguments: files + RandomWrites.kinds.map(\.path))
  }

  @Test("a master that was killed has more than its saved data shows: no replica goes on from there")
  func restartedMaster() throws {
    let configuration = [("save", "3600 1")]
    let (master, replica) = (try ModuleServer.node(configuration), try ModuleServer.node())
    try master("MMAP", "a", "a", "i32")
    try replica.join(master)
    try master("MMAP.ADD", "a", 1)
    try replica.catchUp(with: master)
    try master.save()
    replica.live.kill()
    for number in 2..<10 { try master("MMAP.ADD", "a", number) }
    try replica.start()
    try master.restart(after: .kill)
    try replica.join(master)
    try expectSame(master, [replica], keys: ["a"])
    #expect(try replica("VCOUNT", "a") == .integer(9))
  }

  @Test("a replica that saw the data of its restarted master does not go on from there")
  func waitingReplica() throws {
    let (master, replica) = (try ModuleServer.node([("save", "3600 1")]), try ModuleServer.node())
    try master("MMAP", "a", "a", "i32")
    try replica.join(master)
    try master("MMAP.ADD", "a", 1)
    try replica.catchUp(with: master)
    // The replica does not read while the master goes on, and is at the offset of the saved data when it is back.
    kill(replica.live.processIdentifier, SIGSTOP)
    try master.save()
    try master("CLIENT", "KILL", "TYPE", "REPLICA")
    for number in 2..<10 { try master("MMAP.ADD", "a", number) }
    master.live.kill()
    try master.start()
    kill(replica.live.processIdentifier, SIGCONT)
    try expectSame(master, [replica], keys: ["a"])
    #expect(try replica("VCOUNT", "a") == .integer(9))
  }
}
