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

  @Test("maxmemory without eviction: what there is no memory for is refused as the server refuses its own")
  func maxmemory() throws {
    let (source, target) = (try ModuleServer.node(), try ModuleServer.node())
    let port = Int(try #require(target.live.port))
    for (key, megabytes) in [("a", 60), ("b", 20), ("c", 20)] {
      // The server compresses payloads, and cannot here.
      try Shell.run("head --bytes=\(megabytes)M /dev/urandom >'\(source.path(key))'")
      #expect(try source("MMAP", Argument(key), Argument(key), "u8") == .integer(megabytes << 20))
    }
    try source("SET", "text", "abc")
    try source("MMAP", "small", "small", "u8")
    try source("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "noeviction")
    // The payload, and as much again for the reply.
    #expect(try source.dump("b").count > 20 << 20)
    for command: [any ArgumentConvertible] in [
      ["DUMP", "a"], ["MIGRATE", "127.0.0.1", port, "a", 0, 5000],
      ["MIGRATE", "127.0.0.1", port, "", 0, 5000, "COPY", "KEYS", "text", "a"],
      ["EVAL", "return redis.call('DUMP', KEYS[1])", 1, "a"],
    ] {
      let error = try source.send(command).errorText ?? "no error"
      #expect(
        error.contains("OOM command not allowed when used memory > 'maxmemory'"), "\(command[0]): \(error.prefix(300))")
    }
    try source("MULTI")
    try source("DUMP", "a")
    #expect(try source("EXEC").elements?.first?.errorText?.hasPrefix("OOM ") == true)
    #expect(try source.number("mmaparray_refusals", of: "mmaparray") == 5)
    #expect(try source.number("mmaparray_work_bytes", of: "mmaparray") == 0)
    #expect(try source.number("used_memory_peak", of: "memory") < 100 << 20)
    #expect(try target("DBSIZE") == .integer(0))
    // What there is memory for goes, also several keys whose payloads come one after the other.
    #expect(try source.dump("text").isEmpty == false)
    #expect(try source.dump("small").count < 1000)
    let keys = ["MIGRATE", "127.0.0.1", "\(port)", "", "0", "10000", "COPY", "KEYS", "b", "text", "small", "c"]
    #expect(try source.send(keys) == .ok)
    #expect(try target("VCOUNT", "c") == .integer(20 << 20))
    // Not refused where keys are evicted, or nothing limits the memory.
    for setting in [("maxmemory-policy", "volatile-lru"), ("maxmemory", "0")] {
      try source("CONFIG", "SET", setting.0, setting.1)
      #expect(try source.dump("a").count > 60 << 20)
    }
    #expect(try source.number("mmaparray_refusals", of: "mmaparray") == 5)
  }

  @Test("READONLY and detached keys are small, whatever their files are")
  func bindings() throws {
    let source = try makeSource()
    try source("MMAP", "reader", "a", "u8", "READONLY")
    try source("DEL", "a")
    #expect(try source.dump("reader").count < 1000)
  }
}
