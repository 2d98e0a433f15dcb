import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Commands whose pages are on the disk: the main thread does not wait for them.
struct ColdPageTests {
  private static let count = 2_000_000

  /// Sends a command about an array that `prepare` has made cold: its pages are read, and the main thread does not wait for
  /// them. Where the machine has too little memory it waits for those of the program, and the kernel may bring pages back
  /// by itself: so there is more than one try.
  private func send(
    _ words: [any ArgumentConvertible], to server: ModuleServer, _ prepare: () throws -> Void
  ) throws -> Reply {
    var reply = Reply.null
    for _ in 0..<5 {
      try prepare()
      let (waits, reads) = (try server.mainThreadWaits(), try server.cold("cold_reads"))
      reply = try server.send(words)
      let hasWaited = try server.mainThreadWaits() > waits
      #expect(try server.cold("cold_waits") == 0)
      #expect(try server.cold("parked_commands") == 0)
      if try !hasWaited && server.cold("cold_reads") > reads { return reply }
    }
    Issue.record("the main thread waits for the disk, or nothing is read, each time: \(words)")
    return reply
  }

  private func element(_ index: Int, _ type: ElementCase) -> Reply {
    type.isFloat ? .bulk("\(index % 97)") : .integer(index % 97)
  }

  @Test("reading", arguments: ElementCase.numbers, Format.allCases)
  func reading(type: ElementCase, format: Format) throws {
    let server = try ModuleServer()
    let count = 2_000_000 / type.size
    func expect(_ words: [any ArgumentConvertible], _ reply: Reply) throws {
      let actual = try send(words, to: server) { _ = try server.mapCold(count, type.numpyName, format) }
      #expect(actual == reply, "\(words)")
    }
    try expect(["VGET", "a", count / 2], element(count / 2, type))
    let indexes = (0..<60).map { $0 * (count / 61) } + [count - 1]
    try expect(["VMGET", "a"] + indexes + [count], .array(indexes.map { element($0, type) } + [.null]))
    let range = count / 3..<count / 3 + 3000
    try expect(["MMAP.RANGE", "a", range.lowerBound, range.upperBound - 1], .array(range.map { element($0, type) }))
    // An f16 has no such number.
    let sum = range.reduce(0) { $0 + $1 % 97 }
    let sumText = type.name == "f16" ? "inf" : "\(sum)"
    try expect(
      ["MMAP.AGG", "a", range.lowerBound, range.upperBound - 1, "SUM"],
      .array([type.isFloat ? .bulk(sumText) : .integer(sum)]))
    try expect(
      ["MMAP.FIND", "a", range.lowerBound, range.upperBound - 1, "EQ", 5],
      .integers(range.filter { $0 % 97 == 5 }))
    let start = (format == .raw ? 0 : 128) + range.lowerBound * type.size
    let bytes = try Array(server.bytes("a")[start...].prefix(range.count * type.size))
    let packed = try send(["MMAP.READ", "a", range.lowerBound, range.count], to: server) {
      _ = try server.mapCold(count, type.numpyName, format)
    }
    #expect(packed == .bulk(bytes))
    // What lies far apart, also backwards, and several on a page.
    for step in [-(count / 60), count / 60, 8] {
      let chosen = Array(
        Swift.stride(from: step > 0 ? range.lowerBound : count - 1, to: step > 0 ? count : -1, by: step)
      )
      .prefix(100)
      let last = chosen.last.map { $0 + step.signum() } ?? 0
      let words = ["MMAP.SLICE", "a", "\(chosen.first ?? 0):\(last < 0 ? "" : "\(last)"):\(step)"]
      let selected = try send(words, to: server) { _ = try server.mapCold(count, type.numpyName, format) }
      let file = try server.bytes("a").dropFirst(format == .raw ? 0 : 128)
      #expect(
        selected == .bulk(chosen.flatMap { file.dropFirst($0 * type.size).prefix(type.size) }), "\(words)")
    }
  }

  @Test("changing", arguments: ElementCase.numbers, Format.allCases)
  func changing(type: ElementCase, format: Format) throws {
    let server = try ModuleServer()
    let count = 2_000_000 / type.size
    let middle = count / 2
    func change(_ words: [any ArgumentConvertible], _ reply: Reply, at index: Int, to values: [Int]) throws {
      let actual = try send(words, to: server) { _ = try server.mapCold(count, type.numpyName, format) }
      #expect(actual == reply, "\(words)")
      let range = ["MMAP.RANGE", "a", index - 1, index + values.count] as [any ArgumentConvertible]
      let after = index + values.count < (try Int(server("VCOUNT", "a"))) ? [(index + values.count) % 97] : []
      #expect(
        try server.send(range) == .array(([(index - 1) % 97] + values + after).map { element($0, type) }), "\(words)")
    }
    try change(["VSET", "a", middle, 3, 7, 7], .integer(2), at: middle, to: [3])
    try change(
      ["MMAP.INCRBY", "a", middle, 1], .array([element(middle % 97 + 1, type)]), at: middle, to: [middle % 97 + 1])
    try change(["VADD", "a", 5, 6], .integer(2), at: count, to: [5, 6])
    try change(["VPOP", "a"], element((count - 1) % 97, type), at: count - 2, to: [(count - 2) % 97])
    try change(
      ["MMAP.WRITE", "a", middle, [UInt8](repeating: 0, count: 2 * type.size)], .integer(2), at: middle, to: [0, 0])
    try change(["MMAP.APPEND", "a", [UInt8](repeating: 0, count: 2 * type.size)], .integer(2), at: count, to: [0, 0])
  }

  @Test("what is in memory is not read again, and nobody waits for it")
  func warm() throws {
    let server = try ModuleServer()
    _ = try server.mapCold(Self.count)
    #expect(try server("VGET", "a", 1_000_000) == .integer(1_000_000 % 97))
    let reads = try server.cold("cold_reads")
    for _ in 0..<100 { #expect(try server("VGET", "a", 1_000_000) == .integer(1_000_000 % 97)) }
    #expect(try server.cold("cold_reads") == reads)
    // Its neighbours came with it.
    #expect(try server("VGET", "a", 1_000_000 - 512) == .integer((1_000_000 - 512) % 97))
    #expect(try server.cold("cold_reads") <= reads + 1)
    #expect(try server.cold("cold_waits") == 0)
  }

  @Test("a hole of a sparse file is nothing to wait for")
  func holes() throws {
    let server = try ModuleServer()
    try server.makeArray("a", "i64", .raw)
    try server.connection("MMAP.RESIZE", "a", Self.count)
    #expect(try server("VMGET", "a", 0, 1_000_000, Self.count - 1) == .integers([0, 0, 0]))
    #expect(try server("VSET", "a", 5, 1) == .integer(1))
    #expect(try server("MMAP.AGG", "a", 0, 100_000, "SUM") == .integers([1]))
    #expect(try server.cold("cold_reads") == 0)
    #expect(try server.cold("cold_waits") == 0)
  }

  @Test(
    "whoever cannot wait waits on the main thread, and that is counted", arguments: ["MULTI", "EVAL", "0", "cache"])
  func mainThread(case: String) throws {
    let server = try ModuleServer(configuration: [("mmaparray.disk-threads", `case` == "0" ? "0" : "16")])
    _ = try server.mapCold(Self.count)
    let reads = try server.cold("cold_reads")
    switch `case` {
    case "MULTI":
      try server("MULTI")
      try server("VMGET", "a", 1_000_000, 1_500_000)
      #expect(try server("EXEC") == .array([.integers([1_000_000 % 97, 1_500_000 % 97])]))
    case "EVAL":
      #expect(try server("EVAL", "return redis.call('VGET', KEYS[1], 1000000)", 1, "a") == .integer(1_000_000 % 97))
    case "cache":
      let client = try server.live.connect(protocolVersion: .resp3)
      try client("CLIENT", "TRACKING", "ON")
      #expect(try client("VGET", "a", 1_000_000) == .integer(1_000_000 % 97))
    default:
      #expect(try server("VGET", "a", 1_000_000) == .integer(1_000_000 % 97))
      #expect(try server("VSET", "a", 1_500_000, 5) == .integer(1))
      #expect(try server.cold("cold_waits") == 2)
      // It can be changed while the server runs.
      #expect(try server("CONFIG", "SET", "mmaparray.disk-threads", 2) == .ok)
      _ = try server.mapCold(Self.count)
      #expect(try server("VGET", "a", 1_000_000) == .integer(1_000_000 % 97))
      #expect(try server.cold("cold_reads") > reads)
      #expect(try server.cold("cold_waits") == 2)
      #expect(try server("CONFIG", "SET", "mmaparray.disk-threads", 257).errorText != nil)
      return
    }
    #expect(try server.cold("cold_waits") == 1)
    #expect(try server.cold("cold_reads") == reads)
  }

  @Test("many clients at once, of whom some leave", arguments: [1, 16])
  func many(threads: Int) throws {
    let server = try ModuleServer(configuration: [("mmaparray.disk-threads", "\(threads)")])
    _ = try server.mapCold(Self.count)
    var clients: [(Connection, Int)] = []
    for number in 0..<60 {
      let client = try server.live.connect(protocolVersion: .resp2)
      let index = number * 30_000 + 10_000
      try client.append(["VMGET", "a"].map(\.argument) + (0..<20).map { (index + $0 * 1000).argument })
      try client.append(["PING"])
      try client.append(["VGET", "a", (index + 25_000).argument])
      try client.flush()
      if number % 3 != 0 { clients.append((client, index)) }
    }
    #expect(try server("PING") == .status("PONG"))
    for (client, index) in clients {
      #expect(try client.readReply() == .integers((0..<20).map { (index + $0 * 1000) % 97 }))
      #expect(try client.readReply() == .status("PONG"))
      #expect(try client.readReply() == .integer((index + 25_000) % 97))
    }
    try eventually("nobody waits") { try server.cold("parked_commands") == 0 }
    #expect(try server.cold("cold_waits") == 0)
  }

  @Test("a search goes on from page to page", arguments: Format.allCases)
  func searching(format: Format) throws {
    let server = try ModuleServer()
    _ = try server.mapCold(97 * 10_000, "int64", format)
    // It is not sorted, so what is found is where the search happens to lead: the same each time.
    let expected = try server("EVAL", "return redis.call('MMAP.SEARCHSORTED', KEYS[1], 50)", 1, "a")
    let waits = try server.cold("cold_waits")
    _ = try server.mapCold(97 * 10_000, "int64", format)
    #expect(try server("MMAP.SEARCHSORTED", "a", 50) == expected)
    #expect(try server.cold("cold_reads") > 1)
    #expect(try server.cold("cold_waits") == waits)
  }

  @Test("a fill of a cold array", arguments: Format.allCases)
  func filling(format: Format) throws {
    let server = try ModuleServer()
    _ = try server.mapCold(Self.count, "int64", format)
    #expect(try server("MMAP.FILL", "a", 1, -2, 7) == .integer(Self.count - 2))
    #expect(try server.cold("cold_waits") == 0)
    #expect(try server("MMAP.AGG", "a", 0, -1, "SUM") == .integers([(Self.count - 2) * 7 + (Self.count - 1) % 97]))
  }

  @Test("long reads wait on workers")
  func workers() throws {
    let server = try ModuleServer()
    _ = try server.mapCold(4 * Self.count)
    let sum = (0..<4 * Self.count).reduce(0) { $0 + $1 % 97 }
    #expect(try server("MMAP.AGG", "a", 0, -1, "SUM") == .integers([sum]))
    #expect(try server.cold("cold_waits") == 0)
  }
}
