import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Bindings survive restarts; elements are in the files and nowhere else.
struct PersistenceTests {
  /// How the keys get from one run of the server to the next.
  enum Way: String, CaseIterable, Sendable {
    case snapshot, snapshotOnSIGTERM, snapshotThenKill, reload
    case appendOnlyFile, appendOnlyFileThenKill, rewritten, rewrittenThenKill, preamble, preambleThenKill, loadAOF

    var usesAOF: Bool { configuration[0].0 == "appendonly" }

    var configuration: [(String, String)] {
      let log = [("appendonly", "yes"), ("appendfsync", "always")]
      return switch self {
      case .snapshot, .snapshotOnSIGTERM, .snapshotThenKill, .reload: [("save", "3600 1")]
      case .appendOnlyFile, .appendOnlyFileThenKill, .rewritten, .rewrittenThenKill, .loadAOF:
        log + [("aof-use-rdb-preamble", "no")]
      case .preamble, .preambleThenKill: log + [("aof-use-rdb-preamble", "yes")]
      }
    }

    /// What happens to the bindings before the elements change for the last time.
    func prepare(_ server: ModuleServer) throws {
      switch self {
      case .snapshotThenKill: try server.connection("SAVE")
      case .rewritten, .rewrittenThenKill, .preamble, .preambleThenKill: try server.rewriteAOF()
      default: break
      }
    }

    func restart(_ server: ModuleServer) throws {
      switch self {
      case .snapshot: try server.restart(after: .shutdown(saving: true))
      case .snapshotOnSIGTERM: try server.restart(after: .terminate)
      case .appendOnlyFile, .rewritten, .preamble: try server.restart(after: .shutdown(saving: false))
      case .snapshotThenKill, .appendOnlyFileThenKill, .rewrittenThenKill, .preambleThenKill:
        try server.restart(after: .kill)
      case .reload: try server.connection("DEBUG", "RELOAD")
      case .loadAOF: try server.connection("DEBUG", "LOADAOF")
      }
    }
  }

  @Test("bindings and elements, once each", arguments: Way.allCases)
  func restart(way: Way) throws {
    let server = try ModuleServer(configuration: way.configuration)
    try server("MMAP", "fixed", "fixed.npy", "u8")
    try server("MMAP.ADD", "fixed", 7)
    try server("DEL", "fixed")
    try server("MMAP", "typed", "typed.npy", "f32")
    try server("MMAP", "raw", "raw", "i16", "RAW")
    try server("MMAP", "plain", "plain")
    try server("MMAP", "fixed", "fixed.npy", "READONLY")
    try server("MMAP", "again", "typed.npy")
    for (round, shown) in [["0"], ["0", "1"], ["0", "1", "2"]].enumerated() {
      try way.prepare(server)
      for key in ["typed", "raw", "plain"] { #expect(try server("MMAP.ADD", key, round, 9) == .integer(2)) }
      for key in ["typed", "raw", "plain"] { try server("VPOP", key) }
      try way.restart(server)
      for (key, name) in [("typed", "f32"), ("plain", "f64"), ("raw", "i16"), ("again", "f32")] {
        let type = try #require(ElementCase.named(name))
        #expect(try server("VTYPE", key) == .bulk(name))
        #expect(try type.matches(server("VALL", key), shown), "\(key) in round \(round)")
      }
      #expect(try server("VALL", "fixed") == .array([.integer(7)]))
      #expect(try server("MMAP.ADD", "fixed", 1).errorText?.contains("READONLY") == true)
      #expect(try server("VFILEPATH", "typed") == .bulk("typed.npy"))
      #expect(try server("TYPE", "typed") == .status("mmaparray"))
      #expect(try server("DBSIZE") == .integer(5))
    }
    try server("DEL", "typed", "again", "fixed", "plain", "raw")
    #expect(try server.bytes("typed.npy").count == 128 + 3 * 4)
    #expect(try server.bytes("raw").count == 3 * 2)
    try way.prepare(server)
    try way.restart(server)
    #expect(try server("DBSIZE") == .integer(0))
  }

  @Test("commands on elements leave no trace in the AOF")
  func trace() throws {
    let server = try ModuleServer(
      configuration: [("appendonly", "yes"), ("appendfsync", "always"), ("aof-use-rdb-preamble", "no")])
    for key in ["a", "b"] { try server("MMAP", key, "file", "f32") }
    let before = try server.appendOnlyFile()
    let words = ["MMAP.BIND", "a", "file", "f32", "npy", "writable"]
    #expect(before.contains(String(decoding: FakePrimary.stream(of: [words]), as: UTF8.self)), "\(before)")
    try server("MMAP.ADD", "a", 1, 2, 3)
    try server("MMAP.ADD", "b", 4)
    try server("VSET", "a", 0, 9)
    try server("VPOP", "b")
    try server("EVAL", "redis.call('MMAP.ADD', KEYS[1], 5)", 1, "a")
    try server("VCLEAR", "a")
    try server("MMAP.ADD", "a", 6)
    for key in ["a", "b", "missing"] { try server("VGET", key, 0) }
    #expect(try server.appendOnlyFile() == before)
    try server.rewriteAOF()
    let rewritten = try server.appendOnlyFile()
    #expect(rewritten.components(of: "\r\nMMAP.BIND\r\n") == 2, "\(rewritten)")
    #expect(rewritten.components(of: "MMAP") == 2)
  }

  @Test("an AOF that version 1.0 wrote, with MMAP for each binding, is read; the next one has the form of today")
  func oldForm() throws {
    let server = try ModuleServer(configuration: [("appendonly", "yes"), ("aof-use-rdb-preamble", "no")])
    try server("MMAP", "typed", "typed.npy", "f32")
    try server("MMAP.ADD", "typed", 1, 2.5)
    try server("MMAP", "raw", "raw", "i16", "RAW")
    try server("MMAP.ADD", "raw", -3)
    try server("DEL", "typed", "raw")
    try server.live.stop()
    let old = [
      ["SELECT", "0"], ["MMAP", "typed", "typed.npy", "f32"], ["MMAP", "raw", "raw", "i16", "RAW"],
      ["MMAP", "read", "raw", "i16", "RAW", "READONLY"], ["MMAP", "again", "typed.npy", "f32", "SHAPE", "7"],
      ["MMAP", "gone", "gone", "u8", "RAW"],
    ]
    let file = open(
      server.live.directory + "/appendonlydir/appendonly.aof.1.incr.aof", O_WRONLY | O_APPEND | O_CLOEXEC)
    try #require(file >= 0)
    let stream = FakePrimary.stream(of: old)
    #expect(write(file, stream, stream.count) == stream.count)
    close(file)
    for _ in 0..<2 {
      try server.start()
      for key in ["typed", "again"] { #expect(try server("MMAP.ALL", key).elements?.count == 2) }
      for key in ["raw", "read"] { #expect(try server("MMAP.ALL", key) == .integers([-3])) }
      #expect(try server.failure(["MMAP.ADD", "read", "1"]).contains("mapped READONLY"))
      #expect(try server.failure(["MMAP.COUNT", "gone"]).contains("is not mapped at the moment"))
      try server.rewriteAOF()
      #expect(try server.appendOnlyFile().components(of: "\r\nMMAP.BIND\r\n") == old.count - 1)
      try server.live.stop()
    }
  }

  @Test("a transaction leaves none of its commands on elements in the AOF")
  func transaction() throws {
    let server = try ModuleServer(configuration: [("appendonly", "yes"), ("appendfsync", "always")])
    try server("MMAP", "a", "file", "i8")
    try server("MULTI")
    for word in ["1", "2"] { try server("MMAP.ADD", "a", word) }
    try server("SET", "text", "x")
    try server("VPOP", "a")
    #expect(try server("EXEC") == .array([.integer(1), .integer(1), .ok, .integer(2)]))
    let text = try server.appendOnlyFile()
    #expect(text.contains("\r\nSET\r\n") && !text.contains("MMAP.ADD") && !text.contains("VPOP"), "\(text)")
    try server.restart(after: .kill)
    #expect(try server("VALL", "a") == .array([.integer(1)]))
    #expect(try server("GET", "text") == .bulk("x"))
  }

  @Test(
    "a file that is missing at start is missed, and attached when it is back",
    arguments: [Way.snapshot, .appendOnlyFile, .preamble])
  func missing(way: Way) throws {
    let server = try ModuleServer(configuration: way.configuration)
    try server("MMAP", "a", "file", "i8")
    try server("MMAP.ADD", "a", 1, 2)
    try server("MMAP", "raw", "other", "i16", "RAW")
    try server("MMAP.ADD", "raw", 3)
    try way.prepare(server)
    try server.live.stop(saving: !way.usesAOF)
    #expect(rename(server.path("file"), server.path("away")) == 0)
    #expect(rename(server.path("other"), server.path("gone")) == 0)
    try server.start()

    let commands = [
      ["VGET", "a", "0"], ["VMGET", "a", "0"], ["VSET", "a", "0", "1"], ["MMAP.ADD", "a", "1"], ["VPOP", "a"],
      ["VCOUNT", "a"], ["VCLEAR", "a"], ["VALL", "a"], ["VTYPE", "a"], ["VFILEPATH", "a"], ["MMAP", "a", "file"],
    ]
    func expectDetached(_ reason: String) throws {
      for command in commands {
        let error = try #require(try server.send(command).errorText, "\(command)")
        #expect(error.hasPrefix("ERR ") && error.contains("file") && error.contains(reason), "\(error)")
      }
      #expect(try server("EXISTS", "a") == .integer(1))
      #expect(try server("TYPE", "a") == .status("mmaparray"))
    }
    try expectDetached("No such file")
    #expect(access(server.path("file"), F_OK) == -1)
    // Still so after another restart, and with a file that does not fit.
    try way.prepare(server)
    try server.restart(after: .shutdown(saving: !way.usesAOF))
    try expectDetached("No such file")
    try NumPyFile.write([
      NumPyFile(path: server.path("file"), type: .all[1], format: .npy, texts: ["5"])
    ])
    try expectDetached("i16")
    #expect(rename(server.path("away"), server.path("file")) == 0)
    #expect(try server("VALL", "a") == .array([.integer(1), .integer(2)]))
    #expect(try server("MMAP.ADD", "a", 3) == .integer(1))
    #expect(rename(server.path("gone"), server.path("other")) == 0)
    #expect(try server("MMAP.ADD", "raw", 4) == .integer(1))
    #expect(try server("VALL", "raw") == .array([.integer(3), .integer(4)]))
  }

  @Test("a binding whose file is missing can be deleted and mapped anew")
  func deleteDetached() throws {
    let server = try ModuleServer(configuration: Way.snapshot.configuration)
    try server("MMAP", "a", "file", "i8")
    try server.live.stop(saving: true)
    unlink(server.path("file"))
    try server.start()
    #expect(try server("DEL", "a") == .integer(1))
    #expect(try server("MMAP", "a", "file", "i16") == .integer(0))
    #expect(try server("VTYPE", "a") == .bulk("i16"))
  }

  @Test("the version of a saved binding is checked")
  func version() throws {
    let server = try ModuleServer()
    try server("MMAP", "a", "file", "i8")
    try server("MMAP.ADD", "a", 1, 2)
    guard case .bulk(let payload) = try server("DUMP", "a") else {
      Issue.record("no payload")
      return
    }
    #expect(try server("RESTORE", "b", 0, payload) == .ok)
    #expect(try server("VALL", "b") == .array([.integer(1), .integer(2)]))
    try server.connection("DEBUG", "SET-SKIP-CHECKSUM-VALIDATION", 1)
    // The type byte, the length's byte 0x81, and eight bytes of identifier, whose last ten bits are the version.
    #expect(payload[1] == 0x81)
    for version: UInt8 in [0, 2, 255] {
      var changed = payload
      changed[9] = version
      #expect(try server("RESTORE", "c", 0, changed).errorText?.contains("Bad data format") == true)
    }
    #expect(server.live.log.contains("version 2"))
    #expect(try server("EXISTS", "c") == .integer(0))
  }

  @Test("payloads with a wrong bit or that end too early never end the server")
  func payloads() throws {
    let server = try ModuleServer()
    try server("MMAP", "a", "file", "i8")
    try server("MMAP.ADD", "a", 1, 2)
    try server.connection("DEBUG", "SET-SKIP-CHECKSUM-VALIDATION", 1)
    guard case .bulk(let payload) = try server("DUMP", "a") else {
      Issue.record("no payload")
      return
    }
    // Behind the type and the module's identifier, before the RDB version and the checksum.
    for position in 10..<(payload.count - 10) {
      for bit in 0..<8 {
        var changed = payload
        changed[position] ^= 1 << bit
        try server("RESTORE", "b", 0, changed, "REPLACE")
        try server("VALL", "b")
      }
      try server("RESTORE", "b", 0, Array(payload[..<position] + payload.suffix(10)), "REPLACE")
    }
    #expect(try server("VALL", "a") == .array([.integer(1), .integer(2)]))
  }
}

extension ModuleServer {
  /// Rewrites the AOF and waits for the end of that.
  func rewriteAOF() throws {
    try connection("BGREWRITEAOF")
    let deadline = ContinuousClock.now + LiveServer.patience
    while ContinuousClock.now < deadline {
      let text = try connection("INFO", "persistence", as: String.self)
      if text.contains("aof_rewrite_in_progress:0"), text.contains("aof_rewrite_scheduled:0") {
        #expect(text.contains("aof_last_bgrewrite_status:ok"))
        return
      }
      usleep(2000)
    }
    Issue.record("the AOF was not rewritten in time")
  }

  /// All files of the AOF, one after the other.
  fileprivate func appendOnlyFile() throws -> String {
    let directory = live.directory + "/appendonlydir/"
    return try Files.names(in: directory).filter { $0.hasSuffix("of") }.map { try Files.text(directory + $0) }.joined()
  }
}

extension String {
  /// How often `part` is in it.
  fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
