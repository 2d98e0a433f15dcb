import LiveServer
import MappedArrayClient

/// What is computed of a large array, next to who computes the same elsewhere: NumPy and others on the same file, which
/// both have mapped and that is in memory, or the server with another command.
struct Analyses {
  private let kind: ElementKind
  private let scale: Scale
  private var rows: [AnalysisComparison]

  init(_ kind: ElementKind, _ scale: Scale) {
    self.kind = kind
    self.scale = scale
    rows = [
      AnalysisComparison(
        "MMAP.AGG SUM", ["MMAP.AGG", "summed", 0, -1, "SUM"], "numpy.sum", .python("numpy.sum(array)")),
      AnalysisComparison(
        "MMAP.BUCKETS 1000, six operations",
        ["MMAP.BUCKETS", "summed", 0, -1, 1000, "FIRST", "LAST", "MIN", "MAX", "ARGMIN", "ARGMAX"], "MMAP.AGG SUM",
        .command(["MMAP.AGG", "summed", 0, -1, "SUM"])),
      AnalysisComparison(
        "MMAP.DOWNSAMPLE 1000", ["MMAP.DOWNSAMPLE", "summed", 0, -1, 1000], "tsdownsample LTTB",
        .python(
          "sampler.downsample(array, n_out=1000)",
          setup: "import tsdownsample; sampler = tsdownsample.LTTBDownsampler()", isOptional: true)),
      AnalysisComparison(
        "MMAP.QUANTILE 0.5", ["MMAP.QUANTILE", "summed", 0, -1, "0.5"], "numpy.quantile",
        .python("numpy.quantile(array, 0.5)")),
      AnalysisComparison(
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
