import LiveServer
import MappedArrayClient

/// Elements that are on the disk when they are acknowledged, added by many clients at once: to an array, and to a list of a
/// server that flushes its append-only file as often.
struct Flushes {
  private let scale: Scale
  private let array: LiveServer
  private let list: LiveServer

  private static let clients = 50

  init(_ scale: Scale, program: String, module: String) throws {
    self.scale = scale
    array = try LiveServer(program: [program], module: module)
    list = try LiveServer(
      program: [program], module: module,
      configuration: [("appendonly", "yes"), ("appendfsync", "always"), ("auto-aof-rewrite-percentage", "0")])
  }

  func measure(_ progress: (String) -> Void) throws -> (comparison: ComparisonFigures, waiting: [WaitingFigures]) {
    let connection = try array.connect()
    try connection("MMAP", "added", "added.npy", "f64")
    try connection("CONFIG", "SET", "mmaparray.fsync", "always")
    var comparison = Comparison(
      ours: .init(
        name: "VADD, \(Self.clients) clients, fsync always", requests: try Requests([["VADD", "added", "0.5"]]),
        preparation: [["VCLEAR", "added"]]),
      theirs: .init(
        name: "RPUSH, appendfsync always", requests: try Requests([["RPUSH", "pushed", "0.5"]]),
        preparation: [["DEL", "pushed"]]), type: "f64", count: scale.flushedRequests)
    comparison.theirs.server = list
    (comparison.clients, comparison.pipeline) = (Self.clients, 1)
    var running = RunningComparison(comparison)
    progress("fsync always: warming up")
    try running.measure(Load(), on: array, connection, round: 0)
    running.discard()
    for round in 0..<scale.rounds {
      progress("fsync always: round \(round + 1)")
      try running.measure(Load(), on: array, connection, round: round)
    }
    progress("PING beside fsync always")
    var waiting = [
      WaitingFigures(name: "RPUSH, appendfsync always", goal: nil, pings: try pings(comparison.theirs, on: list))
    ]
    for policy in ["everysec", "always"] {
      try connection("CONFIG", "SET", "mmaparray.fsync", policy)
      waiting.append(
        WaitingFigures(name: "VADD, mmaparray.fsync \(policy)", goal: nil, pings: try pings(comparison.ours, on: array))
      )
    }
    return (try running.figures(), waiting)
  }

  private func pings(_ side: Comparison.Side, on server: LiveServer) throws -> Latencies {
    let load = Load(threads: Self.clients, connections: Self.clients, pipeline: 1)
    return try Pings.beside(
      { [scale] in _ = try load.run(side.requests, count: 2 * scale.flushedRequests, on: server) }, on: server)
  }
}
