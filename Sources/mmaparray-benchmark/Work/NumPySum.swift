import Histogram
import LiveServer
import MappedArrayClient

/// `MMAP.AGG SUM` next to `numpy.sum`, on one file that both have mapped and that is in memory.
struct NumPySum {
  let kind: ElementKind
  let scale: Scale
  private var ours: [[Double]] = []
  private var theirs: [[Double]] = []

  private static let repetitions = 5
  private static let script = """
    import sys, time, numpy
    array = numpy.load(sys.argv[1], mmap_mode='r')
    numpy.sum(array)
    for _ in range(int(sys.argv[2])):
      start = time.perf_counter_ns()
      numpy.sum(array)
      print(time.perf_counter_ns() - start)
    """

  init(_ kind: ElementKind, _ scale: Scale) {
    self.kind = kind
    self.scale = scale
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
    try connection("MMAP.AGG", "summed", 0, -1, "SUM")
    let clock = ContinuousClock()
    ours.append(
      try (0..<Self.repetitions).map { _ in
        try clock.measure { try connection("MMAP.AGG", "summed", 0, -1, "SUM") } / .nanoseconds(1)
      })
    let path = "\(server.directory)/arrays/\(file)"
    let output = try Python.run(script: Self.script, arguments: [path, "\(Self.repetitions)"])
    theirs.append(output.split(separator: "\n").compactMap { Double($0) })
  }

  func figures() throws -> ComparisonFigures {
    let ratios = zip(ours, theirs).compactMap { ours, theirs in
      Spread(theirs).flatMap { theirs in Spread(ours).map { theirs.median / $0.median } }
    }
    guard let ratio = Spread(ratios) else { throw BenchmarkError.noFigure("numpy.sum") }
    return ComparisonFigures(
      type: kind.name, unit: .elements, ours: try side("MMAP.AGG SUM", ours), theirs: try side("numpy.sum", theirs),
      ratio: ratio)
  }

  private func side(_ name: String, _ rounds: [[Double]]) throws -> SideFigures {
    let count = Double(scale.summedElements)
    var histogram = Histogram<UInt64>(highestTrackableValue: 60_000_000_000)
    for nanoseconds in rounds.joined() { histogram.record(UInt64(min(nanoseconds, 59e9))) }
    guard let perSecond = Spread(rounds.compactMap { Spread($0) }.map { count / $0.median * 1e9 }) else {
      throw BenchmarkError.noFigure(name)
    }
    return SideFigures(name: name, perSecond: perSecond, latencies: Latencies(histogram), serverNanoseconds: nil)
  }
}
