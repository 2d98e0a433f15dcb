import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// That no client which only reads can stop the server or use it up.
///
/// No assertion is about time: what is counted is what others got meanwhile.
struct LongReadTests {
  /// A sparse file of this size takes no space, and no memory while it is not read.
  private static let hugeSize = 1 << 43

  private func server(_ configuration: [(String, String)] = []) throws -> ModuleServer {
    try ModuleServer(configuration: configuration)
  }

  @Test("a reply that is too large is refused, on any file, before anything is read", arguments: [1, 0])
  func huge(threads: Int) throws {
    let server = try server([("mmaparray.threads", "\(threads)")])
    try server.mapZeros("a", bytes: LongReadTests.hugeSize, as: "f64")
    for words in [
      ["VALL", "a"], ["MMAP.RANGE", "a", "0", "-1"], ["MMAP.READ", "a"], ["MMAP.READ", "a", "5", "\(Int.max)"],
    ] {
      let error = try server.failure(words)
      #expect(error.contains("mmaparray.max-reply allows 536870912: read it in pieces"), "\(error)")
    }
    #expect(try server("CONFIG", "SET", "mmaparray.max-reply", "1mb") == .ok)
    #expect(try server("CONFIG", "GET", "mmaparray.max-reply")["mmaparray.max-reply"] == .bulk("1048576"))
    #expect(try server("MMAP.READ", "a", 0, 128).errorText == nil)
    // Few elements are not many bytes.
    #expect(try server("MMAP.RANGE", "a", 0, 9) == .array(Array(repeating: .bulk("0"), count: 10)))
    #expect(try server("MMAP.INFO", "a")["count"] == .integer(1 << 40))
    for words in [
      ["MMAP.BUCKETS", "a", "0", "-1", "100000", "SUM"], ["MMAP.DOWNSAMPLE", "a", "0", "-1", "100000"],
      ["MMAP.HISTOGRAM", "a", "0", "-1", "100000"],
      ["MMAP.QUANTILE", "a", "0", "-1"] + Array(repeating: "0.5", count: 40_000),
    ] {
      let error = try server.failure(words)
      #expect(error.contains("mmaparray.max-reply allows 1048576: give "), "\(error)")
    }
    #expect(try server.work("refusals") == 8)
  }

  @Test("clients that leave: what they have asked for ends, on any file", arguments: [1, 2, 0], ["AGG", "FIND"])
  func clientsLeave(threads: Int, command: String) throws {
    let server = try server([("mmaparray.threads", "\(threads)")])
    try server.mapZeros("a", bytes: LongReadTests.hugeSize, as: "f64")
    do {
      let workers = try (0..<20).map { _ in try server.live.connect() }
      for worker in workers {
        let words = command == "AGG" ? ["MMAP.AGG", "a", "0", "-1", "STD"] : ["MMAP.FIND", "a", "0", "-1", "NE", "0"]
        try worker.append(words.map(\.argument))
        try worker.flush()
      }
      try eventually("begun") { try server.work("jobs") == workers.count }
    }
    // It would take hours to finish it.
    try eventually("ended") { try server.work("jobs") == 0 }
    #expect(try server.work("cancelled_jobs") == 20)
    #expect(try server.work("work_bytes") == 0)
    #expect(try server("FLUSHALL") == .ok)
    // Newer servers free keys on a thread of their own.
    try eventually("unbound") { try server.work("arrays") == 0 }
  }

  @Test(
    "others are served meanwhile", arguments: ["VALL a", "MMAP.READ a", "MMAP.FIND a 0 -1 EQ 0", "MMAP.AGG a 0 -1 VAR"])
  func served(words: String) throws {
    let server = try server()
    try server.mapZeros("a", bytes: 8 * 3_000_000, as: "i64")
    let worker = try server.live.connect(protocolVersion: .resp2)
    let words = words.split(separator: " ").map { Argument(String($0)) }
    let expected = try {
      try server("MULTI")
      try server.connection.send(words)
      return try #require(server("EXEC").elements).first
    }()
    var served = 0
    try eventually("others are served") {
      try worker.append(words)
      try worker.flush()
      while try server.work("jobs") > 0, try server("PING") == .status("PONG") { served += 1 }
      #expect(try worker.readReply() == expected)
      return served >= 20
    }
  }

  @Test("maxmemory without eviction: what is found is refused as the server refuses its own")
  func maxmemory() throws {
    let server = try server([("maxmemory", "100mb"), ("maxmemory-policy", "noeviction")])
    try server.mapZeros("a", bytes: 50_000_000, as: "u8")
    for words in [["MMAP.FIND", "a", "0", "-1", "EQ", "0"], ["VALL", "a"]] {
      #expect(try server.failure(words).hasPrefix("OOM command not allowed when used memory > 'maxmemory'"))
    }
    #expect(try server.number("used_memory_peak", of: "memory") < 200 << 20)
    #expect(try server.work("refusals") == 2)
    #expect(try server.work("work_bytes") == 0)
    #expect(try server("MMAP.FIND", "a", 0, -1, "EQ", 0, "LIMIT", 5) == .integers(0..<5))
  }

  @Test("too little memory for a reply: an error, and the server goes on")
  func addressSpace() throws {
    let server = try ModuleServer(
      program: ["prlimit", "--as=4294967296"] + Environment.program, configuration: [("mmaparray.max-reply", "16gb")])
    try server.mapZeros("a", bytes: 1_500_000_000, as: "u8")
    #expect(try server.failure(["MMAP.READ", "a"]).hasPrefix("OOM "))
    #expect(try server("MMAP.AGG", "a", 0, -1, "SUM", "VAR") == .array([.integer(0), .bulk("0")]))
  }

  @Test("the server forks meanwhile, again and again: children and reads are whole", arguments: [1, 3], [1, 3])
  func forks(threads: Int, socketThreads: Int) throws {
    let server = try server([
      ("mmaparray.threads", "\(threads)"), ("appendonly", "yes"), ("io-threads", "\(socketThreads)"),
    ])
    try server.mapZeros("a", bytes: 8 * 2_000_000, as: "i64")
    let commands = [
      (["MMAP.AGG", "a", "0", "-1", "SUM", "STD"], Reply.array([.integer(0), .bulk("0")])),
      (["MMAP.FIND", "a", "0", "-1", "NE", "0"], .array([])),
      (["MMAP.READ", "a", "0", "1000000"], .bulk([UInt8](repeating: 0, count: 8_000_000))),
      (["MMAP.RANGE", "a", "0", "199999"], .array(Array(repeating: .integer(0), count: 200_000))),
    ]
    let workers = try commands.map { _ in try server.live.connect(protocolVersion: .resp2) }
    for round in 0..<20 {
      for (worker, command) in zip(workers, commands) {
        try worker.append(command.0.map(\.argument))
        try worker.flush()
      }
      #expect(try server(round.isMultiple(of: 2) ? "BGSAVE" : "BGREWRITEAOF").errorText == nil)
      for (worker, command) in zip(workers, commands) { #expect(try worker.readReply() == command.1) }
      try eventually("the child has ended") {
        let fields = try server.information("persistence")
        return fields["rdb_bgsave_in_progress"] == "0" && fields["aof_rewrite_in_progress"] == "0"
          && fields["aof_rewrite_scheduled"] == "0"
      }
    }
    let fields = try server.information("persistence")
    #expect(fields["rdb_last_bgsave_status"] == "ok" && fields["aof_last_bgrewrite_status"] == "ok")
  }

  @Test("what holds the server's thread is told to its latency monitor, and what does not is not")
  func latency() throws {
    let server = try server([("mmaparray.threads", "1"), ("latency-monitor-threshold", "1")])
    // To copy that takes several milliseconds.
    try server.mapZeros("a", bytes: 400_000_000, as: "u8")
    func events() throws -> [String] {
      try #require(server("LATENCY", "LATEST").elements).compactMap { $0.elements?[0].text }
    }
    #expect(try server("MMAP.READ", "a").errorText == nil)
    #expect(try !events().contains("mmaparray-slice"))
    try server("CONFIG", "SET", "mmaparray.threads", 0)
    #expect(try server("MMAP.READ", "a").errorText == nil)
    #expect(try events().contains("mmaparray-slice"))
  }

  @Test("the number of threads is changed meanwhile")
  func threadsChange() throws {
    let server = try server()
    try server.mapZeros("a", bytes: 8 * 5_000_000, as: "f64")
    let workers = try (0..<6).map { _ in try server.live.connect(protocolVersion: .resp2) }
    for threads in [0, 3, 1, 0, 2, 64, 1] {
      for worker in workers {
        try worker.append(["MMAP.AGG", "a", "0", "-1", "SUM", "VAR", "ARGMAX"])
        try worker.flush()
      }
      #expect(try server("CONFIG", "SET", "mmaparray.threads", threads) == .ok)
      for worker in workers { #expect(try worker.readReply() == .array([.bulk("0"), .bulk("0"), .integer(0)])) }
    }
    #expect(try server("CONFIG", "SET", "mmaparray.threads", 65).errorText != nil)
  }

  @Test(
    "a part of the file goes while it is read: errors, and the server goes on",
    arguments: ["AGG key 0 -1 SUM", "RANGE key 0 -1", "READ key 0 4000000", "SLICE key ::-2", "KNN key 1 L2 8_bytes."])
  func cut(command: String) throws {
    let server = try server()
    let workers = try (0..<4).map { _ in try server.live.connect(protocolVersion: .resp2) }
    for round in 0..<10 {
      let name = "f\(round)"
      try server("MMAP", name, name, "f64")
      try server("MMAP.RESIZE", name, 4_000_000)
      for worker in workers {
        let words = "MMAP.\(command)".split(separator: " ").map { $0 == "key" ? name : String($0) }
        try worker.append(words.map(\.argument))
        try worker.flush()
      }
      #expect(truncate(server.path(name), 5000) == 0)
      for worker in workers {
        // The elements as they were, or an error.
        if let error = try worker.readReply().errorText {
          #expect(["is gone", "header", "mapped anew"].contains { error.contains($0) }, "\(error)")
        }
      }
      try server("DEL", name)
    }
    #expect(try server("PING") == .status("PONG"))
    // Newer servers free keys on a thread of their own.
    try eventually("unbound") { try server.work("arrays") == 0 }
  }
}
