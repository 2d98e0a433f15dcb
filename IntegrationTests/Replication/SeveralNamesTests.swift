import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// A file with two names (hard links): each key is recorded with the name that it was mapped by.
struct SeveralNamesTests {
  enum Record: CaseIterable, Sendable {
    case log, rewrittenLog, snapshot

    var configuration: [(String, String)] {
      self == .snapshot ? [("save", "3600 1")] : [("appendonly", "yes"), ("appendfsync", "always")]
    }
  }

  @Test("after the other name is removed and the server killed, each key has its file", arguments: Record.allCases)
  func removed(record: Record) throws {
    let server = try ModuleServer(configuration: record.configuration)
    try server.makeArray("a", "i8", .npy, [1, 2])
    #expect(link(server.path("a"), server.path("b")) == 0)
    #expect(try server("MMAP", "b", "b") == .integer(2))
    #expect(try server("MMAP", "c", "b") == .integer(2))
    #expect(try server("COPY", "b", "d") == .integer(1))
    switch record {
    case .log: break
    case .rewrittenLog:
      try server("BGREWRITEAOF")
      try eventually("the AOF is rewritten") {
        let fields = try server.information("persistence")
        return fields["aof_rewrite_in_progress"] == "0" && fields["aof_rewrite_scheduled"] == "0"
      }
    case .snapshot: #expect(try server("SAVE") == .ok)
    }
    #expect(unlink(server.path("a")) == 0)
    // Whether that may still be acknowledged is the replaced file's matter; it is in the file if it was.
    let reply = try server("MMAP.ADD", "b", 3)
    try server.restart(after: .kill)
    let expected = Reply.integers(reply == .integer(1) ? 1...3 : 1...2)
    for key in ["b", "c", "d"] {
      #expect(try server("VFILEPATH", key) == .bulk("b"))
      #expect(try server("VALL", key) == expected)
    }
    #expect(try server("VALL", "a").errorText?.contains("No such file") == true)
  }

  @Test("a payload knows one name: what it is restored as is the name of its file, also from a former replica")
  func restored() throws {
    let (master, replica) = (try ModuleServer.node(), try ModuleServer.node())
    try master.makeArray("a", "i8", .npy, [1, 2])
    try replica.join(master)
    #expect(link(master.path("a"), master.path("b")) == 0)
    try master("MMAP", "b", "b")
    try replica.catchUp(with: master)
    // Here the file is under its first name only.
    try replica("REPLICAOF", "NO", "ONE")
    let payload = try replica.dump("b")
    try replica("DEL", "a", "b")
    #expect(try replica("RESTORE", "c", 0, payload) == .ok)
    #expect(try replica("VFILEPATH", "c") == .bulk("b"))
    #expect(try replica("MMAP.INFO", "c")["file"] == .bulk(replica.path("b")))
    #expect(try replica.bytes("b").suffix(2) == [1, 2])
  }

  @Test("one array for both after a restart", arguments: Record.allCases)
  func one(record: Record) throws {
    let server = try ModuleServer(configuration: record.configuration)
    try server.makeArray("a", "i8", .npy, [1])
    #expect(link(server.path("a"), server.path("b")) == 0)
    try server("MMAP", "b", "b")
    if record == .snapshot { #expect(try server("SAVE") == .ok) }
    try server.restart(after: .kill)
    try server("MMAP.ADD", "b", 2)
    try server("MMAP.ADD", "a", 3)
    for key in ["a", "b"] {
      #expect(try server("VALL", key) == .integers(1...3))
      #expect(try server("VFILEPATH", key) == .bulk(key))
    }
  }
}
