import MappedArrayClient
import Testing

/// One server process writes a file at a time.
struct FileLockTests {
  /// Two servers on the same files.
  let server: ModuleServer
  let other: ModuleServer

  init() throws {
    server = try ModuleServer()
    other = try ModuleServer(moduleArguments: ["root", server.innerRoot()])
  }

  private func expectLocked(_ words: [String] = []) throws {
    let error = try other.failure(["MMAP", "a", "a"] + words)
    #expect(error.hasPrefix("ERR ") && error.contains("another process writes 'a'"), "\(error)")
  }

  @Test("READONLY works in both, and sees what the other writes", arguments: Format.allCases)
  func readOnly(format: Format) throws {
    try server.makeArray("a", "i8", format, [1, 2])
    try expectLocked()
    #expect(try other("MMAP", "r", "a", "i8", "READONLY") == .integer(2))
    try server("MMAP.SET", "a", 0, 9)
    #expect(try other("MMAP.RANGE", "r", 0, -1) == .integers([9, 2]))
    try server("DEL", "a")
    try server("MMAP", "r", "a", "i8", "READONLY")
    #expect(try other("MMAP.AGG", "r", 0, -1, "SUM") == .integers([11]))
    // With readers only, either may become the one that writes.
    #expect(try other("MMAP", "a", "a", "i8") == .integer(2))
    #expect(try server.failure(["MMAP", "a", "a", "i8"]).contains("another process writes"))
  }

  @Test("the lock goes with the last key that writes")
  func lastKey() throws {
    try server.makeArray("a", "i8")
    try server("COPY", "a", "b")
    try server("DEL", "a")
    try expectLocked()
    try server("UNLINK", "b")
    #expect(try other("MMAP", "a", "a") == .integer(0))
  }

  @Test("it goes with the server, however that ends")
  func ending() throws {
    try server.makeArray("a", "i8", .npy, [1])
    server.live.kill()
    #expect(try other("MMAP", "a", "a") == .integer(1))
  }

  @Test("a child that saves does not keep it", arguments: Format.allCases)
  func savingChild(format: Format) throws {
    try server.makeArray("a", "i8", format, [1])
    // The child takes that many microseconds for each key; it is killed with its server.
    try server.connection("CONFIG", "SET", "rdb-key-save-delay", 10_000_000)
    try server.connection("BGSAVE")
    try server("DEL", "a")
    for taker in [other, server] {
      // What is on its way to replicas holds the file for a moment.
      let deadline = ContinuousClock.now + .seconds(5)
      while try taker("MMAP", "a", "a", "i8") != .integer(1), ContinuousClock.now < deadline {}
      #expect(try taker("MMAP.COUNT", "a") == .integer(1))
      try taker("DEL", "a")
    }
    #expect(try server.connection("INFO", "persistence", as: String.self).contains("rdb_bgsave_in_progress:1"))
  }
}
