import Histogram
import LiveServer
import MappedArrayClient

/// What is counted.
enum Unit: String, Codable {
  case requests, elements, bytes
}

/// The same work done in two ways.
struct Comparison {
  struct Side {
    /// As it is shown: `VMGET 10`.
    let name: String
    let requests: Requests
    /// Sent before each sample and not measured.
    var preparation: [[Argument]] = []
    /// What another client sends over and over while the sample is taken.
    var beside: [Argument]?
    /// A server of its own.
    var server: LiveServer?
  }

  var ours: Side
  var theirs: Side
  /// The element type's name.
  let type: String
  var unit = Unit.requests
  var unitsPerRequest = 1
  /// Requests in a sample.
  var count: Int
  /// Replaces the load's pipeline, for requests with large replies.
  var pipeline: Int?
  /// Replaces the load's threads and connections: that many clients.
  var clients: Int?
}

/// Figures of one side.
struct SideFigures: Codable {
  let name: String
  let perSecond: Spread
  /// In microseconds.
  let latencies: Latencies
  /// What the server's main thread spends on a unit, in nanoseconds; nil where the work is not done by a server.
  let serverNanoseconds: Double?
}

struct Latencies: Codable {
  let p50: Double
  let p99: Double
  let p999: Double
  let longest: Double

  /// To count in, in nanoseconds: up to a minute.
  static var none: Histogram<UInt64> {
    Histogram(highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)
  }

  init(_ nanoseconds: Histogram<UInt64>) {
    func microseconds(_ percentile: Double) -> Double {
      Double(nanoseconds.valueAtPercentile(percentile)) / 1000
    }
    p50 = microseconds(50)
    p99 = microseconds(99)
    p999 = microseconds(99.9)
    longest = Double(nanoseconds.max) / 1000
  }
}

struct ComparisonFigures: Codable {
  let type: String
  let unit: Unit
  let ours: SideFigures
  let theirs: SideFigures
  /// Ours per second over theirs, of the two samples of each round.
  let ratio: Spread
}

/// A comparison while it is being measured: a sample of both sides in each round, side by side, so that whatever else
/// the machine does hits both.
struct RunningComparison {
  let comparison: Comparison
  private var ours: [Sample] = []
  private var theirs: [Sample] = []

  init(_ comparison: Comparison) { self.comparison = comparison }

  /// Takes a sample of each side, in turns which one first.
  mutating func measure(_ load: Load, on server: LiveServer, _ connection: Connection, round: Int) throws {
    var load = load
    load.pipeline = comparison.pipeline ?? load.pipeline
    if let clients = comparison.clients { (load.threads, load.connections) = (clients, clients) }
    func sample(_ side: Comparison.Side) throws -> Sample {
      let connection = try side.server?.connect() ?? connection
      let server = side.server ?? server
      for command in side.preparation {
        let reply = try connection.send(command)
        if case .error = reply { throw BenchmarkError.refused(reply) }
      }
      let other = try side.beside.map { try OtherClient(sending: $0, to: server) }
      let sample = try load.run(side.requests, count: comparison.count, on: server)
      try other?.stop()
      return sample
    }
    if round.isMultiple(of: 2) { ours.append(try sample(comparison.ours)) }
    theirs.append(try sample(comparison.theirs))
    if !round.isMultiple(of: 2) { ours.append(try sample(comparison.ours)) }
  }

  /// Forgets what was measured: it warmed up.
  mutating func discard() {
    ours = []
    theirs = []
  }

  func figures() throws -> ComparisonFigures { try comparison.figures(ours, theirs) }
}

extension Comparison {
  /// - Parameters:
  ///   - ours: the samples of each round.
  ///   - theirs: as many.
  func figures(_ ours: [Sample], _ theirs: [Sample]) throws -> ComparisonFigures {
    try ComparisonFigures(
      type, unit, (self.ours.name, ours, unitsPerRequest), (self.theirs.name, theirs, unitsPerRequest))
  }
}

extension ComparisonFigures {
  typealias Side = (name: String, samples: [Sample], unitsPerRequest: Int)

  init(_ type: String, _ unit: Unit, _ ours: Side, _ theirs: Side) throws {
    let ratios = zip(ours.samples, theirs.samples).map {
      $0.rate(ours.unitsPerRequest) / $1.rate(theirs.unitsPerRequest)
    }
    guard let ratio = Spread(ratios) else { throw BenchmarkError.noFigure(ours.name) }
    self.init(type: type, unit: unit, ours: try SideFigures(ours), theirs: try SideFigures(theirs), ratio: ratio)
  }
}

extension SideFigures {
  init(_ side: ComparisonFigures.Side) throws {
    guard let perSecond = Spread(side.samples.map { $0.rate(side.unitsPerRequest) }),
      var latencies = side.samples.first?.latencies
    else { throw BenchmarkError.noFigure(side.name) }
    for sample in side.samples.dropFirst() { latencies.add(sample.latencies) }
    let units = side.samples.reduce(0) { $0 + $1.requests } * side.unitsPerRequest
    let serverTime = side.samples.reduce(Duration.zero) { $0 + $1.serverTime }
    self.init(
      name: side.name, perSecond: perSecond, latencies: Latencies(latencies),
      serverNanoseconds: serverTime > .zero ? serverTime / .nanoseconds(1) / Double(units) : nil)
  }
}

extension Sample {
  /// Units a second.
  func rate(_ unitsPerRequest: Int) -> Double { Double(requests * unitsPerRequest) / (duration / .seconds(1)) }
}
