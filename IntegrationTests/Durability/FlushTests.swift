import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// `mmaparray.fsync` and `MMAP.SYNC`, on a disk that fails.
struct FlushTests {
  let disk: FaultyDisk
  let server: ModuleServer

  init() throws {
    disk = try FaultyDisk()
    server = try ModuleServer(program: disk.program)
    try server("MMAP", "a", "a", "i32")
  }

  private func flushes() throws -> Int { try server.number("mmaparray_flushes", of: "mmaparray") }
  private func failures() throws -> Int { try server.number("mmaparray_flush_failures", of: "mmaparray") }

  private func set(_ policy: String) throws {
    #expect(try server("CONFIG", "SET", "mmaparray.fsync", policy) == .ok)
    #expect(try server("CONFIG", "GET", "mmaparray.fsync") == .array([.bulk("mmaparray.fsync"), .bulk(policy)]))
  }

  @Test("the configuration")
  func configuration() throws {
    #expect(try server("CONFIG", "GET", "mmaparray.fsync")["mmaparray.fsync"] == .bulk("everysec"))
    for policy in ["always", "no", "everysec"] { try set(policy) }
    #expect(try server("CONFIG", "SET", "mmaparray.fsync", "sometimes").errorText != nil)
    let other = try ModuleServer(configuration: [("mmaparray.fsync", "always")])
    #expect(try other("CONFIG", "GET", "mmaparray.fsync")["mmaparray.fsync"] == .bulk("always"))
  }

  @Test("always: before the reply", arguments: [1, 3_000_000])
  func always(count: Int) throws {
    try set("always")
    #expect(try server("MMAP.RESIZE", "a", count) == .integer(count))
    let before = try flushes()
    #expect(try server("MMAP.FILL", "a", 0, -1, 5) == .integer(count))
    #expect(try flushes() > before)
    try disk.begin(.fail)
    let error = try #require(try server("VSET", "a", 0, 1).errorText)
    #expect(error.hasPrefix("ERR ") && error.contains("fdatasync") && error.contains("Input/output error"), "\(error)")
    try expectRefusal()
    disk.end(.fail)
    #expect(try server("MMAP.ADD", "a", 7) == .integer(1))
    #expect(try server("VGET", "a", count) == .integer(7))
    #expect(server.live.log.contains("flush succeeded again: 'a'"))
  }

  @Test("always: work that goes on after its command is flushed at its end")
  func slices() throws {
    try server("MMAP.RESIZE", "a", 4_000_000)
    try set("always")
    try disk.begin(.fail)
    #expect(try server("MMAP.FILL", "a", 0, -1, 5).errorText?.contains("Input/output error") == true)
  }

  @Test("everysec: about once a second, and a failure stops further changes")
  func everysec() throws {
    try disk.begin(.fail)
    #expect(try server("MMAP.ADD", "a", 1) == .integer(1))
    try eventually("the failure is noticed", atMost: .seconds(3)) { try failures() > 0 }
    try expectRefusal()
    // Reads go on, and so do other arrays until their own flush fails.
    #expect(try server("VALL", "a") == .array([.integer(1)]))
    disk.end(.fail)
    #expect(try server("MMAP.ADD", "a", 2) == .integer(1))
    let (before, failed) = (try flushes(), try failures())
    try eventually("the next round", atMost: .seconds(3)) { try flushes() > before }
    #expect(try failures() == failed)
    #expect(try server("VALL", "a") == .array([.integer(1), .integer(2)]))
  }

  @Test("everysec: what is unbound is flushed too")
  func unbound() throws {
    let before = try flushes()
    try server("MMAP.ADD", "a", 1)
    try server("DEL", "a")
    try eventually("the flush", atMost: .seconds(3)) { try flushes() > before }
  }

  @Test("no: never")
  func never() throws {
    try set("no")
    try disk.begin(.fail)
    try server("MMAP.ADD", "a", 1)
    usleep(2_200_000)
    #expect(try server("MMAP.ADD", "a", 2) == .integer(1))
    #expect(try failures() == 0 && flushes() == 0)
    #expect(try server("MMAP.SYNC", "a").errorText?.contains("Input/output error") == true)
    #expect(try server("MMAP.ADD", "a", 3).errorText != nil)
    disk.end(.fail)
    #expect(try server("MMAP.SYNC", "a") == .ok)
    #expect(try server("MMAP.ADD", "a", 3) == .integer(1))
  }

  @Test("MMAP.SYNC waits for the disk, and nobody else does")
  func synchronize() throws {
    try server("MMAP.ADD", "a", 1)
    try disk.begin(.wait)
    defer { disk.end(.wait) }
    let other = try server.live.connect(protocolVersion: .resp2)
    try other.append(["MMAP.SYNC", "a"])
    try other.flush()
    // Several rounds of everysec meet a disk that does not respond.
    let deadline = ContinuousClock.now + .milliseconds(2500)
    var count = 0
    while ContinuousClock.now < deadline {
      count += 1
      #expect(try server("MMAP.ADD", "a", count % 100) == .integer(1))
      usleep(5000)
    }
    // A child is forked meanwhile, and ends.
    for command in ["BGSAVE", "BGREWRITEAOF"] {
      try server.connection(Argument(command))
      try eventually("\(command) ends", atMost: .seconds(5)) {
        let fields = try server.information("persistence")
        return fields["rdb_bgsave_in_progress"] == "0" && fields["aof_rewrite_in_progress"] == "0"
      }
      #expect(try server.information("persistence")["rdb_last_bgsave_status"] == "ok")
    }
    // A file can be given up and mapped anew.
    try server("DEL", "a")
    #expect(try server("MMAP", "a", "a") == .integer(count + 1))
    disk.end(.wait)
    #expect(try other.readReply() == .ok)
    // Few descriptors were kept.
    #expect(try server("MMAP.SYNC", "a") == .ok)
  }

  @Test("a replica applies what its master sends, whatever its disk does", arguments: ["always", "everysec"])
  func replica(policy: String) throws {
    let master = try ModuleServer.node()
    try server("DEL", "a")
    try set(policy)
    try server.join(master)
    try master("MMAP", "a", "a", "i32")
    try server.catchUp(with: master)
    try disk.begin(.fail)
    for number in 0..<5 { try master("MMAP.ADD", "a", number) }
    try eventually("a failure", atMost: .seconds(3)) { try failures() > 0 }
    for number in 0..<5 { try master("MMAP.ADD", "a", number) }
    try expectSame(master, [server], keys: ["a"])
  }

  private func expectRefusal() throws {
    let before = try failures()
    #expect(before > 0)
    #expect(server.live.log.contains("flush failed, no changes until one succeeds"))
    let contents = try server("MMAP.READ", "a", 0, 10)
    for command in [["MMAP.ADD", "a", "1"], ["VSET", "a", "0", "9"], ["VPOP", "a"], ["VCLEAR", "a"]] {
      #expect(try server.send(command).errorText?.contains("Input/output error") == true)
    }
    #expect(try server("MMAP.READ", "a", 0, 10) == contents)
    #expect(try failures() > before)
    // However many commands are refused, the log says it once.
    #expect(server.live.log.ranges(of: "flush failed").count == 1)
  }
}
