import LiveServer
import MappedArrayClient
import Testing

/// Rows as the typed client reads, writes and finds them.
struct RemoteMatrixTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  @Test("rows that are written are read, to the last bit", arguments: ElementCase.all, ProtocolVersion.allCases)
  func rows(type: ElementCase, version: ProtocolVersion) throws {
    func test<Element: ModelElement & ArrayElement>(_: Element.Type) throws {
      let connection = try server.live.connect(protocolVersion: version)
      var random = SeededGenerator(seed: 3)
      for format in [ArrayFormat.npy, .raw] {
        let key = "\(format)"
        let matrix = try RemoteMatrix<Element>.map(key, to: key, columns: 3, on: connection, format: format)
        #expect(try matrix.rowShape == [3] && matrix.columnCount == 3 && matrix.rowCount == 0)
        #expect(try matrix[0] == nil && matrix[0..<9].isEmpty && matrix.rows(at: [0]) == [nil])
        var model = (0..<5000).map { _ in Element.samples(3, using: &random) }
        model[17] = Array((Element.edges + Element.edges).prefix(3))
        #expect(try matrix.append(model) == 5000)
        #expect(try matrix.append([]) == 0)
        #expect(try same(matrix[0..<Int.max], model))
        for range in [0..<0, 4998..<5003, 17..<18, -3..<2, 5000..<Int.max] {
          #expect(try same(matrix[range], Array(model[range.clamped(to: 0..<5000)])), "\(range)")
        }
        let (first, last) = (try #require(matrix[17]), try #require(matrix[4999]))
        #expect(first.isSame(as: model[17]) && last.isSame(as: model[4999]))
        for row in [-1, 5000, Int.min, Int.max] { #expect(try matrix[row] == nil) }
        // More than one command asks for.
        let numbers = (0..<9000).map { _ in Int.random(in: -20..<5020, using: &random) }
        let found = try matrix.rows(at: numbers)
        #expect(found.count == numbers.count)
        for (number, row) in zip(numbers, found) {
          let isRight = model.indices.contains(number) ? row?.isSame(as: model[number]) == true : row == nil
          #expect(isRight, "\(number)")
        }
        #expect(try matrix.rows(at: []).isEmpty)

        let rows = (0..<4).map { _ in Element.samples(3, using: &random) }
        #expect(try matrix.write(rows, at: 30) == 4)
        model.replaceSubrange(30..<34, with: rows)
        #expect(try matrix.write(rows[1...], at: 5001) == 3)
        model += [[.zero, .zero, .zero]] + rows[1...]
        #expect(try matrix.rowCount == 5004 && matrix.elements.count == 3 * 5004)
        #expect(try same(matrix[0..<Int.max], model))
        // Bound again, to what there is.
        let again = try RemoteMatrix<Element>(key, on: connection)
        #expect(try again.columnCount == 3 && again[5003].map { $0.isSame(as: model[5003]) } == true)
      }
    }
    try test(type.client)
  }

  private func same<Element: ModelElement>(_ rows: [[Element]], _ model: [[Element]]) -> Bool {
    rows.count == model.count && zip(rows, model).allSatisfy { $0.isSame(as: $1) }
  }

  @Test("nearest rows, by a plain loop", arguments: ElementCase.numbers, ProtocolVersion.allCases)
  func nearest(type: ElementCase, version: ProtocolVersion) throws {
    func test<Element: ModelElement & ArrayElement>(_: Element.Type) throws {
      let connection = try server.live.connect(protocolVersion: version)
      var random = SeededGenerator(seed: 4)
      // Small numbers, whose products every type adds up exactly, and so few that many rows are equally near.
      func vector() throws -> (elements: [Element], values: [Double]) {
        let numbers = (0..<5).map { _ in Int.random(in: 0...3, using: &random) }
        return (try numbers.map { try Element(.bulk("\($0)")) }, numbers.map(Double.init))
      }
      let rows = try (0..<400).map { _ in try vector() }
      let queries = try (0..<20).map { _ in try vector() }
      let matrix = try RemoteMatrix<Element>.map("file", to: "a", columns: 5, on: connection)
      #expect(try matrix.nearest(3, to: queries[0].elements).isEmpty)
      #expect(try matrix.nearest(3, toEach: queries.map(\.elements)) == Array(repeating: [], count: 20))
      try matrix.append(rows.map(\.elements))
      for measure in RowMeasure.allCases {
        for range in [0..<Int.max, 0..<400, 37..<301, 399..<1000, 400..<500, 7..<7] {
          let expected = queries.map { query in
            nearest(7, to: query.values, rows.map(\.values), measure, range.clamped(to: 0..<400))
          }
          let vectors = queries.map(\.elements)
          let found = try matrix.nearest(7, toEach: vectors, by: measure, in: range)
          #expect(found == expected, "\(measure) \(range)")
          #expect(try matrix.nearest(7, toEach: vectors[3...3], by: measure, in: range) == [expected[3]])
          #expect(try matrix.nearest(7, to: vectors[3], by: measure, in: range) == expected[3])
        }
      }
      #expect(try matrix.nearest(Int.max, to: queries[0].elements).count == 400)
      #expect(try matrix.nearest(0, to: queries[0].elements).isEmpty)
      #expect(try matrix.nearest(5, toEach: []).isEmpty)
      try connection("DEL", "a")
      #expect(try matrix.nearest(3, to: queries[0].elements).isEmpty)
      #expect(try matrix.nearest(3, toEach: queries.map(\.elements)) == Array(repeating: [], count: 20))
    }
    try test(type.client)
  }

  private func nearest(
    _ count: Int, to vector: [Double], _ rows: [[Double]], _ measure: RowMeasure, _ range: Range<Int>
  ) -> [NearRow] {
    func product(_ one: [Double], _ other: [Double]) -> Double { zip(one, other).reduce(0) { $0 + $1.0 * $1.1 } }
    let scores = range.map { number in
      let row = rows[number]
      let score =
        switch measure {
        case .squaredDistance: zip(row, vector).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        case .innerProduct: product(row, vector)
        case .cosine:
          product(row, vector) == 0
            ? 0 : product(row, vector) / (product(row, row).squareRoot() * product(vector, vector).squareRoot())
        }
      return NearRow(row: number, score: score)
    }
    func isNearer(_ one: NearRow, _ other: NearRow) -> Bool {
      guard one.score != other.score else { return one.row < other.row }
      return measure == .squaredDistance ? one.score < other.score : one.score > other.score
    }
    return Array(scores.sorted(by: isNearer).prefix(count))
  }

  @Test("more vectors than one command may have")
  func manyVectors() throws {
    let matrix = try RemoteMatrix<UInt8>.map("file", to: "a", columns: 1, on: server.connection)
    try matrix.append((0..<100).map { [UInt8($0)] })
    let vectors = (0..<(1 << 16) + 1).map { [UInt8($0 % 100)] }
    let found = try matrix.nearest(1, toEach: vectors)
    #expect(found == vectors.map { [NearRow(row: Int($0[0]), score: 0)] })
  }

  @Test("slices, as NumPy")
  func slices() throws {
    let script = """
      import numpy, sys
      random = numpy.random.default_rng(20261121)
      values = numpy.arange(5 * 4 * 7, dtype='i2').reshape(5, 4, 7)
      numpy.save(sys.argv[1], values)
      for _ in range(500):
          words, key = [], []
          for size in values.shape[:random.integers(1, 4)]:
              if random.integers(4) == 0:
                  index = int(random.integers(-size, size))
                  words.append(str(index)); key.append(index)
              else:
                  ends = [str(random.integers(-2 * size, 2 * size + 1)) if random.integers(3) else '' for _ in '12']
                  step = [1, 2, 3, 9, -1, -2, -9][random.integers(7)]
                  words.append(':'.join(ends + [str(step)]))
                  key.append(slice(*(int(end) if end else None for end in ends), step))
          found = values[tuple(key)]
          rows = 1 if isinstance(key[0], int) else len(found)
          rows = found.reshape(rows, -1).tolist() if found.size else []
          print(' '.join(words), '|'.join(' '.join(map(str, row)) for row in rows), sep='\\t')
      """
    let text = try Python.run(script: script, arguments: [server.path("a.npy")])
    let matrix = try RemoteMatrix<Int16>.map("a.npy", to: "a", on: server.connection)
    #expect(try matrix.rowShape == [4, 7] && matrix.columnCount == 28 && matrix.rowCount == 5)
    var count = 0
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      let slices = fields[0].split(separator: " ").map { word in
        let ends = word.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        return ends.count == 1 ? AxisSlice.index(ends[0] ?? 0) : AxisSlice(from: ends[0], to: ends[1], by: ends[2] ?? 0)
      }
      let found =
        switch slices.count {
        case 1: try matrix.slice(slices[0])
        case 2: try matrix.slice(slices[0], slices[1])
        default: try matrix.slice(slices[0], slices[1], slices[2])
        }
      let expected = fields[1].split(separator: "|").map { $0.split(separator: " ").compactMap { Int16($0) } }
      #expect(found == expected, "\(fields[0])")
      count += expected.isEmpty ? 0 : 1
    }
    #expect(count > 200)
    #expect(try matrix.slice(.all, 0, 0) == [[0], [28], [56], [84], [112]])
    #expect(try matrix.slice(2, AxisSlice(from: .min, to: .max, by: .max)) == [Array(56..<63)])
    #expect(try matrix.slice(0, AxisSlice(from: .max, to: .min, by: .min), 6) == [[27]])
    for slices in [[AxisSlice.all, .index(4)], [AxisSlice(by: 0), .all], [.all, AxisSlice(by: 0)]] {
      let error = #expect(throws: ClientError.self) { try matrix.slice(slices[0], slices[1]) }
      guard case .server("ERR", _) = error else { throw error ?? .timeout }
    }
    #expect(try matrix.nearest(1, to: Array(84..<112)) == [NearRow(row: 3, score: 0)])
  }

  @Test("rows that are more than one command can carry")
  func pieces() throws {
    // They do not divide a piece, which has 2796 of them.
    let matrix = try RemoteMatrix<Double>.map("file", to: "a", columns: 3000, on: server.connection)
    let middle = [Double](repeating: 0, count: 2998)
    let rows = (0..<3000).map { [Double($0)] + middle + [-Double($0)] }
    #expect(try matrix.append(rows) == 3000)
    #expect(try matrix.write(rows, at: 1) == 3000)
    #expect(try matrix.rowCount == 3001)
    let ends = try matrix.rows(at: [0, 1, 2, 2796, 2797, 2999, 3000])
    #expect(ends.map { $0?.first } == [0, 0, 1, 2795, 2796, 2998, 2999])
    #expect(ends.map { $0?.last } == [0, 0, -1, -2795, -2796, -2998, -2999])
    #expect(try matrix.elements.aggregate(.sum) == 0)
  }
}
