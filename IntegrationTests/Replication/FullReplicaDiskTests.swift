import LiveServer
import MappedArrayClient
import Testing

/// A replica that has no room for a change says so, and gets all once it has.
@Suite(.enabled(if: SmallDisk.Kind.tmpfs.isAvailable))
struct FullReplicaDiskTests {
  let master: ModuleServer
  let replica: ModuleServer
  let disk: SmallDisk

  init() throws {
    master = try ModuleServer.node()
    disk = try SmallDisk()
    replica = try ModuleServer.node(moduleArguments: ["root", disk.innerPath])
  }

  private func blob(_ byte: UInt8, _ count: Int = 1 << 20) -> [UInt8] { [UInt8](repeating: byte, count: count) }

  private func expectMended(_ keys: [String]) throws {
    try eventually("the replica mends itself") {
      try replica.number("mmaparray_detached", of: "mmaparray") == 0
        && replica.information("replication")["master_link_status"] == "up"
    }
    try expectSame(master, [replica], keys: keys)
    for key in keys { #expect(try replica.state(key) == "attached") }
    #expect(try replica.number("mmaparray_resynchronizations", of: "mmaparray") > 0)
  }

  @Test("changes that find no room", arguments: Format.allCases)
  func changes(format: Format) throws {
    try master.makeArray("a", "u8", format, [1, 2, 3])
    try master.makeArray("other", "u8", format, [1])
    try replica.join(master)
    try disk.fill()
    try master("MMAP.APPEND", "a", blob(7))
    try replica.catchUp(with: master)
    try replica.expectNoArray("a", "detached", saying: "No space left")
    #expect(try replica.number("mmaparray_detached", of: "mmaparray") == 1)
    // There is no going on behind the hole.
    try master("MMAP.APPEND", "a", [9])
    try master("VSET", "a", 0, 5)
    try replica.catchUp(with: master)
    try replica.expectNoArray("a", "detached", saying: "No space left")
    try disk.clear()
    try expectMended(["a", "other"])
    #expect(try replica("VMGET", "a", 0, 3, (1 << 20) + 2, (1 << 20) + 3) == .integers([5, 7, 7, 9]))
  }

  @Test("pieces of contents that find no room")
  func pieces() throws {
    try replica.join(master)
    try disk.fill(leaving: 64)
    // It has no holes, and more than there is room for.
    try master.write(blob(7, 6 << 20), to: "a")
    #expect(try master("MMAP", "a", "a", "u8") == .integer(6 << 20))
    try replica.catchUp(with: master)
    try eventually("the replica has noticed") { try replica.state("a") == "detached" }
    try replica.expectNoArray("a", "detached", saying: "No space left")
    try disk.clear()
    try expectMended(["a"])
    #expect(try replica("MMAP.AGG", "a", 0, -1, "MIN", "MAX") == .integers([7, 7]))
  }

  @Test("a full synchronisation that finds no room, and a replica of the replica")
  func synchronization() throws {
    try master.makeArray("a", "u8", .npy)
    try master("MMAP.APPEND", "a", blob(7, 3 << 20))
    try disk.fill(leaving: 16)
    let last = try ModuleServer.node()
    try replica.join(master)
    try last.join(replica)
    try replica.expectNoArray("a", "detached", saying: "No space left")
    try last.expectNoArray("a", "detached", saying: "")
    try disk.clear()
    try expectMended(["a"])
    try eventually("the last one has it too") { try last.state("a") == "attached" }
    try expectSame(replica, [last], keys: ["a"])
    #expect(try last("MMAP.AGG", "a", 0, -1, "MIN", "MAX") == .integers([7, 7]))
  }

  @Test("a limit of file sizes is no full disk, but as good as one")
  func limit() throws {
    try master.makeArray("a", "u8", .raw, [1])
    try replica.join(master)
    try Shell.run("prlimit --pid \(replica.live.processIdentifier) --fsize=65536:")
    try master("MMAP.APPEND", "a", blob(7))
    try replica.catchUp(with: master)
    try replica.expectNoArray("a", "detached", saying: "File too large")
    try Shell.run("prlimit --pid \(replica.live.processIdentifier) --fsize=unlimited:")
    try expectMended(["a"])
  }
}
