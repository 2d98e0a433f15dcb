import Glibc
import LiveServer
import MappedArrayClient
import Testing

// A flush fails.
extension SharedFlushTests {
  private func expectFailure(_ clients: [Connection], sourceLocation: SourceLocation = #_sourceLocation) throws {
    for client in clients {
      let text = try client.readReply().errorText
      #expect(
        text?.contains("fdatasync") == true && text?.contains("Input/output error") == true, "\(text ?? "no error")",
        sourceLocation: sourceLocation)
    }
  }

  @Test("a failed flush is an error for all that it covers, and for what was changed while it was under way")
  func failure() throws {
    try disk.begin(.wait)
    let first = try client("MMAP.ADD", "a", "1")
    try expectWaiting(1)
    let others = try (2..<10).map { try client("MMAP.ADD", "a", "\($0)") }
    try expectWaiting(9)
    // The kernel tells once of a page that it could not write: the flush behind this one succeeds.
    try disk.begin(.failOnce)
    disk.end(.wait)
    try expectFailure([first] + others)
    #expect(try server.number("mmaparray_flush_failures", of: "mmaparray") == 1)
    #expect(try server("MMAP.ADD", "a", 10) == .integer(1))
    #expect(try server("VCOUNT", "a") == .integer(10))
  }

  @Test("after a failed flush nothing is changed until one succeeds")
  func refusal() throws {
    #expect(try server("MMAP.ADD", "a", 0) == .integer(1))
    try disk.begin(.wait)
    let clients = try (1..<5).map { try client("VSET", "a", "0", "\($0)") }
    try expectWaiting(4)
    try disk.begin(.fail)
    disk.end(.wait)
    try expectFailure(clients)
    let (count, value) = (try server("VCOUNT", "a"), try server("VGET", "a", 0))
    for words in [
      ["MMAP.ADD", "a", "1"], ["VSET", "a", "0", "9"], ["VPOP", "a"], ["MMAP.FILL", "a", "0", "-1", "3"],
    ] {
      #expect(try server.send(words).errorText?.contains("Input/output error") == true)
    }
    #expect(try server("VCOUNT", "a") == count)
    #expect(try server("VGET", "a", 0) == value)
    // Other arrays go on; their own flush tells of their own disk.
    try server("CONFIG", "SET", "mmaparray.fsync", "everysec")
    try server("MMAP", "b", "b", "i32")
    #expect(try server("MMAP.ADD", "b", 1) == .integer(1))
    disk.end(.fail)
    #expect(try server("MMAP.ADD", "a", 1) == .integer(1))
    #expect(server.live.log.ranges(of: "flush failed, no changes").count == 1)
    #expect(server.live.log.contains("flush succeeded again: 'a'"))
  }

  @Test("a flush that a transaction needs fails those too that wait for another of the array")
  func transaction() throws {
    try disk.begin(.wait)
    let waiting = try client("MMAP.ADD", "a", "1")
    try expectWaiting(1)
    // Holds the server, until the disk goes on: fails then, whichever of the two comes first.
    let other = try server.live.connect(protocolVersion: .resp2)
    for words in [["MULTI"], ["MMAP.ADD", "a", "2"], ["EXEC"]] { try other.append(words.map { Argument($0) }) }
    try other.flush()
    try disk.begin(.fail)
    disk.end(.wait)
    for expected in [Reply.ok, .status("QUEUED")] { #expect(try other.readReply() == expected) }
    #expect(try other.readReply().elements?.first?.errorText?.contains("Input/output error") == true)
    try expectFailure([waiting])
  }
}
