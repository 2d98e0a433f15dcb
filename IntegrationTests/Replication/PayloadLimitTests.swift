import LiveServer
import MappedArrayClient
import Testing

/// What is too large for one payload of `DUMP` is refused at once.
struct PayloadLimitTests {
  private func makeSource() throws -> ModuleServer {
    let source = try ModuleServer.node([("proto-max-bulk-len", "1mb")])
    try source.makeArray("a", "u8", .raw)
    try source("MMAP.RESIZE", "a", 3 << 20)
    return source
  }

  @Test("DUMP and MIGRATE name the limit, and the key stays")
  func refused() throws {
    let (source, target) = (try makeSource(), try ModuleServer.node([("proto-max-bulk-len", "1mb")]))
    let port = Int(try #require(target.live.port))
    for command: [any ArgumentConvertible] in [
      ["DUMP", "a"], ["MIGRATE", "127.0.0.1", port, "a", 0, 2000],
      ["MIGRATE", "127.0.0.1", port, "", 0, 2000, "COPY", "KEYS", "a"],
    ] {
      let error = try source.send(command).errorText ?? "no error"
      #expect(error.hasPrefix("ERR ") && error.contains("proto-max-bulk-len"), "\(command[0]): \(error.prefix(300))")
    }
    #expect(try source("VCOUNT", "a") == .integer(3 << 20))
    #expect(try target("EXISTS", "a") == .integer(0))
    #expect(target.leftovers() == [])
    // In a transaction and a script as well.
    try source("MULTI")
    try source("DUMP", "a")
    let replies = try source("EXEC").elements
    #expect(replies?.first?.errorText?.contains("proto-max-bulk-len") == true)
    let script = try source("EVAL", "return redis.pcall('DUMP', KEYS[1])", 1, "a")
    #expect(script.errorText?.contains("proto-max-bulk-len") == true)
  }

  @Test("what fits goes, and so does all of it to a replica")
  func fitting() throws {
    let (source, target) = (try makeSource(), try ModuleServer.node([("proto-max-bulk-len", "1mb")]))
    try target.join(source)
    try expectSame(source, [target], keys: ["a"])
    try target("REPLICAOF", "NO", "ONE")
    try target("FLUSHALL")
    try source("MMAP.RESIZE", "a", 900_000)
    let port = Int(try #require(target.live.port))
    #expect(try source("MIGRATE", "127.0.0.1", port, "a", 0, 5000) == .ok)
    #expect(try target("VCOUNT", "a") == .integer(900_000))
  }

  @Test("READONLY and detached keys are small, whatever their files are")
  func bindings() throws {
    let source = try makeSource()
    try source("MMAP", "reader", "a", "u8", "READONLY")
    try source("DEL", "a")
    #expect(try source.dump("reader").count < 1000)
  }
}
