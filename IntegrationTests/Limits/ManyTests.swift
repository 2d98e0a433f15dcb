import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Many of everything, as far as the limits of this process allow: more descriptors than it may have cannot be had in a test.
struct ManyTests {
  /// The most descriptors that a process may have here, which this one has from now on.
  private static let mostDescriptors: Int = {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return 1024 }
    limit.rlim_cur = limit.rlim_max
    setrlimit(resource, &limit)
    return Int(limit.rlim_max)
  }()

  /// Sends commands, many before the first reply is read, and returns how many replies were errors.
  private func send(_ count: Int, to server: ModuleServer, _ words: (Int) -> [String]) throws -> Int {
    var errorCount = 0
    for first in stride(from: 0, to: count, by: 1000) {
      let batch = first..<min(first + 1000, count)
      for number in batch { try server.connection.append(words(number).map(\.argument)) }
      try server.connection.flush()
      for _ in batch where try server.connection.readReply().errorText != nil { errorCount += 1 }
    }
    return errorCount
  }

  @Test(
    "a hundred thousand keys of one file: saved, loaded again, and all freed",
    arguments: ["FLUSHALL", "FLUSHALL ASYNC"])
  func keys(flush: String) throws {
    let server = try ModuleServer()
    try server.makeArray("a", "i64", .npy, [5, 7])
    #expect(try send(100_000, to: server) { ["MMAP", "k\($0)", "a"] } == 0)
    #expect(try server.number("mmaparray_bindings", of: "mmaparray") == 100_001)
    #expect(try server.number("mmaparray_arrays", of: "mmaparray") == 1)
    #expect(try server("VSET", "k99999", 0, 9) == .integer(1))
    #expect(try server("SAVE") == .ok)
    try server.restart(after: .kill)
    #expect(try server.number("mmaparray_bindings", of: "mmaparray") == 100_001)
    #expect(try server("VALL", "k5") == .integers([9, 7]))
    #expect(try server.send(flush.split(separator: " ").map(String.init)) == .ok)
    try eventually("all are freed") { try server.number("mmaparray_arrays", of: "mmaparray") == 0 }
    #expect(try server("MMAP", "a", "a") == .integer(2))
  }

  @Test("arrays, a hundred thousand where so many descriptors may be had: saved, loaded again, and all freed")
  func arrays() throws {
    // Arrays have the upper half.
    let count = min(100_000, Self.mostDescriptors / 2 - 100)
    let server = try ModuleServer()
    #expect(try send(count, to: server) { ["MMAP", "k\($0)", "f\($0)", "i64"] } == 0)
    #expect(try send(count, to: server) { ["MMAP.ADD", "k\($0)", "\($0)"] } == 0)
    #expect(try server.number("mmaparray_arrays", of: "mmaparray") == count)
    #expect(try server("SAVE") == .ok)
    try server.restart(after: .kill)
    #expect(try server.number("mmaparray_arrays", of: "mmaparray") == count)
    #expect(try server("VGET", "k\(count - 1)", 0) == .integer(count - 1))
    #expect(try server("FLUSHALL") == .ok)
    try eventually("all are freed") { try server.number("mmaparray_arrays", of: "mmaparray") == 0 }
    #expect(try server("MMAP", "k7", "f7") == .integer(1))
  }

  @Test("ten thousand clients, each of which waits for a read", arguments: [1, 0])
  func clients(threads: Int) throws {
    // Each has a descriptor here and one in the server, which keeps some for itself. A tenth of them where each slice is a
    // turn of the server's event loop.
    let count = min(threads == 0 ? 1000 : 10_000, Self.mostDescriptors / 2 - 1000)
    let server = try ModuleServer(
      configuration: [("maxclients", "\(count + 100)"), ("mmaparray.threads", "\(threads)")])
    try server.write([], to: "a")
    // Two slices.
    #expect(truncate(server.path("a"), 5 << 20) == 0)
    #expect(try server("MMAP", "a", "a", "u8") == .integer(5 << 20))
    let clients = try (0..<count).map { _ in try server.live.connect(protocolVersion: .resp2) }
    for client in clients {
      try client.append(["MMAP.AGG", "a", "0", "-1", "SUM", "ARGMAX"])
      try client.flush()
    }
    #expect(try server("PING") == .status("PONG"))
    for client in clients { #expect(try client.readReply() == .integers([0, 0])) }
    #expect(try server.number("mmaparray_jobs", of: "mmaparray") == 0)
  }
}
