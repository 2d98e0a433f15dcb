import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Files that are cut under their mapping: an access to what is gone is a signal, `SIGBUS`.
struct CutFileTests {
  /// A command.
  struct Work: Sendable {
    let words: [String]
    /// Whether it touches a part of a raw file that is gone without looking how long the file is. Commands that change
    /// the array do or don't, depending on whether there may be replicas.
    var touches: Bool? = false
    /// Whether it needs nothing that is gone, in either format.
    var isHarmless = false

    static let all = [
      Work(words: ["VGET", "a", "150000"], touches: true), Work(words: ["VMGET", "a", "1", "150000"], touches: true),
      Work(words: ["VSET", "a", "150000", "1"], touches: nil),
      Work(words: ["VSET", "a", "1", "1.5", "150000", "1"], touches: nil),
      Work(words: ["MMAP.INCRBY", "a", "150000", "1"], touches: nil),
      Work(words: ["VALL", "a"]), Work(words: ["MMAP.RANGE", "a", "1000", "-1"]), Work(words: ["MMAP.READ", "a"]),
      Work(words: ["MMAP.READ", "a", "100000", "10"]), Work(words: ["MMAP.AGG", "a", "0", "-1", "SUM", "VAR"]),
      Work(words: ["MMAP.FIND", "a", "0", "-1", "GT", "100"]), Work(words: ["MMAP.SEARCHSORTED", "a", "3"]),
      Work(words: ["MMAP.FILL", "a", "0", "-1", "1.5"]), Work(words: ["VPOP", "a"]),
      Work(words: ["MMAP.ADD", "a", "1.5"]),
      Work(words: ["MMAP.APPEND", "a", "12345678"]),
      Work(words: ["MMAP.WRITE", "a", "150000", String(repeating: "x", count: 80)]),
      Work(words: ["MMAP.RESIZE", "a", "300000"]), Work(words: ["MMAP.RESIZE", "a", "100"]),
      Work(words: ["VCLEAR", "a"]), Work(words: ["VCOUNT", "a"], isHarmless: true),
      Work(words: ["MMAP.INFO", "a"], isHarmless: true), Work(words: ["MMAP.SYNC", "a"], isHarmless: true),
      Work(words: ["DEBUG", "DIGEST-VALUE", "a"], isHarmless: true), Work(words: ["DUMP", "a"], isHarmless: true),
      Work(words: ["COPY", "a", "b"], isHarmless: true), Work(words: ["MEMORY", "USAGE", "a"], isHarmless: true),
    ]
  }

  private static let count = 200_000

  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
    try server("MMAP", "other", "other", "i32")
    try server("MMAP.ADD", "other", 1, 2, 3)
  }

  /// Maps a new file of f64, and fills it.
  private func prepare(_ format: Format) throws {
    try server("DEL", "a", "b")
    unlink(server.path("file"))
    let elements = (0..<CutFileTests.count).flatMap { _ in withUnsafeBytes(of: 1.5, Array.init) }
    try server.write(format == .npy ? npyHeader + elements : elements, to: "file")
    #expect(try server("MMAP", "a", "file") == .integer(CutFileTests.count))
  }

  private var npyHeader: [UInt8] {
    let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (\(CutFileTests.count),), }"
    let padding = String(repeating: " ", count: 128 - 10 - 1 - text.utf8.count)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array((text + padding + "\n").utf8)
  }

  /// What must hold whatever happened to `a`.
  private func expectOthersServed() throws {
    #expect(try server("VALL", "other") == .array([.integer(1), .integer(2), .integer(3)]))
  }

  @Test("a raw file is what it is now", arguments: [1000, 0, 10_016])
  func raw(left: Int) throws {
    for work in Work.all {
      try prepare(.raw)
      #expect(truncate(server.path("file"), left * 8) == 0)
      let error = try server.send(work.words).errorText
      if let error { #expect(error == CutFileTests.fault, "\(work)") }
      if let touches = work.touches { #expect((error != nil) == touches, "\(work)") }
      let size = try server.bytes("file").count
      if error != nil { #expect(size == left * 8, "\(work)") }
      #expect(try server("VCOUNT", "a") == .integer(size / 8), "\(work)")
      #expect(try server("MMAP.READ", "a") == .bulk(server.bytes("file")), "\(work)")
      #expect(try server("MMAP.ADD", "a", 7) == .integer(1), "\(work)")
      #expect(try server("VGET", "a", size / 8) == .bulk("7"), "\(work)")
      try expectOthersServed()
    }
  }

  private static let fault = "ERR a part of 'file' is gone: it was cut by another program, or the disk fails"

  @Test("a file with a header is refused until it is whole again", arguments: [128 + 8000, 128, 100, 0])
  func npy(left: Int) throws {
    for work in Work.all {
      try prepare(.npy)
      let whole = try server.bytes("file")
      #expect(truncate(server.path("file"), left) == 0)
      let reply = try server.send(work.words)
      // To make it shorter takes no more than its header.
      let isShorter = left > 0 && ["VCLEAR a", "MMAP.RESIZE a 100"].contains(work.words.joined(separator: " "))
      if work.isHarmless || isShorter {
        #expect(reply.errorText == nil, "\(work)")
      } else if reply.errorText != nil || left >= 4096 {
        // Unless contents on their way to replicas have met the fault before.
        #expect(reply.errorText == CutFileTests.fault || reply.errorText?.contains("not mapped") == true, "\(work)")
        #expect(try server.bytes("file").count == left, "\(work)")
        for command in [["VGET", "a", "0"], ["VCOUNT", "a"], ["MMAP.ADD", "a", "1"], ["MMAP.SYNC", "a"]] {
          let error = try #require(try server.send(command).errorText)
          #expect(error.hasPrefix("ERR the file 'file' is not mapped at the moment: the file cannot be mapped: "))
        }
        #expect(try server("MMAP.INFO", "a")["state"] == .bulk("detached"))
        #expect(try server.bytes("file").count == left)
      }
      try expectOthersServed()
      guard !isShorter else { continue }
      try server.write(whole, to: "file")
      #expect(try server("VGET", "a", 199_999) == .bulk("1.5"), "\(work)")
      #expect(try server("MMAP.ADD", "a", 7) == .integer(1), "\(work)")
    }
  }

  @Test("another file in the place of one that was cut is mapped")
  func replaced() throws {
    try prepare(.npy)
    let whole = try server.bytes("file")
    #expect(truncate(server.path("file"), 0) == 0)
    #expect(try server("VGET", "a", 100_000).errorText != nil)
    try server.write(whole, to: "new")
    #expect(rename(server.path("new"), server.path("file")) == 0)
    #expect(try server("VGET", "a", 199_999) == .bulk("1.5"))
    #expect(try server("MMAP.INFO", "a")["state"] == .bulk("attached"))
  }

  @Test(
    "a file that is cut while slices of it are worked on", arguments: Format.allCases,
    ["MMAP.AGG a 0 -1 SUM", "MMAP.FIND a 0 -1 GT 100", "MMAP.FILL a 0 -1 1.5"])
  func sliced(format: Format, command: String) throws {
    let words = command.split(separator: " ").map { String($0).argument }
    let worker = try server.live.connect(protocolVersion: .resp2)
    // The work may be done before the file is cut; five times in a row it is not.
    for _ in 0..<5 {
      try server("DEL", "a")
      unlink(server.path("file"))
      try server.send(["MMAP", "a", "file"] + format.words(.f64))
      try server("MMAP.RESIZE", "a", 16 << 20)
      for _ in 0..<4 { try worker.append(words) }
      try worker.flush()
      while try server("INFO", "mmaparray").text?.contains("mmaparray_jobs:1") != true {}
      #expect(truncate(server.path("file"), 4096) == 0)
      let replies = try (0..<4).map { _ in try worker.readReply() }
      try expectOthersServed()
      guard format == .npy else {
        #expect(try server("VCOUNT", "a") == .integer(512))
        #expect(try server("VGET", "a", 511).errorText == nil)
        return
      }
      guard replies.contains(where: { $0.errorText != nil }) else { continue }
      #expect(try server("VCOUNT", "a").errorText?.hasPrefix("ERR the file 'file' is not mapped") == true)
      return
    }
    Issue.record("the file was never cut in time")
  }

  @Test("the child that saves, and the one that serves a replica, read a file that was cut", arguments: Format.allCases)
  func children(format: Format) throws {
    try server("CONFIG", "SET", "repl-diskless-sync-delay", 0)
    try prepare(format)
    #expect(truncate(server.path("file"), 128) == 0)
    try server("BGSAVE")
    // What a replica says, and the RDB file that it is sent: to its end, which is the mark at its beginning.
    let script = """
      import socket, sys
      s = socket.socket(socket.AF_UNIX)
      s.connect(sys.argv[1])
      s.settimeout(30)
      s.sendall(b'REPLCONF capa eof\\r\\n')
      s.recv(5)
      s.sendall(b'SYNC\\r\\n')
      data = b''
      while b'$EOF:' not in data or data.count(data.split(b'$EOF:')[1][:40]) < 2:
          piece = s.recv(1 << 20)
          assert piece
          data += piece
      print(len(data))
      """
    let size = try Python.run(script: script, arguments: [server.live.socket])
    // Of a raw file, what is left; of one with a header, what its count promised, as zeros.
    #expect(try #require(Int(size.filter(\.isNumber))) > (format == .npy ? 1000 : 100))
    while try server("INFO", "persistence").text?.contains("rdb_bgsave_in_progress:1") == true {}
    #expect(try server("INFO", "persistence").text?.contains("rdb_last_bgsave_status:ok") == true)
    try expectOthersServed()
    #expect(!server.live.log.contains("crashed by signal"))
  }

  @Test("flushes of a file that was cut", arguments: Format.allCases, ["always", "everysec"])
  func flush(format: Format, policy: String) throws {
    try server("CONFIG", "SET", "mmaparray.fsync", policy)
    try prepare(format)
    #expect(try server("VSET", "a", 150_000, 2) == .integer(1))
    #expect(truncate(server.path("file"), 128) == 0)
    #expect(try server("MMAP.SYNC", "a") == .ok)
    let reply = try server("VGET", "a", 150_000)
    #expect(format == .raw && reply == .null || reply.errorText?.hasPrefix("ERR ") == true)
    try expectOthersServed()
  }

  @Test("a file that was cut and then became another's is left alone", arguments: ["DEL a", "FLUSHALL", "SHUTDOWN"])
  func leftAlone(command: String) throws {
    try prepare(.npy)
    // Room behind the elements, which the end of the binding would cut off.
    #expect(try server("MMAP.ADD", "a", 1) == .integer(1))
    #expect(truncate(server.path("file"), 0) == 0)
    #expect(try server("VGET", "a", 100_000).errorText != nil)
    let strange = [UInt8](repeating: 7, count: 4_000_000)
    try server.write(strange, to: "file")
    if command == "SHUTDOWN" {
      try server.live.stop()
    } else {
      try server.send(command.split(separator: " ").map(String.init))
    }
    #expect(try server.bytes("file") == strange)
  }
}
