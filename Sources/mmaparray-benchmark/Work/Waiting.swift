import Histogram
import LiveServer
import MappedArrayClient

/// How long a `PING` waits while another client does something long.
struct WaitingFigures: Codable {
  let name: String
  /// What the project promises, in milliseconds; nil for what is there to compare with.
  let goal: Double?
  /// In microseconds.
  let pings: Latencies
}

/// Measures what others wait beside long commands, this module's and the server's.
struct Waiting {
  let scale: Scale
  let server: LiveServer
  let connection: Connection

  private struct Work {
    let name: String
    let command: [Argument]
    let goal: Double?

    init(_ name: String, _ command: [any ArgumentConvertible], goal: Double?) {
      (self.name, self.command, self.goal) = (name, command.map(\.argument), goal)
    }
  }

  /// Replies of the work during which `PING`s are counted at least.
  private static let leastRepetitions = 3

  /// Calls `progress` before each row.
  func all(_ progress: (String) -> Void) throws -> [WaitingFigures] {
    let count = scale.summedElements
    try connection("FLUSHALL")
    try connection("CONFIG", "SET", "mmaparray.max-reply", 4 << 30)
    try connection("MMAP", "array", "waiting.npy", "f64")
    let values = ElementKind.all[0].values(scale.elements).packed
    for _ in stride(from: 0, to: count, by: scale.elements) { try connection("MMAP.APPEND", "array", values) }
    try connection("MMAP", "filled", "waiting-filled.npy", "f64")
    try connection("MMAP.RESIZE", "filled", count)
    for start in stride(from: 0, to: scale.manyElements, by: 1000) {
      try connection.send(["RPUSH", "list"] + (start..<min(start + 1000, scale.manyElements)).map { Argument($0) })
    }
    return try work.map { work in
      progress("PING beside \(work.name)")
      return WaitingFigures(name: work.name, goal: work.goal, pings: try measure(work))
    }
  }

  private var work: [Work] {
    let all = short(count: scale.summedElements)
    return [
      Work("nothing", ["PING"], goal: nil),
      Work("LRANGE of \(short(count: scale.manyElements))", ["LRANGE", "list", 0, -1], goal: nil),
      Work("VALL of \(all)", ["VALL", "array"], goal: 10),
      Work("MMAP.READ of \(all)", ["MMAP.READ", "array"], goal: 10),
      Work("MMAP.AGG SUM VAR of \(all)", ["MMAP.AGG", "array", 0, -1, "SUM", "VAR"], goal: 10),
      Work("MMAP.FIND, half of \(all)", ["MMAP.FIND", "array", 0, -1, "GT", 0], goal: 10),
      Work("MMAP.QUANTILE of \(all)", ["MMAP.QUANTILE", "array", 0, -1, "0.5"], goal: 10),
      Work("MMAP.FILL of \(all)", ["MMAP.FILL", "filled", 0, -1, 1], goal: 10),
      Work("MMAP.INFO", ["MMAP.INFO", "array"], goal: 10),
    ]
  }

  private func measure(_ work: Work) throws -> Latencies {
    let other = try OtherClient(sending: work.command, to: server)
    var histogram = Latencies.none
    repeat {
      histogram.add(try Pings.sample(scale.pings, on: server))
    } while try other.count() < Self.leastRepetitions
    try other.stop()
    return Latencies(histogram)
  }
}
