import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Keys of one file are one array on every node, in whichever order and state they come.
struct OneArrayTests {
  let master: ModuleServer
  let replica: ModuleServer

  init() throws {
    master = try ModuleServer.node([("save", "3600 1")])
    replica = try ModuleServer.node()
  }

  /// What is added by each key is seen by all, here and there.
  private func expectOne(
    _ keys: [String], readOnly: Set<String> = [], sourceLocation: SourceLocation = #_sourceLocation
  )
    throws
  {
    for key in keys where !readOnly.contains(key) {
      #expect(try master("MMAP.ADD", key, 50) == .integer(1), sourceLocation: sourceLocation)
      try expectSame(master, [replica], keys: keys, "\(key)", sourceLocation: sourceLocation)
      let contents = try replica("VALL", key)
      #expect(contents.errorText == nil, "\(contents)", sourceLocation: sourceLocation)
      for other in keys { #expect(try replica("VALL", other) == contents, "\(other)", sourceLocation: sourceLocation) }
    }
  }

  @Test(
    "a file that was missing at the master's restart and came back, then a second key", arguments: [false, true],
    [false, true])
  func missing(readsFirst: Bool, isReplicated: Bool) throws {
    try master.makeArray("a", "i8", .npy, [1, 2])
    // It may have a file of that name by then, or not.
    if isReplicated { try replica.join(master) }
    try master.live.stop(saving: true)
    #expect(rename(master.path("a"), master.path("away")) == 0)
    try master.start()
    if isReplicated { try replica.catchUp(with: master) } else { try replica.join(master) }
    #expect(rename(master.path("away"), master.path("a")) == 0)
    if readsFirst { #expect(try master("VGET", "a", 1) == .integer(2)) }
    #expect(try master("MMAP", "b", "a") == .integer(2))
    try expectOne(["b", "a"])
    try master("COPY", "a", "c")
    try expectOne(["a", "b", "c"])
  }

  @Test("READONLY first and WRITABLE second")
  func readOnlyFirst() throws {
    try replica.join(master)
    try master.write([1, 2, 3], to: "given")
    #expect(try master("MMAP", "reader", "given", "u8", "READONLY") == .integer(3))
    try replica.catchUp(with: master)
    #expect(try replica("VALL", "reader").errorText?.contains("No such file") == true)
    #expect(try master("MMAP", "writer", "given", "u8") == .integer(3))
    try expectOne(["reader", "writer"], readOnly: ["reader"])
    // The writer's contents were the reader's, and stay its.
    try master("DEL", "writer")
    try expectSame(master, [replica], keys: ["reader"])
    #expect(try master("MMAP", "writer", "given", "u8") == .integer(4))
    try expectOne(["writer", "reader"], readOnly: ["reader"])
  }

  @Test("READONLY first, with a file of the replica's own that is another")
  func readOnlyOverOwn() throws {
    try replica.join(master)
    try replica.write([9], to: "given")
    try master.write([1, 2, 3], to: "given")
    try master("MMAP", "reader", "given", "u8", "READONLY")
    try replica.catchUp(with: master)
    #expect(try replica("VALL", "reader") == .integers([9]))
    try master("MMAP", "writer", "given", "u8")
    try expectOne(["reader", "writer"], readOnly: ["reader"])
  }

  @Test("a raw file that is cut and filled again in its place, with several keys")
  func refilled() throws {
    try master("MMAP", "a", "a", "u8", "RAW")
    try master("MMAP.ADD", "a", 1, 2, 3, 4, 5)
    try master("COPY", "a", "b")
    try replica.join(master)
    try Shell.run("truncate --size=0 '\(master.path("a"))'; printf xy >'\(master.path("a"))'")
    #expect(try master("VCOUNT", "b") == .integer(2))
    try expectOne(["a", "b"])
    #expect(try replica("MMAP.READ", "a", 0, 2) == .bulk("xy"))
  }

  @Test("a second full synchronisation with many READONLY keys, of which some come before the writable one")
  func synchronizedAgain() throws {
    try master.makeArray("writer", "i8", .npy, [1, 2])
    let readers = (0..<30).map { "reader\($0)" }
    for reader in readers { #expect(try master("MMAP", reader, "writer", "READONLY") == .integer(2)) }
    let keys = ["writer"] + readers
    try replica.join(master)
    try expectOne(keys, readOnly: Set(readers))
    for load in ["disabled", "swapdb"] {
      try replica("CONFIG", "SET", "repl-diskless-load", load)
      try master("DEBUG", "CHANGE-REPL-ID")
      try master("CLIENT", "KILL", "TYPE", "REPLICA")
      try expectOne(keys, readOnly: Set(readers))
    }
    #expect(try replica.names() == ["writer"])
  }

  @Test("hard links: two names, one array, and each key keeps its name everywhere")
  func links() throws {
    try replica.join(master)
    try master.makeArray("a", "i8", .npy, [1])
    #expect(link(master.path("a"), master.path("b")) == 0)
    #expect(try master("MMAP", "b", "b") == .integer(1))
    try expectOne(["a", "b"])
    for key in ["a", "b"] { #expect(try master("VFILEPATH", key) == .bulk(key)) }
    try master("DEBUG", "CHANGE-REPL-ID")
    try master("CLIENT", "KILL", "TYPE", "REPLICA")
    try expectOne(["b", "a"])
    for key in ["a", "b"] { #expect(try master("VFILEPATH", key) == .bulk(key)) }
    // As one they go on, too.
    try replica("REPLICAOF", "NO", "ONE")
    try replica.restart(after: .shutdown(saving: true))
    try replica("MMAP.ADD", "a", 60)
    #expect(try replica("VALL", "a") == replica("VALL", "b"))
    try master.join(replica)
    try expectSame(replica, [master], keys: ["a", "b"])
  }

  @Test("a time to live stays when a detached key attaches")
  func timeToLive() throws {
    try master.makeArray("a", "i8", .npy, [1, 2])
    #expect(try master("EXPIRE", "a", 5000) == .integer(1))
    try master.live.stop(saving: true)
    #expect(rename(master.path("a"), master.path("away")) == 0)
    try master.start()
    try replica.join(master)
    #expect(rename(master.path("away"), master.path("a")) == 0)
    #expect(try master("VGET", "a", 0) == .integer(1))
    try eventually("the replica has it") { try replica("VGET", "a", 1) == .integer(2) }
    for server in [master, replica] { #expect(try Int(server("TTL", "a")) > 4000) }
    try expectSame(master, [replica], keys: ["a"])
  }
}
