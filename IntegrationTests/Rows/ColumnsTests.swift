import LiveServer
import MappedArrayClient
import Testing

/// Files that are mapped with `COLUMNS`: rows of a size that is asked for, and that a raw file cannot tell of itself.
struct ColumnsTests {
  @Test("a new file has rows, and NumPy finds them", arguments: ElementCase.numbers, Format.allCases)
  func new(type: ElementCase, format: Format) throws {
    let server = try ModuleServer()
    #expect(try server.send(["MMAP", "a", "a"] + format.words(type) + ["COLUMNS", "3"]) == .integer(0))
    #expect(try server.shape("a") == .integers([0, 3]))
    #expect(try server("MMAP.ADD", "a", 1, 2, 3, 4, 5, 6) == .integer(6))
    #expect(try server.shape("a") == .integers([2, 3]))
    let element = [UInt8](repeating: 0, count: type.size)
    for words: [any ArgumentConvertible] in [
      ["MMAP.ADD", "a", 1], ["VPOP", "a"], ["MMAP.RESIZE", "a", 4], ["MMAP.APPEND", "a", element],
      ["MMAP.WRITE", "a", 6, element], ["MMAP.WRITE", "a", 5, element + element],
    ] {
      try server.expectRefusal(words, saying: "rows of 3")
    }
    #expect(try server("MMAP.WRITE", "a", 5, element + element + element + element) == .integer(4))
    #expect(try server("MMAP.RESIZE", "a", 6) == .integer(6))
    #expect(try server("VSET", "a", 5, 6) == .integer(1))
    let script = """
      import numpy, sys
      path, dtype, format = sys.argv[1:]
      array = numpy.load(path) if format == 'npy' else numpy.fromfile(path, dtype).reshape(-1, 3)
      print(array.dtype, array.tolist() == [[1, 2, 3], [4, 5, 6]], end='')
      """
    let seen = try Python.run(script: script, arguments: [server.path("a"), type.numpyName, format.rawValue])
    #expect(seen == "\(type.numpyName) True")
    #expect(try server("VCLEAR", "a") == .integer(6))
    #expect(try server.shape("a") == .integers([0, 3]))
  }

  @Test("a part of a row of a raw file is not there yet, and stops what changes the length")
  func parts() throws {
    let server = try ModuleServer()
    try server.write([1, 0, 2, 0, 3, 0, 4, 0, 5], to: "a")
    #expect(try server("MMAP", "a", "a", "i16", "COLUMNS", 3) == .integer(3))
    #expect(try server("VALL", "a") == .integers([1, 2, 3]))
    #expect(try server("VGET", "a", 3) == .null)
    for words: [any ArgumentConvertible] in [["MMAP.ADD", "a", 7, 8, 9], ["MMAP.RESIZE", "a", 6], ["VCLEAR", "a"]] {
      try server.expectRefusal(words, saying: "3 bytes of a part of a row of 6")
    }
    try server.append([0, 6, 0], to: "a")
    #expect(try server("VCOUNT", "a") == .integer(6))
    #expect(try server("MMAP.ROWS", "a", -1) == .array([.bulk([4, 0, 5, 0, 6, 0])]))
    #expect(try server("MMAP.ADD", "a", 7, 8, 9) == .integer(3))
  }

  @Test("what is there already is checked")
  func checked() throws {
    let server = try ModuleServer()
    let script = "import numpy, sys; numpy.save(sys.argv[1] + 'a.npy', numpy.zeros((4, 3, 2), 'u1'))"
    try Python.run(script: script, arguments: [server.path()])
    #expect(
      try server.failure(["MMAP", "a", "a.npy", "COLUMNS", 5])
        == "ERR the file's header records rows of 6, not 5; leave COLUMNS out or name 6")
    #expect(try server("MMAP", "a", "a.npy", "COLUMNS", 6) == .integer(24))
    #expect(try server.failure(["MMAP", "a", "a.npy", "COLUMNS", 5]).contains("rows of 6, not 5"))
    #expect(try server("MMAP", "a", "a.npy", "u8", "COLUMNS", 6, "WRITABLE") == .integer(24))
    #expect(try server("MMAP", "raw", "raw", "COLUMNS", 4) == .integer(0))
    // The same rows under another key, or none named.
    #expect(try server("MMAP", "raw", "raw", "COLUMNS", 4) == .integer(0))
    #expect(try server("MMAP", "same", "raw") == .integer(0))
    #expect(try server.shape("same") == .integers([0, 4]))
    #expect(try server.failure(["MMAP", "other", "raw", "COLUMNS", 2]).contains("rows of 4, not 2"))
    #expect(try server.failure(["MMAP", "raw", "raw", "COLUMNS", 2]).contains("rows of 4, not 2"))
    try server("MMAP", "plain", "plain")
    #expect(try server.failure(["MMAP", "plain", "plain", "COLUMNS", 2]).contains("rows of 1, not 2"))
    for number in ["0", "-1", "\(Int.max)", "x", "", "9223372036854775808"] {
      #expect(try server.failure(["MMAP", "new", "new", "i16", "COLUMNS", number]).hasPrefix("ERR "), "\(number)")
    }
    #expect(try server.failure(["MMAP", "new", "new", "COLUMNS", 2, "COLUMNS", 2]).contains("each once"))
    #expect(try server("MMAP", "new", "new", "COLUMNS").errorText != nil)
    #expect(try server("EXISTS", "new") == .integer(0))
    #expect(try !Files.names(in: server.path()).contains("new"))
  }

  @Test("a restart finds the rows again", arguments: ["rdb", "aof", "rewritten"], Format.allCases)
  func restart(way: String, format: Format) throws {
    // With a flush under way, a server that need not flush at once writes its AOF later.
    let logs = [
      ("appendonly", "yes"), ("appendfsync", "always"), ("aof-use-rdb-preamble", way == "aof" ? "yes" : "no"),
    ]
    let configuration = way == "rdb" ? [] : logs
    let server = try ModuleServer(configuration: configuration)
    try server.send(["MMAP", "a", "a", "i16"] + (format == .raw ? ["RAW"] : []) + ["COLUMNS", "3"])
    try server("MMAP.ADD", "a", 1, 2, 3, 4, 5, 6)
    try server("COPY", "a", "b")
    if way == "rewritten" {
      try server("BGREWRITEAOF")
      try eventually("the AOF is rewritten") {
        try server.information("persistence")["aof_rewrite_in_progress"] == "0"
          && server.information("persistence")["aof_rewrite_scheduled"] == "0"
      }
    }
    if way == "rdb" { try server("SAVE") }
    try server.restart(after: .kill)
    for key in ["a", "b"] {
      #expect(try server.shape(key) == .integers([2, 3]))
      #expect(try server("MMAP.ROWS", key, 1) == .array([.bulk([4, 0, 5, 0, 6, 0])]))
    }
    try server.expectRefusal(["MMAP.ADD", "a", 1], saying: "rows of 3")
    #expect(try server.failure(["MMAP", "a", "a", "COLUMNS", 2]).contains("rows of 3, not 2"))
  }

  @Test("DUMP and RESTORE carry the rows", arguments: Format.allCases)
  func restore(format: Format) throws {
    let server = try ModuleServer()
    try server.send(["MMAP", "a", "a", "i16"] + (format == .raw ? ["RAW"] : []) + ["COLUMNS", "3"])
    try server("MMAP.ADD", "a", 1, 2, 3, 4, 5, 6)
    let dump = try server("DUMP", "a")
    guard case .bulk(let payload) = dump else { throw PayloadError(reply: dump) }
    let other = try ModuleServer()
    #expect(try other("RESTORE", "a", 0, payload) == .ok)
    #expect(try other.shape("a") == .integers([2, 3]))
    #expect(try other("RESTORE", "again", 0, payload) == .ok)
    #expect(try other.shape("again") == .integers([2, 3]))
    #expect(try other("VALL", "again") == .integers(1...6))
  }

  @Test("replicas have the rows, however they get them", arguments: Format.allCases)
  func replication(format: Format) throws {
    let (master, replica) = (try ModuleServer.node(), try ModuleServer.node())
    let words = ["i16"] + (format == .raw ? ["RAW"] : []) + ["COLUMNS", "3"]
    try master.send(["MMAP", "before", "before"] + words)
    try master("MMAP.ADD", "before", 1, 2, 3)
    try replica.join(master)
    try master.send(["MMAP", "new", "new"] + words)
    // Files that have contents already.
    let script = """
      import numpy, sys
      directory, format = sys.argv[1:]
      for name, rows in ('full', 5), ('large', 1_000_000):
          values = numpy.arange(3 * rows).astype('i2').reshape(-1, 3)
          values.tofile(directory + name) if format == 'raw' else numpy.save(open(directory + name, 'wb'), values)
      """
    try Python.run(script: script, arguments: [master.path(), format.rawValue])
    let keys = ["before", "new", "full", "large"]
    for key in keys.dropFirst(2) { try master.send(["MMAP", key, key, "i16", "COLUMNS", "3"]) }
    for key in keys {
      try master("MMAP.ADD", key, 7, 8, 9)
      try master("MMAP.FILL", key, 0, 1, 5)
    }
    if format == .raw {
      // More than a piece, which must not end inside a row.
      try master.append([UInt8](repeating: 3, count: 6 * 900_001), to: "full")
      try eventually("the growth is there") {
        try replica("VCOUNT", "full") == master("VCOUNT", "full")
      }
    }
    try expectSame(master, [replica], keys: keys)
    for key in keys {
      #expect(try replica.shape(key) == master.shape(key))
      #expect(try replica("MMAP.ROWS", key, 0, -1) == master("MMAP.ROWS", key, 0, -1))
    }
    try replica.restart(after: .kill)
    try replica.join(master)
    try expectSame(master, [replica], keys: keys)
    for key in keys { #expect(try replica.shape(key) == master.shape(key)) }
  }

  @Test("MMAP.RELOAD takes the file that has the name now, with the same rows if it is raw", arguments: Format.allCases)
  func reload(format: Format) throws {
    let (master, replica) = (try ModuleServer.node(), try ModuleServer.node())
    try master.send(["MMAP", "a", "a", "i16"] + (format == .raw ? ["RAW"] : []) + ["COLUMNS", "3"])
    try master("MMAP.ADD", "a", 1, 2, 3)
    try replica.join(master)
    // A header says itself what rows there are.
    let script = """
      import numpy, os, sys
      path, format = sys.argv[1:]
      values = numpy.arange(12, dtype='i2').reshape(3, 4)
      values.tofile(path + '.new') if format == 'raw' else numpy.save(open(path + '.new', 'wb'), values)
      os.rename(path + '.new', path)
      """
    try Python.run(script: script, arguments: [master.path("a"), format.rawValue])
    #expect(try master("MMAP.RELOAD", "a") == .integer(12))
    let shape = Reply.integers(format == .raw ? [4, 3] : [3, 4])
    #expect(try master.shape("a") == shape)
    try expectSame(master, [replica], keys: ["a"])
    #expect(try replica.shape("a") == shape)
    try master("MMAP.RESIZE", "a", 24)
    try expectSame(master, [replica], keys: ["a"])
    try replica.restart(after: .kill)
    try replica.join(master)
    try expectSame(master, [replica], keys: ["a"])
    #expect(try replica.shape("a") == .integers(format == .raw ? [8, 3] : [6, 4]))
  }

  @Test("RESTORE beside the file that has the name, on all nodes", arguments: Format.allCases)
  func restoreBeside(format: Format) throws {
    let (master, replica) = (try ModuleServer.node(), try ModuleServer.node())
    try replica.join(master)
    try master.send(["MMAP", "a", "a", "i16"] + (format == .raw ? ["RAW"] : []) + ["COLUMNS", "3"])
    try master("MMAP.ADD", "a", 1, 2, 3, 4, 5, 6)
    let payload = try master("DUMP", "a")
    guard case .bulk(let bytes) = payload else { throw PayloadError(reply: payload) }
    try master("MMAP.ADD", "a", 7, 8, 9)
    #expect(try master("RESTORE", "b", 0, bytes) == .ok)
    try master("MMAP.ADD", "b", 0, 0, 1)
    try expectSame(master, [replica], keys: ["a", "b"])
    for server in [master, replica] {
      #expect(try server.shape("a") == .integers([3, 3]))
      #expect(try server.shape("b") == .integers([3, 3]))
      #expect(try server("MMAP.ROWS", "b", 1, 2) == .array([.bulk([4, 0, 5, 0, 6, 0]), .bulk([0, 0, 0, 0, 1, 0])]))
    }
    #expect(try master.failure(["MMAP.ADD", "b", 1]).contains("rows of 3"))
  }
}

extension ModuleServer {
  fileprivate func shape(_ key: String) throws -> Reply? { try self("MMAP.INFO", key)["shape"] }
}

private struct PayloadError: Error { let reply: Reply }
