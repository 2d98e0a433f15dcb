import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// A server with a replica that is sent anything, while somebody spoils its files. It runs below the filter of Debian's unit,
/// as all do; how long the longest `PING` took is printed.
///
/// `MMAPARRAY_FUZZ_SECONDS` makes it longer and `MMAPARRAY_FUZZ_SEED` different.
@Suite(.serialized)
struct LiveFuzzTests {
  private static let seconds = getenv("MMAPARRAY_FUZZ_SECONDS").flatMap { Int(String(cString: $0)) }
  private static let seed = getenv("MMAPARRAY_FUZZ_SEED").flatMap { UInt64(String(cString: $0)) } ?? 2024
  private static let batch = 16
  /// Of a run without a time.
  private static let batches = 1500
  /// 16 read from the disk, 8 flush and up to 8 compute; the others are the server's own.
  private static let mostThreads = 40

  let server: ModuleServer
  let replica: ModuleServer

  init() throws {
    // No file grows large, whatever length is asked for.
    func node() throws -> ModuleServer {
      try ModuleServer.node(program: ["prlimit", "--fsize=33554432"] + Environment.program)
    }
    (server, replica) = (try node(), try node())
    try server.makeDirectory("below")
    try replica.join(server)
  }

  @Test("every command gets a reply, and nothing is left of them")
  func commands() throws {
    let connections = try [ProtocolVersion.resp2, .resp3].map { try server.live.connect(protocolVersion: $0) }
    var commands = RandomCommands(seed: Self.seed)
    var random = SeededGenerator(seed: ~Self.seed)
    // What the server, the runtime and a worker allocate once is not counted.
    try server.makeArray("long", "u8")
    try server("MMAP.RESIZE", "long", 2 << 20)
    #expect(try server("MMAP.READ", "long").errorText == nil)
    try server("DEL", "long")
    try run(batches: 200, on: connections, &commands, &random)
    let before = try [server, replica].map(usage)
    let watches = [server, replica].map { PingWatch($0.live) }
    let deadline = Self.seconds.map { ContinuousClock.now + .seconds($0) }
    repeat {
      try run(batches: Self.batches, on: connections, &commands, &random)
    } while deadline.map { ContinuousClock.now < $0 } ?? false
    for (name, watch) in zip(["master", "replica"], watches) {
      let (count, longest) = watch.end()
      #expect(count > 0)
      print("\(name): the longest of \(count) PINGs took \(longest)")
    }
    let after = try [server, replica].map(usage)
    // Valgrind maps memory of its own.
    if getenv("MMAPARRAY_UNDER_VALGRIND") == nil {
      for (before, after) in zip(before, after) {
        #expect(after.mappedFiles == before.mappedFiles)
        #expect(after.kilobytes <= before.kilobytes + 8192, "\(before.kilobytes) before")
        // They begin when they are needed, and stay.
        #expect(after.threads <= Self.mostThreads, "\(before.threads) before")
      }
    }
    for node in [replica, server] {
      node.expectSound()
      try node.live.stop()
    }
  }

  private func run(
    batches: Int, on connections: [Connection], _ commands: inout RandomCommands, _ random: inout SeededGenerator
  ) throws {
    for number in 0..<batches {
      if random.next() % 8 == 0 { try spoilFile(&random) }
      if random.next() % 16 == 0 { try sendAndLeave(&commands) }
      let sent = (0..<Self.batch).map { _ in commands.next() }
      let connection = connections[number % connections.count]
      for words in sent { try connection.append(words.map { Argument($0) }) }
      var replies: [Reply] = []
      do {
        try connection.flush()
        for words in sent {
          let reply = try connection.readReply()
          replies.append(reply)
          if case .bulk(let payload) = reply, words[0].elementsEqual("DUMP".utf8) { commands.payload = payload }
          guard case .error(let error) = reply else { continue }
          // A code, and a text that can be shown.
          #expect(!error.code.isEmpty && error.code.allSatisfy { $0.isUppercase }, "\(Self.shown(words)): \(error)")
        }
      } catch {
        let log = server.live.log.suffix(3000)
        Issue.record(
          """
          seed \(Self.seed), batch \(number): \(error), after \(replies.count) replies
          \(sent.map(Self.shown).joined(separator: "\n"))
          \(replies.map { "\($0)".prefix(200) }.joined(separator: "\n"))
          \(log)
          """)
        throw error
      }
    }
  }

  /// A client that is gone before it has a reply.
  private func sendAndLeave(_ commands: inout RandomCommands) throws {
    let client = try server.live.connect()
    for _ in 0..<Self.batch { try client.append(commands.next().map { Argument($0) }) }
    try client.append(["MMAP.FIND", "one", "0", "-1", "NE", "1"])
    try client.flush()
  }

  /// Does to a file what another program may do.
  private func spoilFile(_ random: inout SeededGenerator) throws {
    let path = server.path(random.pick(RandomCommands.files, or: "one"))
    switch random.next() % 5 {
    case 0: truncate(path, Int(random.next() % 10_000))
    case 1: unlink(path)
    case 2: truncate(path, 0)
    case 3: try Files.write((0..<300).map { _ in UInt8(truncatingIfNeeded: random.next()) }, to: path)
    default: try Files.write([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(random.next() % 200), 0, 0x7B], to: path)
    }
  }

  /// What a node has when all keys are gone.
  ///
  /// - Returns: the path of each mapping that has one; what is in memory of the others, which are stacks and the allocator's;
  ///   and how many threads there are.
  private func usage(of node: ModuleServer) throws -> (mappedFiles: [Substring], kilobytes: Int, threads: Int) {
    try server.reconnect()
    // MOVE has put some into any database.
    try server("FLUSHALL", "SYNC")
    try replica.catchUp(with: server)
    try node("MEMORY", "PURGE")
    try eventually("all arrays are given up") {
      let information = try node.information("mmaparray")
      return information["mmaparray_arrays"] == "0" && information["mmaparray_jobs"] == "0"
    }
    // A flush that nobody waits for has a descriptor of its own.
    try eventually("all files are closed") { try node.openFiles().isEmpty }
    let process = "/proc/\(node.live.processIdentifier)"
    // The sixth field of proc_pid_maps(5).
    let files = try Files.text("\(process)/maps").split(separator: "\n")
      .compactMap { $0.split(separator: " ", maxSplits: 5).dropFirst(5).first }
    return (files, try node.anonymousMemory(), try Files.names(in: "\(process)/task").count)
  }

  private static func shown(_ words: [[UInt8]]) -> String {
    words.map { String(reflecting: String(decoding: $0.prefix(80), as: UTF8.self)) }.joined(separator: " ")
  }
}
