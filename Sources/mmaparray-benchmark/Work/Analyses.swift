import Histogram
import LiveServer
import MappedArrayClient

/// What is computed of a large array, next to who computes the same elsewhere: NumPy and others on the same file, which
/// both have mapped and that is in memory, or the server with another command.
struct Analyses {
  private let kind: ElementKind
  private let scale: Scale
  private var rows: [Row]

  init(_ kind: ElementKind, _ scale: Scale) {
    self.kind = kind
    self.scale = scale
    rows = [
      Row("MMAP.AGG SUM", ["MMAP.AGG", "summed", 0, -1, "SUM"], "numpy.sum", .python("numpy.sum(array)")),
      Row(
        "MMAP.BUCKETS 1000, six operations",
        ["MMAP.BUCKETS", "summed", 0, -1, 1000, "FIRST", "LAST", "MIN", "MAX", "ARGMIN", "ARGMAX"], "MMAP.AGG SUM",
        .command(["MMAP.AGG", "summed", 0, -1, "SUM"])),
      Row(
        "MMAP.DOWNSAMPLE 1000", ["MMAP.DOWNSAMPLE", "summed", 0, -1, 1000], "tsdownsample LTTB",
        .python(
          "sampler.downsample(array, n_out=1000)",
          setup: "import tsdownsample; sampler = tsdownsample.LTTBDownsampler()", isOptional: true)),
      Row(
        "MMAP.QUANTILE 0.5", ["MMAP.QUANTILE", "summed", 0, -1, "0.5"], "numpy.quantile",
        .python("numpy.quantile(array, 0.5)")),
      Row(
        "MMAP.HISTOGRAM 100", ["MMAP.HISTOGRAM", "summed", 0, -1, 100], "numpy.histogram",
        .python("numpy.histogram(array, 100)")),
    ]
  }

  private var file: String { "\(kind.name)-summed.npy" }

  func prepare(_ connection: Connection) throws {
    try connection("MMAP", "summed", file, kind.name)
    let packed = kind.values(scale.elements).packed
    for _ in stride(from: 0, to: scale.summedElements, by: scale.elements) {
      try connection("MMAP.APPEND", "summed", packed)
    }
  }

  /// One round.
  mutating func measure(on server: LiveServer, _ connection: Connection) throws {
    for index in rows.indices { try rows[index].measure("\(server.directory)/arrays/\(file)", connection) }
  }

  /// Of all rows but those whose program is not installed.
  func figures() throws -> [ComparisonFigures] {
    try rows.filter(\.isMeasured).map { try $0.figures(kind.name, count: scale.summedElements) }
  }
}

private struct Row {
  enum Rival {
    case command([Argument])
    /// An expression, with `array` in it; an optional one is left out where its set-up does not succeed.
    case python(String, setup: String = "", isOptional: Bool = false)
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
    case .python(let expression, let setup, let isOptional):
      theirs.append(try times(expression, setup, isOptional: isOptional, path))
    }
  }

  private func times(_ command: [Argument], _ connection: Connection) throws -> [Double] {
    // The first warms up.
    let reply = try connection.send(command)
    if case .error = reply { throw BenchmarkError.refused(reply) }
    let clock = ContinuousClock()
    return try (0..<Self.repetitions).map { _ in
      try clock.measure { _ = try connection.send(command) } / .nanoseconds(1)
    }
  }

  private func times(_ expression: String, _ setup: String, isOptional: Bool, _ path: String) throws -> [Double] {
    let script = """
      import sys, time, numpy
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
    let output = try Python.run(script: script, arguments: [path, expression, isOptional ? "optional" : "", setup])
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
