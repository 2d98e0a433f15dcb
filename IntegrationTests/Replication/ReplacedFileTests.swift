import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// A file that is replaced by a rename, and `MMAP.RELOAD`, which takes the new one for all keys on all nodes.
struct ReplacedFileTests {
  private let server: ModuleServer

  init() throws {
    server = try ModuleServer.node([("save", "3600 1")])
    try server.makeArray("a", "i8", .npy, [1, 2, 3])
    #expect(try server("SAVE") == .ok)
  }

  /// Publishes a new version of the file, as other programs do.
  private func publish(_ values: [Int], as name: String = "a", _ type: String = "i1", on server: ModuleServer) throws {
    try Python.run(
      script: """
        import numpy, os, sys
        path = sys.argv[1]
        numpy.save(path + '.new.npy', numpy.array([int(word) for word in sys.argv[3:]], sys.argv[2]))
        os.rename(path + '.new.npy', path)
        """, arguments: [server.path(name), type] + values.map(String.init))
  }

  /// Changes until one is refused; returns how many were acknowledged.
  private func changeUntilRefused(_ key: String = "a", sourceLocation: SourceLocation = #_sourceLocation) throws
    -> (acknowledged: Int, error: String)
  {
    var (acknowledged, error) = (0, "")
    try eventually("a change is refused", atMost: .seconds(5), sourceLocation: sourceLocation) {
      let reply = try server("VSET", key, 0, 9)
      error = reply.errorText ?? ""
      if error.isEmpty { acknowledged += 1 }
      return !error.isEmpty
    }
    return (acknowledged, error)
  }

  @Test("reads go on with the old file, changes are refused, and the log tells what is lost")
  func refused() throws {
    try publish([7, 8], on: server)
    #expect(try server.state("a") == "replaced")
    let refusal = try changeUntilRefused()
    #expect(
      refusal.error.hasPrefix("ERR ") && refusal.error.contains("'a'") && refusal.error.contains("MMAP.RELOAD"),
      "\(refusal)")
    for command: [any ArgumentConvertible] in [
      ["MMAP.ADD", "a", 1], ["VPOP", "a"], ["VCLEAR", "a"], ["MMAP.RESIZE", "a", 9], ["MMAP.FILL", "a", 0, -1, 1],
      ["MMAP.INCRBY", "a", 0, 1], ["MMAP.WRITE", "a", 0, "x"], ["MMAP.APPEND", "a", "x"],
    ] { #expect(try server.failure(command).contains("MMAP.RELOAD"), "\(command[0])") }
    #expect(try server("MMAP.RANGE", "a", 1, -1) == .integers([2, 3]))
    #expect(try server.state("a") == "replaced")
    if refusal.acknowledged > 0 { #expect(server.live.log.contains("lost")) }
    // Another key to that name has to know which of the two.
    #expect(try server.failure(["MMAP", "b", "a"]).contains("MMAP.RELOAD"))
    #expect(try server("EXISTS", "b") == .integer(0))
    // What a restart finds is what stands there.
    try server.restart(after: .kill)
    #expect(try server("VALL", "a") == .integers([7, 8]))
  }

  @Test("the name is gone")
  func gone() throws {
    #expect(unlink(server.path("a")) == 0)
    #expect(try server.state("a") == "replaced")
    #expect(try changeUntilRefused().error.contains("MMAP.RELOAD"))
    #expect(try server("VCOUNT", "a") == .integer(3))
    #expect(try server.failure(["MMAP.RELOAD", "a"]).contains("No such file"))
    #expect(try server("VCOUNT", "a") == .integer(3))
    try publish([5], on: server)
    #expect(try server("MMAP.RELOAD", "a") == .integer(1))
    #expect(try server("MMAP.ADD", "a", 6) == .integer(1))
    #expect(try server("VALL", "a") == .integers([5, 6]))
  }

  @Test("RELOAD takes the new file for all keys, on all replicas, and changes go to it")
  func reload() throws {
    let (replica, last) = (try ModuleServer.node(), try ModuleServer.node())
    try replica.join(server)
    try last.join(replica)
    try server("COPY", "a", "copy")
    try server("MMAP", "reader", "a", "READONLY")
    let keys = ["a", "copy", "reader"]
    for round in 1..<4 {
      try publish([round, round + 1], on: server)
      #expect(try server("MMAP.RELOAD", round == 1 ? "copy" : "a") == .integer(2))
      for key in keys {
        #expect(try server("VALL", key) == .integers([round, round + 1]))
        #expect(try server.state(key) == "attached")
      }
      #expect(try server("MMAP.ADD", "copy", 50) == .integer(1))
      try expectSame(server, [replica], keys: keys)
      try expectSame(replica, [last], keys: keys)
      #expect(try last("VALL", "reader") == .integers([round, round + 1, 50]))
    }
    try server.restart(after: .kill)
    #expect(try server("VALL", "a") == .integers([3, 4, 50]))
  }

  @Test("RELOAD of the same file, and of one that does not fit, changes nothing")
  func unchanged() throws {
    #expect(try server("MMAP.RELOAD", "a") == .integer(3))
    #expect(try server("MMAP.ADD", "a", 4) == .integer(1))
    #expect(try server("VALL", "a") == .integers(1...4))
    try publish([7], "f8", on: server)
    let error = try server.failure(["MMAP.RELOAD", "a"])
    #expect(error.hasPrefix("ERR ") && error.contains("i8") && error.contains("f64"), "\(error)")
    #expect(try server("VALL", "a") == .integers(1...4))
    #expect(try server.state("a") == "replaced")
    try server.write([1, 2, 3], to: "a")
    #expect(try server.failure(["MMAP.RELOAD", "a"]).hasPrefix("ERR "))
    #expect(try server("VALL", "a") == .integers(1...4))
    #expect(try server("MMAP.RELOAD", "missing") == .noSuchKey)
    try server("SET", "text", "x")
    #expect(try server("MMAP.RELOAD", "text") == .wrongType)
  }

  @Test("while a node synchronises, and for a READONLY key alone")
  func synchronized() throws {
    try publish([7, 8], on: server)
    let replica = try ModuleServer.node()
    try replica.join(server)
    // Its old contents are the master's answer still.
    try expectSame(server, [replica], keys: ["a"])
    #expect(try server("MMAP.RELOAD", "a") == .integer(2))
    try expectSame(server, [replica], keys: ["a"])
    #expect(try replica("VALL", "a") == .integers([7, 8]))
    try server("DEL", "a")
    try server("MMAP", "reader", "a", "READONLY")
    try publish([9], on: server)
    #expect(try server("VALL", "reader") == .integers([7, 8]))
    #expect(try server("MMAP.RELOAD", "reader") == .integer(1))
    #expect(try server("VALL", "reader") == .integers([9]))
    server.expectSound()
  }

  @Test("RELOAD of a READONLY key takes each node's own file")
  func readOnly() throws {
    let replica = try ModuleServer.node()
    for (node, value) in [(server, 10), (replica, 20)] { try publish([value], as: "own", on: node) }
    try replica.join(server)
    #expect(try server("MMAP", "reader", "own", "READONLY") == .integer(1))
    try replica.catchUp(with: server)
    #expect(try replica("VALL", "reader") == .integers([20]))
    for (node, value) in [(server, 11), (replica, 21)] { try publish([value, value], as: "own", on: node) }
    for (node, value) in [(server, 10), (replica, 20)] { #expect(try node("VALL", "reader") == .integers([value])) }
    #expect(try server("MMAP.RELOAD", "reader") == .integer(2))
    try replica.catchUp(with: server)
    for (node, value) in [(server, 11), (replica, 21)] {
      #expect(try node("VALL", "reader") == .integers([value, value]))
    }
  }

  @Test("a replica refuses it from clients; its own file that is replaced mends by a synchronisation")
  func onReplica() throws {
    let replica = try ModuleServer.node()
    try replica.join(server)
    #expect(try replica("MMAP.RELOAD", "a").errorText?.hasPrefix("READONLY") == true)
    try publish([7, 8], on: replica)
    try eventually("the replica has the master's again") {
      try server("MMAP.ADD", "a", 1)
      usleep(20_000)
      return try replica.state("a") == "attached"
    }
    try expectSame(server, [replica], keys: ["a"])
  }
}
