import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// How many arrays there can be, and what is said when there can be no more.
struct LimitTests {
  /// A server whose process has a limit of the system.
  private func server(_ limit: String) throws -> ModuleServer {
    try ModuleServer(program: ["prlimit", limit] + Environment.program)
  }

  /// Maps files named by the numbers until there is an error, and returns how many could be mapped, and the error.
  private func map(_ numbers: Range<Int>, on server: ModuleServer) throws -> (count: Int, error: String?) {
    for first in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 500) {
      let batch = first..<min(first + 500, numbers.upperBound)
      for number in batch {
        try server.connection.append(["MMAP", Argument("k\(number)"), Argument("f\(number)"), "i32"])
      }
      try server.connection.flush()
      var failed: (Int, String)?
      for number in batch {
        let reply = try server.connection.readReply()
        if let error = reply.errorText { failed = failed ?? (number, error) }
      }
      if let failed { return failed }
    }
    return (numbers.count, nil)
  }

  @Test("descriptors: the error names the limit, and everything else goes on")
  func descriptors() throws {
    let server = try server("--nofile=256:256")
    let (count, text) = try map(0..<300, on: server)
    let error = try #require(text)
    #expect(error.hasPrefix("ERR 'f\(count)': too many files are mapped"), "\(error)")
    #expect(error.contains("ulimit -n"), "\(error)")
    #expect(count >= 100)
    #expect(access(server.path("f\(count)"), F_OK) == -1)
    #expect(try server("MMAP", "r", "f299", "READONLY").errorText != nil)
    // What has no descriptor yet can be had: clients, children, changes, second keys.
    let clients = try (0..<50).map { _ in try server.live.connect() }
    for client in clients { #expect(try client("MMAP.ADD", "k0", 7) == .integer(1)) }
    #expect(try server("VCOUNT", "k0") == .integer(50))
    #expect(try server("MMAP", "second", "f0") == .integer(50))
    #expect(try server("BGSAVE").errorText == nil)
    try eventually("saved") { try server.number("rdb_bgsave_in_progress", of: "persistence") == 0 }
    #expect(try server.information("persistence")["rdb_last_bgsave_status"] == "ok")
    // RESTORE needs one for the file that it makes.
    let payload = try [UInt8](server("DUMP", "k0"))
    #expect(try server("RESTORE", "restored", 0, payload).errorText?.contains("Bad data format") == true)
    #expect(server.live.log.contains("too many files are mapped"))
    #expect(try server("DEL", "k2", "k3") == .integer(2))
    #expect(try server("MMAP", "new", "new", "i8") == .integer(0))
    #expect(try server("RESTORE", "restored", 0, payload) == .ok)
  }

  @Test("thousands of arrays, as many as the limit of this process allows")
  func thousands() throws {
    var limit = rlimit()
    #expect(getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
    // The module raises the soft limit, and leaves the lower half to the server.
    let count = Int(min(10_000, limit.rlim_max / 2))
    let server = try ModuleServer()
    let mapped = try map(0..<count, on: server)
    #expect(mapped.count == count, "\(mapped.error ?? "")")
    #expect(try server("MMAP.ADD", "k\(count - 1)", 5) == .integer(1))
    #expect(try server("VGET", "k\(count - 1)", 0) == .integer(5))
    #expect(try server.number("mmaparray_arrays", of: "mmaparray") == count)
    #expect(try server("SAVE") == .ok)
    try server.restart(after: .kill)
    #expect(try server.number("mmaparray_arrays", of: "mmaparray") == count)
    #expect(try server("VGET", "k\(count - 1)", 0) == .integer(5))
  }

  @Test("address space: the error names the limit")
  func addressSpace() throws {
    let server = try server("--as=8589934592")
    try server.write([], to: "large")
    #expect(truncate(server.path("large"), 1 << 40) == 0)
    for words in [[], ["READONLY"]] {
      let error = try server.failure(["MMAP", "a", "large", "u8"] + words)
      #expect(error.hasPrefix("ERR 'large': ") && error.contains("ulimit -v"), "\(error)")
    }
    #expect(try server("EXISTS", "a") == .integer(0))
    #expect(try server("MMAP", "a", "small", "u8") == .integer(0))
    // Growth needs address space too.
    let error = try server.failure(["MMAP.RESIZE", "a", 1 << 40])
    #expect(error.hasPrefix("ERR "), "\(error)")
    #expect(try server("VCOUNT", "a") == .integer(0))
    #expect(try server("MMAP.ADD", "a", 1) == .integer(1))
  }

  @Test("a file that is larger than the memory, and one as large as the file system takes")
  func largeFiles() throws {
    let server = try ModuleServer()
    try server.write([], to: "large")
    // Sparse: it takes no space.
    #expect(truncate(server.path("large"), 1 << 43) == 0)
    #expect(try server("MMAP", "a", "large", "u8") == .integer(1 << 43))
    #expect(try server("VGET", "a", 1 << 42) == .integer(0))
    #expect(try server("VGET", "a", -1) == .null)
    #expect(try server.failure(["MMAP.RESIZE", "a", Int.max]).hasPrefix("ERR "))
    #expect(try server("VCOUNT", "a") == .integer(1 << 43))
  }

  @Test("eviction unbinds; the file stays")
  func eviction() throws {
    let server = try ModuleServer(configuration: [("maxmemory-policy", "allkeys-random")])
    let count = 50
    for number in 0..<count {
      try server("MMAP", "k\(number)", "f\(number)", "i32")
      try server("MMAP.ADD", "k\(number)", number)
    }
    try server("CONFIG", "SET", "maxmemory", 1)
    // Any command that might need memory makes room first, and is refused when there is none to be had.
    try eventually("evicted") {
      try server("SET", "text", "x")
      return try server("DBSIZE") == .integer(0)
    }
    #expect(try server.number("evicted_keys", of: "stats") >= count)
    try eventually("unbound") { try server.number("mmaparray_arrays", of: "mmaparray") == 0 }
    try server("CONFIG", "SET", "maxmemory", 0)
    for number in 0..<count {
      #expect(try server("MMAP", "k\(number)", "f\(number)") == .integer(1))
      #expect(try server("VGET", "k\(number)", 0) == .integer(number))
    }
  }
}
