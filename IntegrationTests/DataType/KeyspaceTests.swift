import LiveServer
import MappedArrayClient
import Testing

/// An array among the server's other keys.
struct KeyspaceTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
    try server.makeArray("a", "i8", .npy, [1, 2, 3])
  }

  @Test("TYPE, SCAN and OBJECT")
  func inspection() throws {
    try server("SET", "text", "x")
    try server("RPUSH", "list", "x")
    #expect(try server("TYPE", "a") == .status("mmaparray"))
    #expect(try server("SCAN", 0, "COUNT", 100, "TYPE", "mmaparray") == .array([.bulk("0"), .array([.bulk("a")])]))
    #expect(try server("OBJECT", "ENCODING", "a") == .bulk("raw"))
    #expect(try server("OBJECT", "REFCOUNT", "a") == .integer(1))
    #expect(try Int(server("OBJECT", "IDLETIME", "a")) <= 60)
    try server("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu")
    try server("MMAP.GET", "a", 0)
    #expect(try Int(server("OBJECT", "FREQ", "a")) > 0)
  }

  @Test("MEMORY USAGE is the heap of the key, however large the file", arguments: Format.allCases)
  func memoryUsage(format: Format) throws {
    try server.makeArray("large", "f64", format)
    try server("MMAP.RESIZE", "large", 10_000_000)
    try server("MMAP", "other", "large", "f64")
    for key in ["a", "large", "other"] {
      let bytes = try Int(server("MEMORY", "USAGE", key))
      #expect((100..<1024).contains(bytes), "\(key): \(bytes)")
    }
  }

  @Test("COPY binds another key to the same array")
  func copy() throws {
    #expect(try server("COPY", "a", "b") == .integer(1))
    #expect(try server("COPY", "a", "b") == .integer(0))
    #expect(try server("COPY", "a", "c", "DB", 1) == .integer(1))
    try server("SET", "text", "x")
    #expect(try server("COPY", "a", "text", "REPLACE") == .integer(1))
    try server("MMAP.ADD", "b", 4)
    #expect(try server("VALL", "text") == .integers(1...4))
    try server("DEL", "a", "b", "text")
    try server("SELECT", 1)
    #expect(try server("VALL", "c") == .integers(1...4))
    #expect(try server("MMAP.ADD", "c", 5) == .integer(1))
  }

  @Test("a copy of a READONLY binding is one")
  func copyReadOnly() throws {
    try server("MMAP", "r", "a", "READONLY")
    try server("COPY", "r", "s")
    #expect(try server.failure(["MMAP.ADD", "s", 1]).contains("READONLY"))
    #expect(try server("MMAP.INFO", "s")["readonly"] == .integer(1))
  }

  @Test("RENAME, MOVE and SWAPDB carry the array along")
  func moves() throws {
    try server("RENAME", "a", "b")
    #expect(try server("MMAP.ADD", "b", 4) == .integer(1))
    #expect(try server("RENAMENX", "b", "c") == .integer(1))
    #expect(try server("MOVE", "c", 1) == .integer(1))
    #expect(try server("EXISTS", "a", "b", "c") == .integer(0))
    #expect(try server("SWAPDB", 0, 1) == .ok)
    #expect(try server("VALL", "c") == .integers(1...4))
    // What a rename overwrites is unbound, and its file stays.
    try server.makeArray("d", "i8", .npy, [7])
    try server("RENAME", "c", "d")
    #expect(try server("VALL", "d") == .integers(1...4))
    #expect(try server.bytes("d").count == 129)
  }

  @Test("a key expires, and its file stays", arguments: Format.allCases)
  func expiry(format: Format) throws {
    try server.makeArray("e", "i16", format, [1, 2])
    #expect(try server("EXPIRE", "e", 100) == .integer(1))
    #expect(try server("PERSIST", "e") == .integer(1))
    #expect(try server("PEXPIRE", "e", -1) == .integer(1))
    #expect(try server("EXISTS", "e") == .integer(0))
    #expect(try server.send(["MMAP", "e", "e"] + format.wordsToMapAgain(.all[1])) == .integer(2))
  }

  @Test("a SET, or any command that overwrites, unbinds")
  func overwritten() throws {
    try server("SET", "a", "x")
    #expect(try server("GET", "a") == .bulk("x"))
    #expect(try server("MMAP", "b", "a") == .integer(3))
    #expect(try server("GET", "b") == .wrongType)
    #expect(try server("LPUSH", "b", 1) == .wrongType)
    #expect(try server("VALL", "b") == .integers(1...3))
  }

  @Test("DEBUG DIGEST-VALUE is of type and contents", arguments: ElementCase.numbers)
  func digest(type: ElementCase) throws {
    func digest(_ key: String) throws -> Reply? { try server("DEBUG", "DIGEST-VALUE", key).elements?.first }
    try server.makeArray("npy", type.name, .npy, ["1", "2", "3"])
    try server.makeArray("raw", type.name, .raw, ["1", "2"])
    for other in ElementCase.numbers where other.name != type.name {
      try server.makeArray(other.name, other.name, .npy, ["1", "2", "3"])
      #expect(try digest("npy") != digest(other.name), "\(other.name)")
    }
    #expect(try digest("npy") != digest("raw"))
    try server("MMAP.ADD", "raw", 3)
    #expect(try digest("npy") == digest("raw"))
    try server("COPY", "raw", "copy")
    #expect(try digest("copy") == digest("raw"))
    try server("MMAP.SET", "raw", 1, 0)
    #expect(try digest("npy") != digest("raw"))
    try server("MMAP.SET", "raw", 1, 2)
    #expect(try digest("npy") == digest("raw"))
  }

  @Test("arrays of equal contents have equal digests, however they came to be")
  func largeDigest() throws {
    try server.makeArray("x", "i32")
    try server.makeArray("y", "i32", .raw)
    try server("MMAP.RESIZE", "x", 3_000_000)
    try server("MMAP.FILL", "x", 0, -1, 7)
    try server("MMAP.APPEND", "y", [Int32](repeating: 7, count: 3_000_000).packed)
    #expect(try server("DEBUG", "DIGEST-VALUE", "x") == server("DEBUG", "DIGEST-VALUE", "y"))
    try server("MMAP.INCRBY", "x", 2_999_999, 1)
    #expect(try server("DEBUG", "DIGEST-VALUE", "x") != server("DEBUG", "DIGEST-VALUE", "y"))
  }

  /// How many values were freed on the server's own thread for that.
  private func lazilyFreed() throws -> Int {
    let lines = try server.connection("INFO", "memory", as: String.self).split(whereSeparator: \.isNewline)
    return lines.first { $0.hasPrefix("lazyfreed_objects:") }.flatMap { Int($0.dropFirst(18)) } ?? -1
  }

  /// Waits, but not for ever: the other thread counts a value once it is freed.
  private func expectLazilyFreed(_ count: Int) throws {
    let deadline = ContinuousClock.now + LiveServer.patience
    while try lazilyFreed() < count, ContinuousClock.now < deadline {}
    #expect(try lazilyFreed() == count)
  }

  @Test(
    "a large mapping is freed on another thread if that is asked for, and can be mapped again at once",
    arguments: Format.allCases)
  func lazyFreeing(format: Format) throws {
    let version = try ServerVersion(server.connection)
    for (round, words) in [["DEL", "KEY"], ["UNLINK", "KEY"], ["FLUSHALL", "ASYNC"], ["FLUSHDB"]].enumerated() {
      let key = "large\(round)"
      try server.makeArray(key, "f64", format)
      try server("MMAP.RESIZE", key, 4_000_000)
      try server("MMAP.SET", key, round, 1)
      let before = try lazilyFreed()
      try server.send(words.map { $0 == "KEY" ? key : $0 })
      #expect(try server.send(["MMAP", key, key] + format.words(.f64)) == .integer(4_000_000), "\(words)")
      #expect(try server("MMAP.ADD", key, 2) == .integer(1))
      #expect(try server("MMAP.FIND", key, 0, -1, "GT", 0) == .integers([round, 4_000_000]), "\(words)")
      if words[0] == "UNLINK" || words[0] == "DEL" && version.has(.lazyDeletion) {
        try expectLazilyFreed(before + 1)
      } else if words[0] == "DEL" {
        #expect(try lazilyFreed() == before)
      }
    }
  }

  @Test("a small one, or one of several keys of an array, is freed at once")
  func cheapFreeing() throws {
    try server.makeArray("large", "i8")
    try server("MMAP.RESIZE", "large", 30_000_000)
    try server("COPY", "large", "other")
    let before = try lazilyFreed()
    try server("UNLINK", "a", "other")
    #expect(try lazilyFreed() == before)
    try server("UNLINK", "large")
    try expectLazilyFreed(before + 1)
  }
}
