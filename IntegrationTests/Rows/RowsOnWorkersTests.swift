import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Rows, slices and nearest rows of large arrays, which workers read and reply.
///
/// No assertion is about time: what is counted is what others got meanwhile.
struct RowsOnWorkersTests {
  /// Rows of 64 f32: 40 MB.
  private static let rowCount = 160_000
  private static let columns = 64

  /// A server with an array of small numbers at random, so that many rows are equally near.
  private func makeServer(_ configuration: [(String, String)] = []) throws -> ModuleServer {
    let server = try ModuleServer(configuration: configuration)
    let script = """
      import numpy, sys
      random = numpy.random.default_rng(20261121)
      numpy.save(sys.argv[1], random.integers(0, 4, (int(sys.argv[2]), int(sys.argv[3])), 'i1').astype('f4'))
      """
    try Python.run(
      script: script, arguments: [server.path("a.npy")] + [Self.rowCount, Self.columns].map(String.init))
    #expect(try server("MMAP", "a", "a.npy") == .integer(Self.rowCount * Self.columns))
    return server
  }

  /// Packed rows of the array.
  private func rows(_ numbers: some Sequence<Int>, of server: ModuleServer) throws -> [UInt8] {
    let reply = try server.send(words(numbers))
    return try #require(reply.elements).flatMap { (row) -> [UInt8] in
      if case .bulk(let bytes) = row { bytes } else { [] }
    }
  }

  /// Asks for rows.
  private func words(_ rows: some Sequence<Int>) -> [any ArgumentConvertible] {
    ["MMAP.ROWS", "a"] + rows.map { $0 as any ArgumentConvertible }
  }

  /// Commands whose work takes several slices, and whose replies are made in one part or several.
  private func commands(_ server: ModuleServer) throws -> [[any ArgumentConvertible]] {
    let scattered = (0..<8000).map { $0 * 7919 % (Self.rowCount + 50) * ($0.isMultiple(of: 3) ? -1 : 1) }
    return [
      ["MMAP.KNN", "a", 10, "L2", try rows([5], of: server)],
      ["MMAP.KNN", "a", 7, "COSINE", try rows(5..<8, of: server), "ROWS", 1000, -1000],
      ["MMAP.KNN", "a", 40_000, "IP", try rows([9], of: server)],
      ["MMAP.KNN", "a", 20_000, "L2", try rows([9, 1], of: server)],
      ["MMAP.KNN", "a", 10, "L2", try rows(0..<3000, of: server), "ROWS", 100, 199],
      ["MMAP.SLICE", "a", "::-1", "::3"], ["MMAP.SLICE", "a", ":", "7"], ["MMAP.SLICE", "a", "10:-10"],
      words(scattered), words(Array(repeating: Int.max, count: 50) + scattered),
    ]
  }

  /// What a command replies where it is done in one go.
  private func replyAtOnce(_ words: [any ArgumentConvertible], _ connection: Connection) throws -> Reply {
    _ = try connection.send(["MULTI"])
    _ = try connection.send(words.map(\.argument))
    return try #require(connection.send(["EXEC"]).elements).first ?? .null
  }

  @Test("the same answers on any number of threads, in both protocols", arguments: [0, 1, 2])
  func threads(count: Int) throws {
    let server = try makeServer([("mmaparray.threads", "\(count)")])
    let resp3 = try server.live.connect(protocolVersion: .resp3)
    for words in try commands(server) {
      let (one, other) = (try replyAtOnce(words, server.connection), try replyAtOnce(words, resp3))
      #expect(one.errorText == nil)
      let isSame = try (server.send(words) == one, resp3.send(words.map(\.argument)) == other)
      #expect(isSame == (true, true), "\(words.prefix(3))")
      let isEqual = one == other || numbers(one) == numbers(other)
      #expect(isEqual, "\(words.prefix(3))")
    }
    #expect(try server.number("mmaparray_work_bytes", of: "mmaparray") == 0)
  }

  /// Numbers of rows and their scores, whether they are in pairs or not.
  private func numbers(_ reply: Reply) -> [Double?] {
    switch reply {
    case .array(let elements): elements.flatMap { numbers($0) }
    case .integer(let row): [Double(row)]
    default: [reply.text.flatMap { Double($0) }]
    }
  }

  @Test("others are served meanwhile", arguments: ["KNN", "SLICE", "ROWS"])
  func served(command: String) throws {
    let server = try makeServer()
    let words: [any ArgumentConvertible] =
      switch command {
      case "KNN": ["MMAP.KNN", "a", 10, "L2", try rows(0..<20, of: server)]
      case "SLICE": ["MMAP.SLICE", "a", "::-1", "::3"]
      default: self.words((0..<100_000).map { $0 * 7919 % Self.rowCount })
      }
    let expected = try replyAtOnce(words, server.connection)
    let worker = try server.live.connect(protocolVersion: .resp2)
    var served = 0
    try eventually("others are served") {
      try worker.append(words.map(\.argument))
      try worker.flush()
      repeat { served += try jobs(server) } while try jobs(server) > 0
      #expect(try worker.readReply() == expected)
      return served >= 20
    }
  }

  private func jobs(_ server: ModuleServer) throws -> Int {
    try server.number("mmaparray_jobs", of: "mmaparray")
  }

  @Test("a reply above mmaparray.max-reply is refused, before anything is read", arguments: [0, 1])
  func largeReply(threads: Int) throws {
    let server = try makeServer([("mmaparray.threads", "\(threads)"), ("mmaparray.max-reply", "2mb")])
    let query = try rows([0], of: server)
    func expectRefusal(_ words: [any ArgumentConvertible], bytes: Int, _ instead: String) throws {
      #expect(
        try server.failure(words)
          == "ERR the reply can have \(bytes) bytes, and mmaparray.max-reply allows 2097152: \(instead)")
    }
    let less = "ask for less at once"
    try expectRefusal(words(0..<8193), bytes: 8193 * 256, less)
    try expectRefusal(["MMAP.SLICE", "a", "::-1", "::2"], bytes: Self.rowCount * 128, less)
    try expectRefusal(
      ["MMAP.SLICE", "a", ":"], bytes: Self.rowCount * 256, "read it in pieces, with MMAP.READ key index count")
    let fewer = "give a lower k, or search for fewer vectors at once"
    try expectRefusal(["MMAP.KNN", "a", 32_769, "L2", query], bytes: 32_769 * 64, fewer)
    try expectRefusal(["MMAP.KNN", "a", 16_385, "L2", query + query], bytes: 16_385 * 128, fewer)
    #expect(try server.number("mmaparray_refusals", of: "mmaparray") == 5)
    #expect(try server.send(words(0..<8192)).elements?.count == 8192)
    #expect(try server("MMAP.SLICE", "a", "8192:0:-1") == .bulk(try rows((1...8192).reversed(), of: server)))
    #expect(try server("MMAP.KNN", "a", 32_768, "L2", query).elements?.count == 65_536)
    #expect(try server("MMAP.KNN", "a", Int.max, "L2", query, "ROWS", 0, 9).elements?.count == 20)
  }

  @Test("maxmemory without eviction: refused as the server refuses its own")
  func maxmemory() throws {
    let server = try makeServer([("maxmemory", "40mb"), ("maxmemory-policy", "noeviction")])
    let (query, queries) = (try rows([0], of: server), try rows(0..<5, of: server))
    let large: [[any ArgumentConvertible]] = [
      words(0..<100_000), ["MMAP.SLICE", "a", "::-1", ":63"], ["MMAP.KNN", "a", 150_000, "L2", queries],
    ]
    for words in large {
      #expect(try server.failure(words).hasPrefix("OOM command not allowed when used memory > 'maxmemory'"))
    }
    #expect(try server.number("mmaparray_refusals", of: "mmaparray") == 3)
    #expect(try server.number("mmaparray_work_bytes", of: "mmaparray") == 0)
    #expect(try server("MMAP.KNN", "a", 3, "L2", query).elements?.count == 6)
  }

  @Test("clients that leave: their searches end, on any file", arguments: [0, 1, 2])
  func clientsLeave(threads: Int) throws {
    let server = try ModuleServer(configuration: [("mmaparray.threads", "\(threads)")])
    try server.write([], to: "huge")
    #expect(truncate(server.path("huge"), 1 << 43) == 0)
    #expect(try server("MMAP", "huge", "huge", "f32", "COLUMNS", 64) == .integer(1 << 41))
    do {
      let workers = try (0..<5).map { _ in try server.live.connect() }
      let query = [UInt8](repeating: 0, count: 256)
      for worker in workers {
        try worker.append(["MMAP.KNN", "huge", "5", "L2"].map(\.argument) + [query.argument])
        try worker.flush()
      }
      try eventually("begun") { try jobs(server) == workers.count }
    }
    // It would take hours to finish it.
    try eventually("ended") { try jobs(server) == 0 }
    #expect(try server.number("mmaparray_cancelled_jobs", of: "mmaparray") == 5)
  }

  @Test("the file is written anew with other rows meanwhile: an error, or the old answer")
  func otherRows() throws {
    let server = try makeServer()
    let query = try rows([0], of: server)
    let header = Array(try server.bytes("a.npy").prefix(128))
    // The first byte is no text.
    let text = String(decoding: header.dropFirst(), as: UTF8.self)
    let other = header.prefix(1) + Array(text.replacing("(160000, 64)", with: "(80000, 128)").utf8)
    try #require(other.count == 128 && Array(other) != header)
    let words: [any ArgumentConvertible] = ["MMAP.KNN", "a", 3, "L2", query]
    let expected = try server.send(words)
    let worker = try server.live.connect(protocolVersion: .resp2)
    try eventually("it is met") {
      // Some time, so that it is under way.
      for _ in 0..<4 { try worker.append(words.map(\.argument)) }
      try worker.flush()
      while try jobs(server) == 0, try server("PING") != .status("PONG") {}
      try overwrite(Array(other), "a.npy", of: server)
      #expect(try server("MMAP.RELOAD", "a") == .integer(Self.rowCount * Self.columns))
      try overwrite(header, "a.npy", of: server)
      var isMet = false
      for _ in 0..<4 {
        let reply = try worker.readReply()
        if let error = reply.errorText {
          isMet = isMet || error.contains("mapped anew with other rows while it was read")
          #expect(error.contains("mapped anew with other rows") || error.contains("rows of 512"), "\(error)")
        } else {
          #expect(reply == expected)
        }
      }
      #expect(try server("MMAP.RELOAD", "a") == .integer(Self.rowCount * Self.columns))
      return isMet
    }
    #expect(try server.send(words) == expected)
  }

  private func overwrite(_ bytes: [UInt8], _ name: String, of server: ModuleServer) throws {
    let file = open(server.path(name), O_WRONLY)
    defer { close(file) }
    try #require(pwrite(file, bytes, bytes.count, 0) == bytes.count)
  }
}
