import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Somebody damages a replica's file: it cannot apply what comes, says so, and gets all again.
struct DamagedReplicaTests {
  enum Damage: CaseIterable, Sendable {
    case cut, removed, replaced
  }

  @Test("the next change that cannot be applied makes it synchronise", arguments: Damage.allCases)
  func damage(damage: Damage) throws {
    let (master, replica) = (try ModuleServer.node(), try ModuleServer.node())
    let count = 1 << 16
    try master.makeArray("a", "u8", .npy)
    try master("MMAP.APPEND", "a", [UInt8](repeating: 7, count: count))
    try master.makeArray("other", "u8", .npy, [1])
    try replica.join(master)
    let path = replica.path("a")
    switch damage {
    case .cut: #expect(truncate(path, 10_000) == 0)
    case .removed: #expect(unlink(path) == 0)
    case .replaced:
      try replica.write([1, 2, 3], to: "new")
      #expect(rename(replica.path("new"), path) == 0)
    }
    // The second one comes when a file that has no name any more has been noticed.
    try eventually("the replica is whole again") {
      try master("VSET", "a", count - 1, 9)
      usleep(20_000)
      let file = try? replica.bytes("a")
      return file?.count == 128 + count && file?.last == 9
    }
    try expectSame(master, [replica], keys: ["a", "other"])
    #expect(try replica("VMGET", "a", 0, count - 1) == .integers([7, 9]))
    try replica.restart(after: .kill)
    #expect(try replica.bytes("a").suffix(2) == [7, 9])
    replica.expectSound()
  }

  @Test("a replica of a damaged replica waits, and gets all too")
  func chain() throws {
    let nodes = try (0..<3).map { _ in try ModuleServer.node() }
    let (master, replica, last) = (nodes[0], nodes[1], nodes[2])
    try master.makeArray("a", "u8", .npy)
    try master("MMAP.APPEND", "a", [UInt8](repeating: 7, count: 50_000))
    try replica.join(master)
    try last.join(replica)
    #expect(truncate(replica.path("a"), 10_000) == 0)
    for value in 0..<20 { try master("VSET", "a", 49_000, value) }
    try eventually("all have the same") {
      let digests = try master.digests(["a"])
      return try replica.digests(["a"]) == digests && last.digests(["a"]) == digests
    }
    try expectSame(master, [replica], keys: ["a"])
    try expectSame(replica, [last], keys: ["a"])
    for node in nodes { #expect(try node("VMGET", "a", 0, 49_000, 49_999) == .integers([7, 19, 7])) }
  }
}
