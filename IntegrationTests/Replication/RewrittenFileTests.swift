import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// What other programs do to the master's files reaches replicas as it is.
struct RewrittenFileTests {
  let master: ModuleServer
  let replica: ModuleServer

  init() throws {
    master = try ModuleServer.node([("save", "3600 1")])
    replica = try ModuleServer.node()
  }

  @Test("a raw file that its writer cuts and writes anew", arguments: [false, true])
  func rotated(isAsked: Bool) throws {
    try master.write([UInt8](repeating: 1, count: 1000), to: "log")
    try master("MMAP", "log", "log", "u8")
    try replica.join(master)
    #expect(try replica("VCOUNT", "log") == .integer(1000))
    for text in ["12345678", "abc"] {
      try Shell.run("truncate --size=0 '\(master.path("log"))'; printf '\(text)' >'\(master.path("log"))'")
      if isAsked { #expect(try master("MMAP.READ", "log") == .bulk(text)) }
      try eventually("the replica has '\(text)'") { try replica("MMAP.READ", "log") == .bulk(text) }
      try expectSame(master, [replica], keys: ["log"])
    }
    try Shell.run("truncate --size=0 '\(master.path("log"))'")
    try eventually("it is seen that all is gone") { try replica("VCOUNT", "log") == .integer(0) }
    try Shell.run("printf 'a longer text' >'\(master.path("log"))'")
    try eventually("the replica has the longer text") { try replica("MMAP.READ", "log") == .bulk("a longer text") }
    try expectSame(master, [replica], keys: ["log"])
  }

  @Test("a raw file that is cut and grows beyond its old length before anybody looks")
  func rotatedLonger() throws {
    try master.write([UInt8](repeating: 1, count: 5000), to: "log")
    try master("MMAP", "log", "log", "u8")
    try replica.join(master)
    let path = master.path("log")
    try Shell.run("truncate --size=0 '\(path)'; head -c 9000 /dev/zero | tr '\\0' '\\002' >'\(path)'")
    #expect(try master("VCOUNT", "log") == .integer(9000))
    // What another program wrote into the old length, the server cannot see; a change of it does not hide the rest.
    #expect(try master("MMAP.RELOAD", "log") == .integer(9000))
    try eventually("the replica has it") { try replica("VMGET", "log", 0, 8999) == .integers([2, 2]) }
    try expectSame(master, [replica], keys: ["log"])
  }

  @Test("a raw file that is cut and grows beyond its old length right after a change", arguments: [10, 5000])
  func rotatedAfterChange(count: Int) throws {
    try master.write([UInt8](repeating: 1, count: count), to: "log")
    try master("MMAP", "log", "log", "u8")
    try replica.join(master)
    // Whether somebody looks in between is chance.
    for (round, change) in [["VADD", "log", "3"], ["VSET", "log", "1", "4"], ["VPOP", "log"], ["VCLEAR", "log"]]
      .enumerated()
    {
      let byte = UInt8(10 + round)
      #expect(try master.send(change).errorText == nil)
      let contents = [UInt8](repeating: byte, count: count + 100 * round + 50)
      try master.write(contents, to: "log")
      try eventually("the replica has what was written after \(change)") {
        try replica("MMAP.READ", "log") == .bulk(contents)
      }
      try expectSame(master, [replica], keys: ["log"])
    }
  }

  @Test("a file that lost a part and came back", arguments: Format.allCases)
  func cut(format: Format) throws {
    let count = 1 << 16
    try master.makeArray("a", "u8", format)
    try master("MMAP.APPEND", "a", [UInt8](repeating: 7, count: count))
    try replica.join(master)
    let path = master.path("a")
    try Shell.run("truncate --size=10000 '\(path)'")
    // Some of it is stored before it is found that the rest cannot be.
    let cut = try master("VSET", "a", 0, 9, count - 1, 9)
    #expect(cut.errorText != nil || format == .raw && cut == .integer(1), "\(cut)")
    try Shell.run("truncate --size=\(format.size(.all[4], count)) '\(path)'")
    try eventually("it is back") { try master("VCOUNT", "a") == .integer(count) }
    #expect(try master("VGET", "a", count - 1) == .integer(0))
    try eventually("the replica has the same") { try replica.digests(["a"]) == master.digests(["a"]) }
    #expect(try master("VSET", "a", count - 1, 8) == .integer(1))
    try expectSame(master, [replica], keys: ["a"])
    #expect(try replica("VGET", "a", count - 1) == .integer(8))
  }

  @Test("a change of several elements in a raw file of which some are gone: what is stored of it is on all nodes")
  func partly() throws {
    let count = 1 << 16
    try master.makeArray("a", "u8", .raw)
    try master("MMAP.APPEND", "a", [UInt8](repeating: 7, count: count))
    try replica.join(master)
    try Shell.run("truncate --size=10000 '\(master.path("a"))'")
    for _ in 0..<2 { try master("VSET", "a", 0, 9, count - 1, 9) }
    try eventually("the replica has the same") { try replica.digests(["a"]) == master.digests(["a"]) }
    #expect(try replica("VMGET", "a", 0, 1, 9999, 10_000) == .array([.integer(9), .integer(7), .integer(7), .null]))
  }

  @Test("a fill of a file that has lost its end: the nodes have the same of it", arguments: Format.allCases)
  func cutFill(format: Format) throws {
    let count = 32 << 20
    try master.makeArray("a", "u8", format)
    try master("MMAP.RESIZE", "a", count)
    try replica.join(master)
    let other = try master.live.connect(protocolVersion: .resp2)
    try other.append(["MMAP.FILL", "a", 0, -1, 7])
    try other.flush()
    #expect(truncate(master.path("a"), off_t(count / 2)) == 0)
    _ = try other.readReply()
    #expect(truncate(master.path("a"), off_t(format.size(.all[4], count))) == 0)
    try eventually("it is back") { try master("VCOUNT", "a") == .integer(count) }
    #expect(try master("VGET", "a", count - 1).errorText == nil)
    try eventually("the replica has the same") { try replica.digests(["a"]) == master.digests(["a"]) }
    try expectSame(master, [replica], keys: ["a"])
  }

  @Test("a raw file that grows by more than goes with a change, and is changed by a client at once")
  func longGrowth() throws {
    let count = 9 << 20
    try master.write([1, 2, 3], to: "log")
    try master("MMAP", "log", "log", "u8")
    try replica.join(master)
    for round in 1...2 {
      try Shell.run("head -c \(count) /dev/zero | tr '\\0' '\\00\(round)' >>'\(master.path("log"))'")
      let last = 2 + round * (count + 1)
      let replies = try master.connection.pipeline {
        $0("VSET", "log", 0, 9, last - 1, 8)
        $0("MMAP.ADD", "log", 7)
        $0("VSET", "log", 1, 6)
      }
      #expect(replies == [.integer(2), .integer(1), .integer(1)])
      try expectSame(master, [replica], keys: ["log"])
      #expect(
        try replica("VMGET", "log", 0, 1, 2, last - 2, last - 1, last, last + 1)
          == .array([9, 6, 3, round, 8, 7].map { .integer($0) } + [.null]))
    }
  }

  @Test("a raw file that is cut while writing clients are paused")
  func paused() throws {
    try master.write([UInt8](repeating: 1, count: 1000), to: "log")
    try master("MMAP", "log", "log", "u8")
    try replica.join(master)
    try master("CLIENT", "PAUSE", 60_000, "WRITE")
    try Shell.run("truncate --size=0 '\(master.path("log"))'; printf abc >'\(master.path("log"))'")
    for _ in 0..<50 { #expect(try master("VCOUNT", "log") == .integer(3)) }
    master.expectSound()
    try master("CLIENT", "UNPAUSE")
    try eventually("the replica has it") { try replica("MMAP.READ", "log") == .bulk("abc") }
    try expectSame(master, [replica], keys: ["log"])
  }
}
