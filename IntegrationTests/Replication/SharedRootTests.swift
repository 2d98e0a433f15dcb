import LiveServer
import MappedArrayClient
import Testing

/// Two servers with one root: whoever has the lock of a file keeps the file, whatever the other is told.
struct SharedRootTests {
  let server: ModuleServer
  let other: ModuleServer

  init() throws {
    server = try ModuleServer.node([("save", "3600 1")])
    other = try ModuleServer.node(moduleArguments: ["root", server.innerRoot()])
  }

  @Test("a replica in its master's root is detached, and the master loses nothing", arguments: Format.allCases)
  func replica(format: Format) throws {
    try server.makeArray("a", "i8", format, [1, 2])
    try other.join(server)
    try server("MMAP.ADD", "a", 3, 4)
    try server.makeArray("b", "i8", format, [5])
    try other.catchUp(with: server)
    for key in ["a", "b"] { try other.expectNoArray(key, "detached", saying: "another process writes '\(key)'") }
    #expect(try server("MMAP.SYNC", "a") == .ok)
    try server.save()
    #expect(try other.number("mmaparray_detached", of: "mmaparray") == 2)
    other.expectSound()
    try other.live.stop()
    try server.restart(after: .kill)
    #expect(try server("VALL", "a") == .integers(1...4))
    #expect(try server("VALL", "b") == .integers([5]))
  }

  @Test("a lock that another process holds on a replica: detached, and mended once it is gone")
  func mending() throws {
    let replica = try ModuleServer.node()
    let locker = try ModuleServer(moduleArguments: ["root", replica.innerRoot()])
    try locker.makeArray("a", "i8", .npy, [9])
    try server.makeArray("a", "i8", .npy, [1, 2])
    try replica.join(server)
    try replica.expectNoArray("a", "detached", saying: "another process writes 'a'")
    try server("MMAP.ADD", "a", 3)
    try replica.catchUp(with: server)
    #expect(try locker("VALL", "a") == .integers([9]))
    try locker("DEL", "a")
    try eventually("the replica mends itself") { try replica("VALL", "a") == .integers(1...3) }
    #expect(try replica.number("mmaparray_resynchronizations", of: "mmaparray") > 0)
    #expect(try replica.number("mmaparray_detached", of: "mmaparray") == 0)
    try expectSame(server, [replica], keys: ["a"])
  }

  @Test("RESTORE does not rename a file that another process has locked", arguments: ["", "REPLACE"])
  func restore(word: String) throws {
    try server.makeArray("a", "i8", .npy, [1, 2])
    let payload = try server.dump("a")
    try server("MMAP.ADD", "a", 3)
    #expect(try other.failure(["MMAP", "a", "a"]).contains("another process writes"))
    let before = try Files.names(in: server.path())
    _ = try other.failure(["RESTORE", "a", 0, payload] + (word.isEmpty ? [] : [word]))
    #expect(other.live.log.contains("another process writes"))
    #expect(try Files.names(in: server.path()) == before)
    #expect(try other("EXISTS", "a") == .integer(0))
    try server("MMAP.ADD", "a", 4)
    try server.save()
    try server.restart(after: .kill)
    #expect(try server("VALL", "a") == .integers(1...4))
  }
}
