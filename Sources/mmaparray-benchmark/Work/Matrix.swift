import LiveServer
import MappedArrayClient

/// What is done with the rows of a matrix, next to who does the same elsewhere: rows that are nearest to vectors by faiss,
/// if it is installed, and NumPy, on as many threads as the module's and in memory; rows as strings of the server.
struct Matrix {
  /// faiss knows no other.
  static let typeName = "f32"
  private static let columns = 256
  private static let vectorCount = 32
  /// Rows of a request.
  private static let requestedRows = 100

  private let scale: Scale
  private let path: String
  private var searches: [(comparison: AnalysisComparison, vectors: Int)]

  /// Makes a file of rows, and strings of the first tenth of them.
  init(_ scale: Scale, _ server: LiveServer, _ connection: Connection) throws {
    self.scale = scale
    path = "\(server.directory)/arrays/matrix.npy"
    let script = """
      import numpy, sys
      path, rows, columns, vectors = sys.argv[1], *map(int, sys.argv[2:])
      random = numpy.random.default_rng(20261121)
      numpy.save(path, random.standard_normal((rows, columns), 'f4'))
      random.standard_normal((vectors, columns), 'f4').tofile(path + '.vectors')
      """
    try Python.run(
      script: script, arguments: [path] + [scale.rows, Self.columns, Self.vectorCount].map(String.init))
    try connection("MMAP", "matrix", "matrix.npy")
    let rows = try RemoteMatrix<Float>("matrix", on: connection)
    for row in 0..<scale.rows / 10 {
      let elements = try rows[row] ?? []
      try connection("SET", "row:\(row)", Argument(copying: elements.span.bytes))
    }
    let threads = try connection("CONFIG", "GET", "mmaparray.threads")["mmaparray.threads"].map { try Int($0) } ?? 1
    let vectors = try Files.read(path + ".vectors")
    searches = [1, Self.vectorCount].flatMap { count in
      Self.searches(Array(vectors.prefix(count * Self.columns * 4)), count, threads: max(1, threads))
    }
  }

  private static func searches(
    _ vectors: [UInt8], _ count: Int, threads: Int
  ) -> [(comparison: AnalysisComparison, vectors: Int)] {
    let load = "vectors = numpy.fromfile(sys.argv[1] + '.vectors', 'f4').reshape(-1, \(columns))[:\(count)]"
    let several = count == 1 ? "" : ", \(count) vectors"
    func faiss(_ measure: String) -> AnalysisComparison {
      let setup = """
        import faiss
        faiss.omp_set_num_threads(\(threads))
        index = faiss.IndexFlat\(measure)(\(columns))
        index.add(array)
        \(load)
        """
      return AnalysisComparison(
        "MMAP.KNN \(measure)\(several)", ["MMAP.KNN", "matrix", 10, measure, vectors], "faiss IndexFlat\(measure)",
        .python("index.search(vectors, 10)", setup: setup, isOptional: true, threads: threads))
    }
    // The product, and the ten greatest of it, which NumPy leaves in no order.
    let numpy = AnalysisComparison(
      "MMAP.KNN IP\(several)", ["MMAP.KNN", "matrix", 10, "IP", vectors], "NumPy",
      .python("numpy.argpartition(vectors @ array.T, -10, axis=1)[:, -10:]", setup: load, threads: threads))
    return [faiss("L2"), faiss("IP"), numpy].map { ($0, count) }
  }

  /// What the server does with strings.
  func all() throws -> [Comparison] {
    let most = scale.rows / 10
    func numbers(_ first: Int) -> [Int] { (0..<Self.requestedRows).map { (first + $0 * 7919) % most } }
    let requests = (0..<256).map { numbers($0 * 4243) }
    let name = "\(Self.requestedRows)"
    return [
      Comparison(
        ours: .init(
          name: "MMAP.ROWS \(name)",
          requests: try Requests(requests.map { ["MMAP.ROWS", "matrix"] + $0.map { Argument($0) } })),
        theirs: .init(
          name: "MGET \(name)", requests: try Requests(requests.map { ["MGET"] + $0.map { Argument("row:\($0)") } })),
        type: Self.typeName, count: max(1, scale.requests / 50))
    ]
  }

  /// One round.
  mutating func measure(_ connection: Connection) throws {
    for index in searches.indices { try searches[index].comparison.measure(path, connection) }
  }

  /// Of all rows but those whose program is not installed; elements of rows, once for each vector.
  func figures() throws -> [ComparisonFigures] {
    try searches.filter(\.comparison.isMeasured).map { search in
      try search.comparison.figures(Self.typeName, count: scale.rows * Self.columns * search.vectors)
    }
  }
}
