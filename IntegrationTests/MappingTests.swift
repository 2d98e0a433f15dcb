import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// The rows of the contract's table on `MMAP`, and what else may stand in one.
struct MappingTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  /// The bytes of an empty file with header, as NumPy writes them.
  private static func header(_ type: ElementCase, count: Int) -> [UInt8] {
    let kind = type.isFloat ? "f" : type.name.prefix(1)
    let order = type.size == 1 ? "|" : "<"
    let text = "{'descr': '\(order)\(kind)\(type.size)', 'fortran_order': False, 'shape': (\(count),), }"
    let padded = text.utf8 + Array(repeating: UInt8(ascii: " "), count: 117 - text.utf8.count) + [UInt8(ascii: "\n")]
    return [0x93] + "NUMPY".utf8 + [1, 0, 118, 0] + padded
  }

  // MARK: - The table

  @Test("a header, and no type or the same", arguments: ElementCase.all)
  func header(type: ElementCase) throws {
    try server.write(Self.header(type, count: 3) + Array(repeating: 0, count: 3 * type.size), to: "file")
    #expect(try server("MMAP", "a", "file") == .integer(3))
    #expect(try server("MMAP", "b", "file", type.name) == .integer(3))
    #expect(try server("VTYPE", "a") == .bulk(type.name))
    #expect(try server("VTYPE", "b") == .bulk(type.name))
  }

  @Test("a header, and another type", arguments: ElementCase.all)
  func otherType(type: ElementCase) throws {
    try server.write(Self.header(type, count: 0), to: "file")
    for other in ElementCase.all where other.name != type.name {
      let error = try #require(try server("MMAP", "a", "file", other.name).errorText)
      #expect(error.hasPrefix("ERR ") && error.contains(type.name) && error.contains(other.name), "\(error)")
    }
    #expect(try server("EXISTS", "a") == .integer(0))
    #expect(try server.bytes("file") == Self.header(type, count: 0))
  }

  @Test("contents without a header, and no type")
  func plain() throws {
    let bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0]  // 1.5 and -2
    try server.write(bytes, to: "file")
    #expect(try server("MMAP", "a", "file") == .integer(2))
    #expect(try server("VTYPE", "a") == .bulk("f64"))
    #expect(try server("VALL", "a") == .array([.bulk("1.5"), .bulk("-2")]))
    #expect(try server("DEL", "a") == .integer(1))
    #expect(try server.bytes("file") == bytes)
  }

  @Test("contents without a header, and a type", arguments: ElementCase.all, [[], ["RAW"]])
  func plain(type: ElementCase, words: [String]) throws {
    let bytes = Array(repeating: UInt8(1), count: 24)
    try server.write(bytes, to: "file")
    #expect(try server.send(["MMAP", "a", "file", type.name] + words) == .integer(24 / type.size))
    #expect(try server("VTYPE", "a") == .bulk(type.name))
    #expect(try server.bytes("file") == bytes)
    #expect(try server("DEL", "a") == .integer(1))
    #expect(try server.bytes("file") == bytes)
  }

  @Test("nothing, and no type", arguments: [false, true], [[], ["RAW"], ["WRITABLE"]])
  func nothing(isThere: Bool, words: [String]) throws {
    if isThere { try server.write([], to: "file") }
    #expect(try server.send(["MMAP", "a", "file"] + words) == .integer(0))
    #expect(try server("VTYPE", "a") == .bulk("f64"))
    #expect(try server.bytes("file") == [])
    try server("MMAP.ADD", "a", 1)
    #expect(try server.bytes("file").count == 8)
  }

  @Test("nothing, and a type", arguments: ElementCase.all, [false, true])
  func nothing(type: ElementCase, isThere: Bool) throws {
    if isThere { try server.write([], to: "file") }
    #expect(try server("MMAP", "a", "file", type.name) == .integer(0))
    #expect(try server("VTYPE", "a") == .bulk(type.name))
    #expect(try server.bytes("file") == Self.header(type, count: 0))
  }

  @Test("nothing, a type and RAW", arguments: ElementCase.all, [false, true])
  func nothingRaw(type: ElementCase, isThere: Bool) throws {
    if isThere { try server.write([], to: "file") }
    #expect(try server("MMAP", "a", "file", "RAW", type.name) == .integer(0))
    #expect(try server("VTYPE", "a") == .bulk(type.name))
    #expect(try server.bytes("file") == [])
  }

  @Test("a header, and RAW", arguments: [["RAW"], ["f32", "RAW"], ["i8", "RAW"], ["RAW", "READONLY"]])
  func rawHeader(words: [String]) throws {
    try NumPyFile.write([
      NumPyFile(path: server.path("file"), type: #require(.named("f32")), format: .npy, texts: ["1"])
    ])
    let error = try #require(try server.send(["MMAP", "a", "file"] + words).errorText)
    #expect(error.hasPrefix("ERR ") && error.contains("RAW contradicts the file's header"), "\(error)")
    #expect(try server("EXISTS", "a") == .integer(0))
  }

  // MARK: - READONLY

  @Test("READONLY refuses every change, and its error does not begin with that word", arguments: Format.allCases)
  func readOnly(format: Format) throws {
    try server.send(["MMAP", "w", "file"] + format.words(.all[0]))
    try server("MMAP.ADD", "w", 1, 2)
    try server("DEL", "w")
    let before = try server.bytes("file")
    #expect(try server.send(["MMAP", "a", "file"] + format.words(.all[0]) + ["READONLY"]) == .integer(2))
    for command in [["MMAP.ADD", "a", "3"], ["VSET", "a", "0", "3"], ["VPOP", "a"], ["VCLEAR", "a"]] {
      let error = try #require(try server.send(command).errorText)
      #expect(error.hasPrefix("ERR ") && error.contains("READONLY"), "\(error)")
    }
    #expect(try server("VALL", "a") == .array([.integer(1), .integer(2)]))
    #expect(try server("VCOUNT", "a") == .integer(2))
    #expect(try server.bytes("file") == before)
    // A key that may write sees the same array, and the other one still may not.
    #expect(try server("MMAP", "w", "file", "i8", "WRITABLE") == .integer(2))
    #expect(try server("MMAP.ADD", "w", 3) == .integer(1))
    #expect(try server("VCOUNT", "a") == .integer(3))
    #expect(try server("VPOP", "a").errorText?.contains("READONLY") == true)
  }

  @Test("READONLY creates nothing", arguments: [[], ["f32"], ["f32", "RAW"]])
  func readOnlyCreates(words: [String]) throws {
    let error = try #require(try server.send(["MMAP", "a", "file"] + words + ["READONLY"]).errorText)
    #expect(error.hasPrefix("ERR ") && error.contains("file"), "\(error)")
    #expect(access(server.path("file"), F_OK) == -1)
    try server.write([], to: "file")
    #expect(try server.send(["MMAP", "a", "file"] + words + ["READONLY"]) == .integer(0))
    #expect(try server.bytes("file") == [])
  }

  // MARK: - Keys that hold something

  @Test("a key that is mapped already")
  func mappedAlready() throws {
    try server("MMAP", "a", "file", "i32")
    try server("MMAP.ADD", "a", 1, 2, 3)
    for words in [[], ["i32"], ["INT32", "WRITABLE"]] {
      #expect(try server.send(["MMAP", "a", "file"] + words) == .integer(3))
    }
    let root = try server.innerRoot()
    #expect(try server("MMAP", "a", "\(root)/file") == .integer(3))
    #expect(try server("MMAP", "a", "./file") == .integer(3))
    let error = try #require(try server("MMAP", "a", "file", "i64").errorText)
    #expect(error.hasPrefix("ERR ") && error.contains("i32") && error.contains("i64"), "\(error)")
    #expect(try server("MMAP", "a", "file", "RAW").errorText?.hasPrefix("ERR ") == true)
    for path in ["other", "missing/other"] {
      #expect(try server("MMAP", "a", path) == .error("ERR It is already mapped on another file."))
    }
    #expect(access(server.path("other"), F_OK) == -1)
    #expect(try server("VFILEPATH", "a") == .bulk("file"))
  }

  @Test("a key of another kind")
  func otherKind() throws {
    try server("SET", "text", "x")
    #expect(try server("MMAP", "text", "file") == .wrongType)
    #expect(access(server.path("file"), F_OK) == -1)
  }

  @Test("new files get mode 0660 less the umask", arguments: [[], ["f32"]])
  func mode(words: [String]) throws {
    try server.send(["MMAP", "a", "file"] + words)
    // As in the servers' units; see LiveServer.
    let mask: mode_t = 0o007
    var status = stat()
    #expect(stat(server.path("file"), &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o660 & ~mask)
  }

  @Test("READONLY by one key and WRITABLE by another: the file is opened again, and once", arguments: Format.allCases)
  func writableToo(format: Format) throws {
    try server.send(["MMAP", "a", "file"] + format.words(.all[0]))
    try server("MMAP.ADD", "a", 5)
    try server("DEL", "a")
    for _ in 0..<3 {
      try server.send(["MMAP", "r", "file"] + format.wordsToMapAgain(.all[0]) + ["READONLY"])
      // The type need not be named again, as long as a key has it.
      #expect(try server("MMAP", "w", "file") == .integer(1))
      #expect(try server("VTYPE", "w") == .bulk("i8"))
      #expect(try server("VSET", "w", 0, 6) == .integer(1))
      #expect(try server("VGET", "r", 0) == .integer(6))
      // A descriptor and a mapping.
      try eventually("flushed") { try server.openFiles() == ["file", "file"] }
      try server("DEL", "r", "w")
      try eventually("flushed") { try server.openFiles() == [] }
    }
  }

  @Test(
    "words that are not understood, or twice",
    arguments: [
      ["f128"], ["i8", "i8"], ["i8", "u8"], ["RAW", "RAW"], ["READONLY", "WRITABLE"], ["WRITABLE", "WRITABLE"], [""],
      ["f64 "], ["int"], ["i8\u{0}"],
    ])
  func words(words: [String]) throws {
    let error = try #require(try server.send(["MMAP", "a", "file"] + words).errorText)
    #expect(error.hasPrefix("ERR ") && error.contains("READONLY"), "\(error)")
    #expect(error.contains(words.last?.trimmed ?? ""), "\(error)")
    #expect(access(server.path("file"), F_OK) == -1)
  }
}

extension String {
  /// What of it can be shown.
  fileprivate var trimmed: String { String(prefix { $0.isLetter || $0.isNumber }) }
}
