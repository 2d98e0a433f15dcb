import Foundation
import Histogram
import LiveServer
import MappedArrayClient
import Synchronization

/// How requests are sent.
struct Load: Codable, Sendable {
  var threads = 1
  /// Of all threads together.
  var connections = 1
  /// Requests that are under way on a connection.
  var pipeline = 32
}

/// What some requests took.
struct Sample {
  var requests: Int
  var duration: Duration
  /// What the server's main thread spent on them.
  var serverTime: Duration
  /// In nanoseconds, from a batch's first byte sent to its last byte received; each request of it counts.
  var latencies: Histogram<UInt64>
}

enum BenchmarkError: Error, CustomStringConvertible {
  case refused(Reply)
  case noModule(String)
  case noFigure(String)
  case cannotLimit(String)
  case noDisk(String)

  /// Whether something cannot be measured on this machine.
  var isOfMachine: Bool {
    switch self {
    case .cannotLimit, .noDisk: true
    case .refused, .noModule, .noFigure: false
    }
  }

  var description: String {
    switch self {
    case .refused(let reply): "the server refuses a request: \(reply)"
    case .noModule(let path): "there is no module at \(path): run make, or give --module"
    case .noFigure(let what): "no figure for \(what)"
    case .cannotLimit(let reason): "the server's memory cannot be limited: \(reason)"
    case .noDisk(let reason): "there is no disk to read from: \(reason)"
    }
  }
}

extension Load {
  /// Sends `count` requests and reads their replies.
  ///
  /// - Throws: `BenchmarkError.refused` if one of them is an error.
  func run(_ requests: Requests, count: Int, on server: LiveServer) throws -> Sample {
    let workers = try (0..<threads).map { index in
      try Worker(
        requests, first: requests.ends.count * index / threads, count: share(of: count, index),
        connections: max(1, share(of: connections, index)), pipeline: pipeline, on: server)
    }
    let before = server.mainThreadTime
    let clock = ContinuousClock()
    let start = clock.now
    try Threads.run(workers.map { worker in { try worker.run() } })
    let duration = clock.now - start
    var latencies = Latencies.none
    for worker in workers { latencies.add(worker.latencies) }
    return Sample(
      requests: workers.reduce(0) { $0 + $1.sent }, duration: duration, serverTime: server.mainThreadTime - before,
      latencies: latencies)
  }

  private func share(of whole: Int, _ index: Int) -> Int {
    whole / threads + (index < whole % threads ? 1 : 0)
  }
}

/// One thread's part of a load.
///
/// Sendable: its thread has it for itself until it ends.
private final class Worker: @unchecked Sendable {
  private let requests: Requests
  /// The request to begin with: no two threads send the same ones at the same time.
  private let first: Int
  private let count: Int
  private let pipeline: Int
  private let connections: [Connection]
  private(set) var sent = 0
  private(set) var latencies = Latencies.none

  init(_ requests: Requests, first: Int, count: Int, connections: Int, pipeline: Int, on server: LiveServer) throws {
    self.requests = requests
    self.first = first
    self.count = count
    self.pipeline = pipeline
    self.connections = try (0..<connections).map { _ in try server.connect(protocolVersion: .resp2) }
  }

  func run() throws {
    let clock = ContinuousClock()
    var next = first
    while sent < count {
      var batches: [(connection: Connection, start: ContinuousClock.Instant, count: Int)] = []
      for connection in connections where sent < count {
        let (range, size) = requests.batch(from: next, count: min(pipeline, count - sent))
        next = (next + size) % requests.ends.count
        batches.append((connection, clock.now, size))
        try send(range, connection)
        sent += size
      }
      for (connection, start, size) in batches {
        guard try connection.discardReplies(size) == 0 else { throw try refusal(connection) }
        let nanoseconds = (clock.now - start) / .nanoseconds(1)
        latencies.record(UInt64(min(nanoseconds, 59e9)), count: UInt64(size))
      }
    }
  }

  private func send(_ range: Range<Int>, _ connection: Connection) throws {
    let bytes = requests.bytes
    try connection.append(formatted: bytes.span.bytes.extracting(range))
    try connection.flush()
  }

  /// The error that a server replies to a request with.
  private func refusal(_ connection: Connection) throws -> BenchmarkError {
    try send(requests.bytes.indices, connection)
    for _ in requests.ends {
      let reply = try connection.readReply()
      if case .error = reply { return .refused(reply) }
    }
    return .noFigure("a request that was refused at first")
  }
}

extension LiveServer {
  /// The time that the server's main thread has run.
  var mainThreadTime: Duration {
    let text = (try? Files.text("/proc/\(processIdentifier)/schedstat")) ?? ""
    return .nanoseconds(text.split(separator: " ").first.flatMap { Int64($0) } ?? 0)
  }

  /// Anonymous memory that the server has in use, in bytes.
  var anonymousBytes: Int {
    let text = (try? Files.text("/proc/\(processIdentifier)/status")) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
  }
}
