import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Work on arrays so large that it is done in slices, between which the server serves others.
///
/// Nothing here depends on how long something takes: what happens between two slices is counted, over as many commands
/// as that needs.
struct LongWorkTests {
  let server: ModuleServer

  /// Of i32: 80 MB, which is 20 slices.
  private static let count = 20_000_000
  /// A command, and what its reply must be for an array of ones.
  private static let commands: [(words: [String], reply: Reply)] = [
    (["MMAP.AGG", "a", "0", "-1", "SUM", "VAR"], .array([.integer(count), .bulk("0")])),
    (["MMAP.FIND", "a", "0", "-1", "GT", "1"], .array([])),
    (["MMAP.BUCKETS", "a", "0", "-1", "1", "SUM", "ARGMAX"], .array([.array([.integer(count), .integer(0)])])),
    (["MMAP.DOWNSAMPLE", "a", "0", "-1", "2"], .integers([0, 1, count - 1, 1])),
    (["MMAP.QUANTILE", "a", "0", "-1", "0.5"], .array([.bulk("1")])),
    (["MMAP.HISTOGRAM", "a", "0", "-1", "2"], .integers([0, count])),
    (["MMAP.KNN", "a", "2", "L2", "\u{1}\0\0\0"], .array([.integer(0), .bulk("0"), .integer(1), .bulk("0")])),
    (["MMAP.SLICE", "a", "::-20"], .bulk(Array(repeatElement([1, 0, 0, 0], count: count / 20).joined()))),
    (["MMAP.FILL", "a", "0", "-1", "1"], .integer(count)),
  ]

  init() throws {
    server = try ModuleServer(configuration: [("notify-keyspace-events", "KEd")])
  }

  /// Makes an array of ones.
  private func makeOnes(_ format: Format = .npy) throws {
    try server.makeArray("a", "i32", format)
    try server.connection("MMAP.RESIZE", "a", LongWorkTests.count)
    try server.connection("MMAP.FILL", "a", 0, -1, 1)
  }

  /// A client whose command is under way: it has been sent, and the server has begun it and not finished.
  private func begin(_ words: [String], times: Int = 1) throws -> Connection {
    let worker = try server.live.connect(protocolVersion: .resp2)
    for _ in 0..<50 {
      for _ in 0..<times { try worker.append(words.map(\.argument)) }
      try worker.flush()
      if try jobs() > 0 { return worker }
      // Not begun, or done: this process may have waited long for a processor.
      for _ in 0..<times { _ = try worker.readReply() }
    }
    throw LongWorkError.isNotSeen
  }

  private func jobs() throws -> Int {
    let lines = try server.connection("INFO", "mmaparray", as: String.self).split(whereSeparator: \.isNewline)
    return lines.first { $0.hasPrefix("mmaparray_jobs:") }.flatMap { Int($0.dropFirst(15)) } ?? -1
  }

  /// What must hold whatever happened.
  private func expectHealth() throws {
    let deadline = ContinuousClock.now + LiveServer.patience
    while try jobs() > 0, ContinuousClock.now < deadline {}
    #expect(try jobs() == 0)
    #expect(try server("PING") == .status("PONG"))
    for word in ["ASSERTION", "crashed", "BUG REPORT", "Guru Meditation", "# mmaparray"] {
      #expect(!server.live.log.contains(word), "\(server.live.log)")
    }
  }

  // MARK: - Others are served

  @Test("other clients are served meanwhile", arguments: commands.indices)
  func others(index: Int) throws {
    try makeOnes()
    let (words, expected) = LongWorkTests.commands[index]
    var served = 0
    while served < 20 {
      let worker = try begin(words)
      served += 1
      while try jobs() > 0 { served += 1 }
      #expect(try worker.readReply() == expected)
    }
    try expectHealth()
  }

  @Test(
    "freeing the space of a large file, in both formats", arguments: Format.allCases, ["VCLEAR a", "MMAP.RESIZE a 7"])
  func shrinking(format: Format, command: String) throws {
    try makeOnes(format)
    let words = command.split(separator: " ").map(String.init)
    let worker = try server.live.connect(protocolVersion: .resp2)
    try worker.append(words.map(\.argument))
    try worker.flush()
    let isClear = words[0] == "VCLEAR"
    // The count is the new one at once, whether or not the file is cut already.
    let deadline = ContinuousClock.now + LiveServer.patience
    while try server("VCOUNT", "a") == .integer(LongWorkTests.count), ContinuousClock.now < deadline {}
    #expect(try server("VCOUNT", "a") == .integer(isClear ? 0 : 7))
    #expect(try server("MMAP.AGG", "a", 0, -1, "SUM") == .integers([isClear ? 0 : 7]))
    #expect(try server("MMAP.ADD", "a", 5) == .integer(1))
    #expect(try worker.readReply() == .integer(isClear ? LongWorkTests.count : 7))
    #expect(try server("MMAP.POP", "a") == .integer(5))
    try server("DEL", "a")
    try expectHealth()
    // Where DEL frees as UNLINK does, the file is closed a little later.
    try eventually("the file is cut") { try server.bytes("a").count == format.size(.all[2], isClear ? 0 : 7) }
  }

  @Test("jobs of several clients are done side by side")
  func sideBySide() throws {
    try makeOnes()
    let workers = try LongWorkTests.commands.map { try begin($0.words) }
    for (worker, command) in zip(workers, LongWorkTests.commands) { #expect(try worker.readReply() == command.reply) }
    try expectHealth()
  }

  // MARK: - The array changes

  @Test(
    "the array is changed or unbound meanwhile", arguments: commands.indices,
    [
      "MMAP.ADD a 1 1", "VPOP a", "VCLEAR a", "MMAP.RESIZE a 100", "MMAP.RESIZE a 30000000", "DEL a", "UNLINK a",
      "FLUSHALL", "FLUSHALL ASYNC", "RENAME a b", "SET a x", "MMAP.FILL a 0 -1 1", "SWAPDB 0 1",
    ])
  func changes(index: Int, change: String) throws {
    try makeOnes()
    let (words, expected) = LongWorkTests.commands[index]
    let worker = try begin(words)
    #expect(try server.send(change.split(separator: " ").map(String.init)).errorText == nil)
    let reply = try worker.readReply()
    // Each element is 1 at every moment, or 0 where the array grew, or gone.
    switch words[0] {
    case "MMAP.AGG":
      let sum = try Int(try #require(reply.elements?.first))
      #expect((0...LongWorkTests.count + 2).contains(sum), "\(reply)")
    case "MMAP.BUCKETS":
      let sum = try Int(reply.elements?.first?.elements?.first ?? .integer(0))
      #expect((0...LongWorkTests.count).contains(sum), "\(reply)")
    case "MMAP.DOWNSAMPLE":
      let points = try #require(reply.elements)
      #expect(points.count.isMultiple(of: 2) && expected.elements?.starts(with: points) == true, "\(reply)")
    // NaN where nothing was left to look at.
    case "MMAP.QUANTILE": #expect([expected, .array([.bulk("nan")])].contains(reply))
    case "MMAP.HISTOGRAM":
      let counts = try #require(reply.elements).map { try Int($0) }
      #expect(counts.first == 0 && counts.count == 2 && (0...LongWorkTests.count).contains(counts[1]), "\(reply)")
    // Rows that are gone are not found.
    case "MMAP.KNN": #expect([expected, .array([])].contains(reply))
    case "MMAP.SLICE":
      #expect(reply == expected || reply.errorText?.contains("has become shorter while it was read") == true)
    default: #expect(reply == expected)
    }
    try expectHealth()
  }

  @Test(
    "the last key goes while the array is worked on: the file is whole, and can be mapped again",
    arguments: Format.allCases)
  func unbound(format: Format) throws {
    try makeOnes(format)
    let worker = try begin(["MMAP.FILL", "a", "0", "-1", "2"])
    try server("DEL", "a")
    #expect(try server.send(["MMAP", "a", "a"] + format.wordsToMapAgain(.all[2])) == .integer(LongWorkTests.count))
    #expect(try worker.readReply() == .integer(LongWorkTests.count))
    #expect(try server("MMAP.AGG", "a", 0, -1, "MIN", "MAX") == .integers([2, 2]))
    try expectHealth()
  }

  // MARK: - The client goes

  @Test("the client leaves, or is killed", arguments: commands.indices, [false, true])
  func clientGone(index: Int, isKilled: Bool) throws {
    try makeOnes()
    do {
      let worker = try begin(LongWorkTests.commands[index].words, times: 3)
      if isKilled {
        #expect(try Int(server("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")) > 0)
        withExtendedLifetime(worker) {}
      }
    }
    try expectHealth()
    #expect(try server("MMAP.AGG", "a", 0, -1, "SUM") == .integers([LongWorkTests.count]))
  }

  @Test("CLIENT UNBLOCK does not get a reply out of it that is none")
  func unblock() throws {
    try makeOnes()
    let worker = try begin(LongWorkTests.commands[0].words)
    let clients = try server.connection("CLIENT", "LIST", "TYPE", "NORMAL", as: String.self)
    for client in clients.split(whereSeparator: \.isNewline) {
      let identifier = client.split(separator: " ")[0].dropFirst("id=".count)
      try server("CLIENT", "UNBLOCK", String(identifier))
    }
    #expect(try worker.readReply() == LongWorkTests.commands[0].reply)
    try expectHealth()
  }

  // MARK: - In one go

  @Test("in a transaction or a script it is done in one go", arguments: commands.indices)
  func oneGo(index: Int) throws {
    try makeOnes()
    let (words, expected) = LongWorkTests.commands[index]
    try server("MULTI")
    try server.send(words)
    try server("INFO", "mmaparray")
    let replies = try #require(server("EXEC").elements)
    #expect(replies[0] == expected)
    #expect(replies[1].text?.contains("mmaparray_jobs:0") == true)
    let script = "return {redis.call(unpack(ARGV)), redis.call('INFO', 'mmaparray')}"
    let results = try #require(server.send(["EVAL", script, "1", "a"] + words).elements)
    #expect(results[0] == expected)
    #expect(results[1].text?.contains("mmaparray_jobs:0") == true)
    try expectHealth()
  }

  // MARK: - The server

  @Test("it saves meanwhile", arguments: ["SAVE", "BGSAVE", "BGREWRITEAOF"])
  func saving(command: String) throws {
    try makeOnes()
    let worker = try begin(["MMAP.FILL", "a", "0", "-1", "3"])
    #expect(try server(command).errorText == nil)
    #expect(try worker.readReply() == .integer(LongWorkTests.count))
    #expect(try server("MMAP.AGG", "a", 0, -1, "MIN") == .integers([3]))
    try expectHealth()
  }

  @Test("it ends meanwhile: what was begun is whole", arguments: [1, 2], ["SHUTDOWN NOSAVE", "SHUTDOWN SAVE"])
  func shutdown(value: Int, command: String) throws {
    try makeOnes()
    let worker = try begin(value == 1 ? LongWorkTests.commands[0].words : ["MMAP.FILL", "a", "0", "-1", "\(value)"])
    _ = try? server.send(command.split(separator: " ").map(String.init))
    // The reply, or the end of the connection.
    _ = try? worker.readReply()
    let deadline = ContinuousClock.now + LiveServer.patience
    while server.live.isRunning, ContinuousClock.now < deadline { usleep(1000) }
    #expect(server.live.exit == .code(0), "\(server.live.log)")
    #expect(try FileSize.of(server.path("a")) == 128 + 4 * LongWorkTests.count)
    try server.start()
    try server.connection("MMAP", "b", "a")
    #expect(try server("MMAP.AGG", "b", 0, -1, "MIN", "MAX") == .integers([value, value]))
  }
}

private enum LongWorkError: Error {
  /// Work is never found to be under way: it is done in one go.
  case isNotSeen
}

private enum FileSize {
  static func of(_ path: String) throws -> Int {
    var status = stat()
    try #require(stat(path, &status) == 0)
    return Int(status.st_size)
  }
}
