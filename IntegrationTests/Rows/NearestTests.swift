import LiveServer
import MappedArrayClient
import Testing

/// `MMAP.KNN` against NumPy's scores of the same file.
struct NearestTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  /// What NumPy finds, as an answer on one line, and the query as hexadecimal digits.
  private static let definitions = """
    import numpy, sys
    numpy.seterr(all='ignore')
    directory, dtype = sys.argv[1], numpy.dtype(sys.argv[2])
    random = numpy.random.default_rng(20261121)

    def scores(rows, query, measure):
        rows, query = rows.astype('f8'), query.astype('f8')
        if measure == 'L2': return ((rows - query) ** 2).sum(1)
        products = (rows * query).sum(1)
        if measure == 'IP': return products
        norms = numpy.sqrt((rows * rows).sum(1)) * numpy.sqrt((query * query).sum())
        return numpy.where(norms == 0, products, products / norms)

    def nearest(rows, query, measure, k, first=0):
        found = scores(rows, query, measure)
        order = numpy.argsort(found if measure == 'L2' else -found, kind='stable')
        order = order[~numpy.isnan(found[order])][:k]
        return ' '.join(f'{row + first} {float(found[row])!r}' for row in order)

    def ask(key, k, measure, queries, answers, start=None, stop=None):
        print(key, k, measure, queries.tobytes().hex(), start, stop, '|'.join(answers), sep='\\t')
    """

  /// Asks what a script has printed; scores must be equal to the last bit, because all arithmetic of small integers is
  /// exact.
  private func check(_ script: String, _ type: ElementCase, least: Int) throws {
    let text = try Python.run(
      script: NearestTests.definitions + "\n" + script, arguments: [server.path(), type.numpyName])
    var count = 0
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      try server.connection("MMAP", fields[0], fields[0] + ".npy", "READONLY")
      var words: [any ArgumentConvertible] = ["MMAP.KNN", fields[0], fields[1], fields[2], bytes(fields[3])]
      if fields[4] != "None" { words += ["ROWS", fields[4], fields[5]] }
      let answers = fields[6].split(separator: "|", omittingEmptySubsequences: false).map { answer($0) }
      let reply = try server.send(words)
      let found = answers.count == 1 ? [reply.pairs] : reply.elements?.map { $0.pairs }
      #expect(found == answers.map { Optional($0) }, "\(fields[0]) \(fields[1]) \(fields[2]) \(fields[4]) \(fields[5])")
      count += 1
    }
    #expect(count >= least)
  }

  private func answer(_ text: Substring) -> [RowScore] {
    let words = text.split(separator: " ")
    return stride(from: 0, to: words.count, by: 2).compactMap { index in
      guard let row = Int(words[index]), let score = Double(words[index + 1]) else { return nil }
      return RowScore(row: row, score: score)
    }
  }

  @Test("rows, ties, zero vectors, one row, more than there are", arguments: ElementCase.all)
  func small(type: ElementCase) throws {
    try check(
      """
      least = -3 if dtype.kind in 'if' else 0
      for columns, rows in (1, 300), (3, 500), (16, 1), (37, 400), (64, 0), (256, 90), (300, 70), (1000, 40):
          key = f'{columns}x{rows}'
          values = random.integers(least, 4, (rows, columns)).astype(dtype)
          if rows > 20:
              values[3] = values[7] = values[rows - 1]
              values[5] = values[11] = 0
          numpy.save(f'{directory}{key}.npy', values)
          queries = random.integers(least, 4, (6, columns)).astype(dtype)
          queries[2] = 0
          if rows: queries[1] = values[rows - 1]
          for measure in 'L2', 'IP', 'COSINE':
              for k in 0, 1, 7, 1000:
                  ask(key, k, measure, queries[:1], [nearest(values, queries[0], measure, k)])
              for count in 2, 5, 6:
                  ask(key, 4, measure, queries[:count], [nearest(values, q, measure, 4) for q in queries[:count]])
              for query in 1, 2:
                  ask(key, 9, measure, queries[query:query + 1], [nearest(values, queries[query], measure, 9)])
              for start, stop in (0, -1), (2, 8), (-5, -2), (8, 2), (rows, rows + 5), (-10000, 10000):
                  part = slice(max(0, start + rows if start < 0 else start), (stop + rows if stop < 0 else stop) + 1)
                  first = part.start
                  part = values[part] if part.stop > part.start else values[:0]
                  ask(key, 5, measure, queries[:2], [nearest(part, q, measure, 5, first) for q in queries[:2]], start, stop)
      """, type, least: 8 * 3 * 15)
  }

  @Test("NaN, infinities and what a float of 32 bits cannot hold", arguments: ElementCase.all.filter(\.isFloat))
  func specialValues(type: ElementCase) throws {
    try check(
      """
      nan, inf = numpy.nan, numpy.inf
      values = numpy.array([[1, 2], [nan, 0], [0, nan], [inf, 1], [-inf, 1], [inf, -inf], [0, 0], [3, 1]], dtype)
      numpy.save(f'{directory}special.npy', values)
      for measure in 'L2', 'IP', 'COSINE':
          for query in [1, 1], [0, 0], [inf, 1], [nan, 1], [-1, 2]:
              query = numpy.array([query], dtype)
              ask('special', 9, measure, query, [nearest(values, query[0], measure, 9)])
      large = 2.0 ** 100
      values = numpy.array([[large, large], [-large, large], [3 * large, 0], [0, 0], [1 / large, 0], [0, -2 / large]], dtype)
      numpy.save(f'{directory}wide.npy', values)
      for measure in 'L2', 'IP', 'COSINE':
          for query in [large, -large], [1 / large, 1 / large], [0, large]:
              query = numpy.array([query], dtype)
              ask('wide', 9, measure, query, [nearest(values, query[0], measure, 9)])
      """, type, least: 24)
  }

  @Test("integers at their limits", arguments: ["i8", "u8", "i16", "u16"])
  func limits(name: String) throws {
    try check(
      """
      limits = numpy.iinfo(dtype)
      values = random.choice(numpy.array([limits.min, limits.max], dtype), (30, 70_000 if dtype.itemsize == 1 else 3000))
      numpy.save(f'{directory}limits.npy', values)
      for measure in 'L2', 'IP', 'COSINE':
          for query in values[4], 0 * values[0] + limits.max, 0 * values[0] + limits.min:
              ask('limits', 30, measure, query[None], [nearest(values, query, measure, 30)])
      """, #require(ElementCase.named(name)), least: 9)
  }

  @Test("as exact as is said, in several turns", arguments: ["f32", "f64"])
  func accuracy(name: String) throws {
    let type = try #require(ElementCase.named(name))
    let script = """
      rows = random.standard_normal((30_000, 200)).astype(dtype)
      numpy.save(f'{directory}a.npy', rows)
      query = rows[777] + dtype.type(0.1)
      query.tofile(f'{directory}query')
      for measure in 'L2', 'IP', 'COSINE':
          print(nearest(rows, query, measure, 50))
      """
    let text = try Python.run(
      script: NearestTests.definitions + "\n" + script, arguments: [server.path(), type.numpyName])
    try server.connection("MMAP", "a", "a.npy")
    for (measure, line) in zip(["L2", "IP", "COSINE"], text.split(separator: "\n")) {
      let found = try #require(server("MMAP.KNN", "a", 50, measure, server.bytes("query")).pairs)
      let expected = answer(line)
      #expect(found.map(\.row) == expected.map(\.row))
      for (one, other) in zip(found, expected) {
        #expect(abs(one.score - other.score) <= 1e-5 * max(1, abs(other.score)), "\(measure): \(one) \(other)")
      }
      try server("MULTI")
      try server("MMAP.KNN", "a", 50, measure, server.bytes("query"))
      #expect(try server("EXEC").elements?[0].pairs == found)
    }
  }

  @Test("raw rows, dimensions beyond the second, and RESP3")
  func otherShapes() throws {
    try server.connection("MMAP", "raw", "raw", "f32", "RAW", "COLUMNS", 2)
    try server.connection("MMAP.ADD", "raw", 0, 0, 3, 4, 1, 1)
    let query: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]
    #expect(
      try server("MMAP.KNN", "raw", 2, "l2", query) == .array([.integer(0), .bulk("0"), .integer(2), .bulk("2")]))
    // What another program adds is found.
    try server.append(query, to: "raw")
    #expect(try server("MMAP.KNN", "raw", 9, "L2", query).pairs?.map(\.row) == [0, 3, 2, 1])
    let modern = try server.live.connect(protocolVersion: .resp3)
    let pairs = [Reply.array([.integer(0), .double(text: "0")]), .array([.integer(3), .double(text: "0")])]
    #expect(try modern.send(["MMAP.KNN", "raw", "2", "L2"].map(\.argument) + [query.argument]) == .array(pairs))
    #expect(
      try modern.send(["MMAP.KNN", "raw", "2", "L2"].map(\.argument) + [(query + query).argument])
        == .array([.array(pairs), .array(pairs)]))
    try server.connection("MMAP", "flat", "flat", "i8")
    try server.connection("MMAP.ADD", "flat", 5, 9, 7)
    #expect(try server("MMAP.KNN", "flat", 2, "L2", [8]).pairs?.map(\.row) == [1, 2])
    let script = "import numpy, sys; numpy.save(open(sys.argv[1], 'wb'), numpy.arange(24, dtype='u1').reshape(4, 3, 2))"
    try Python.run(script: script, arguments: [server.path("cube")])
    try server.connection("MMAP", "cube", "cube")
    #expect(try server("MMAP.KNN", "cube", 1, "L2", Array(6...11) as [UInt8]).pairs == [RowScore(row: 1, score: 0)])
  }

  @Test("what is wrong is said", arguments: ["a", "nobody"])
  func mistakes(key: String) throws {
    try server.connection("MMAP", "a", "a", "i16", "COLUMNS", 2)
    try server.connection("MMAP.ADD", "a", 1, 2, 3, 4)
    let row: [UInt8] = [1, 0, 2, 0]
    let cases: [([any ArgumentConvertible], String)] = [
      (["x", "L2", row], "index 'x' is not an integer"), (["-1", "L2", row], "k '-1' is negative"),
      (["1", "L3", row], "measure 'L3' is unknown; give L2, IP, COSINE"),
      (["1", "L2", row, "FROM", 0, 1], "'FROM' is not understood here: give ROWS"),
      (["1", "L2", row, "ROWS", 0, "x"], "index 'x' is not an integer"),
      (["1", "L2", row, "ROWS", 0], "wrong number of arguments"),
      (["1", "L2", row, "ROWS", 0, 1, 2], "wrong number of arguments"),
    ]
    for (words, text) in cases {
      #expect(try server.failure(["MMAP.KNN", key] + words).contains(text), "\(words)")
    }
    guard key == "a" else { return #expect(try server("MMAP.KNN", key, 1, "L2", row) == .array([])) }
    for blob in [[], [1], [1, 0, 2], [1, 0, 2, 0, 3, 0]] as [[UInt8]] {
      #expect(
        try server.failure(["MMAP.KNN", "a", 1, "L2", blob])
          == "ERR the blob has \(blob.count) bytes; give one or more rows of 4, which are 2 i16")
    }
    let blob = [UInt8](repeating: 1, count: 16 << 20 + 4)
    #expect(try server.failure(["MMAP.KNN", "a", 1, "L2", blob]).contains("at most 16777216 are searched for at once"))
    try server.connection("MMAP", "narrow", "narrow", "i8", "COLUMNS", 1)
    let rows = [UInt8](repeating: 1, count: (1 << 16) + 1)
    #expect(
      try server.failure(["MMAP.KNN", "narrow", 1, "L2", rows])
        == "ERR the blob has 65537 rows; at most 65536 are searched for at once")
    #expect(try server("MMAP.KNN", "narrow", 1, "L2", Array(rows.dropLast())).elements?.count == 65536)
  }

  @Test("appends during a search, and a file that another process writes")
  func changesDuringSearch() throws {
    try server.connection("MMAP", "a", "a", "f32", "COLUMNS", 64)
    try server.connection("MMAP.RESIZE", "a", 64 * 400_000)
    try server.connection("MMAP.FILL", "a", 0, -1, 1)
    let writer = try server.live.connect()
    let far = [UInt8](repeating: 0x40, count: 256)
    let query = [UInt8](repeating: 0, count: 256)
    for round in 0..<5 {
      try begin(["MMAP.KNN", "a", "3", "L2"].map(\.argument) + [query.argument])
      for _ in 0..<20 { #expect(try writer("MMAP.APPEND", "a", far, as: Int.self) == 64) }
      let found = try server.connection.readReply().pairs
      #expect(found == (0..<3).map { RowScore(row: $0, score: 64) }, "\(round)")
    }
    let script = """
      import numpy, sys
      rows = numpy.load(sys.argv[1], mmap_mode='r+')
      rows[123456] = 0.5
      rows.flush()
      """
    try Python.run(script: script, arguments: [server.path("a")])
    #expect(try server("MMAP.KNN", "a", 1, "L2", query).pairs == [RowScore(row: 123_456, score: 16)])
    // It becomes shorter under a search.
    try begin(["MMAP.KNN", "a", "1", "IP"].map(\.argument) + [far.argument])
    #expect(try writer("MMAP.RESIZE", "a", 640, as: Int.self) == 640)
    #expect(try server.connection.readReply().pairs?.count == 1)
    #expect(try server("MMAP.KNN", "a", 99, "L2", query).pairs?.count == 10)
  }

  /// Sends a command whose reply is read later.
  private func begin(_ words: [Argument]) throws {
    try server.connection.append(words)
    try server.connection.flush()
  }

  private func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = Array(hexadecimal.utf8).map { $0 < 58 ? $0 - 48 : $0 - 87 }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
