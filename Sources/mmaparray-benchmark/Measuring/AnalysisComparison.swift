import Histogram
import LiveServer
import MappedArrayClient

/// A command that computes something of a large array, beside a program, on the same file, or another command. Each is
/// sent or run alone, one after the other.
struct AnalysisComparison {
  enum Rival {
    case command([Argument])
    /// An expression, with `array` in it; an optional one is left out where its set-up does not find what it imports.
    /// NumPy's matrix products take as many threads as are named, or as it likes.
    case python(String, setup: String = "", isOptional: Bool = false, threads: Int? = nil)
  }

  private let name: String
  private let command: [Argument]
  private let rivalName: String
  private let rival: Rival
  /// Times in nanoseconds, by round.
  private var ours: [[Double]] = []
  private var theirs: [[Double]] = []

  private static let repetitions = 5

  init(_ name: String, _ command: [any ArgumentConvertible], _ rivalName: String, _ rival: Rival) {
    (self.name, self.command, self.rivalName, self.rival) = (name, command.map(\.argument), rivalName, rival)
  }

  var isMeasured: Bool { !theirs.joined().isEmpty }

  mutating func measure(_ path: String, _ connection: Connection) throws {
    ours.append(try times(command, connection))
    switch rival {
    case .command(let command): theirs.append(try times(command, connection))
    case .python(let expression, let setup, let isOptional, let threads):
      let arguments = [path, expression, isOptional ? "optional" : "", setup, threads.map { "\($0)" } ?? ""]
      theirs.append(try times(arguments))
    }
  }

  private func times(_ command: [Argument], _ connection: Connection) throws -> [Double] {
    // The first warms up.
    let reply = try connection.send(command)
    if case .error = reply { throw BenchmarkError.refused(reply) }
    let clock = ContinuousClock()
    return try (0..<Self.repetitions).map { _ in
      let time = try clock.measure {
        try connection.append(command)
        try connection.flush()
        // A reply of many values costs its reader more than the server.
        if try connection.discardReplies(1) > 0 { throw BenchmarkError.refused(try connection.send(command)) }
      }
      return time / .nanoseconds(1)
    }
  }

  private func times(_ arguments: [String]) throws -> [Double] {
    let script = """
      import os, sys
      if sys.argv[5]: os.environ.update(dict.fromkeys(['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS'], sys.argv[5]))
      import time, numpy
      array = numpy.load(sys.argv[1], mmap_mode='r')
      try:
        exec(sys.argv[4])
      except ImportError:
        if sys.argv[3] == 'optional': sys.exit()
        raise
      eval(sys.argv[2])
      for _ in range(\(Self.repetitions)):
        start = time.perf_counter_ns()
        eval(sys.argv[2])
        print(time.perf_counter_ns() - start)
      """
    let output = try Python.run(script: script, arguments: arguments)
    return output.split(separator: "\n").compactMap { Double($0) }
  }

  func figures(_ type: String, count: Int) throws -> ComparisonFigures {
    let ratios = zip(ours, theirs).compactMap { ours, theirs in
      Spread(theirs).flatMap { theirs in Spread(ours).map { theirs.median / $0.median } }
    }
    guard let ratio = Spread(ratios) else { throw BenchmarkError.noFigure(rivalName) }
    return ComparisonFigures(
      type: type, unit: .elements, ours: try side(name, ours, count), theirs: try side(rivalName, theirs, count),
      ratio: ratio)
  }

  private func side(_ name: String, _ rounds: [[Double]], _ count: Int) throws -> SideFigures {
    var histogram = Histogram<UInt64>(highestTrackableValue: 60_000_000_000)
    for nanoseconds in rounds.joined() { histogram.record(UInt64(min(nanoseconds, 59e9))) }
    guard let perSecond = Spread(rounds.compactMap { Spread($0) }.map { Double(count) / $0.median * 1e9 }) else {
      throw BenchmarkError.noFigure(name)
    }
    return SideFigures(name: name, perSecond: perSecond, latencies: Latencies(histogram), serverNanoseconds: nil)
  }
}
