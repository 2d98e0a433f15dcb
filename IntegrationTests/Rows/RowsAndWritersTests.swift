import LiveServer
import MappedArrayClient
import Testing

/// Searches of rows that others write meanwhile: clients, and processes that know nothing of the server.
struct RowsAndWritersTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer(configuration: [("mmaparray.threads", "2")])
  }

  @Test("a row that was appended is found, while others search", arguments: [ArrayFormat.npy, .raw])
  func appends(format: ArrayFormat) throws {
    let matrix = try RemoteMatrix<Float>.map("a", to: "a", columns: 64, on: server.connection, format: format)
    // Enough that workers search it in many slices.
    try matrix.elements.resize(to: 64 * 100_000)
    let vector = [Float](repeating: 1, count: 64)
    let others = try (0..<3).map { _ in try server.live.connect(protocolVersion: .resp2) }
    for step in 0..<30 {
      for other in others {
        try other.append(["MMAP.KNN", "a", "1000", "L2"].map(\.argument), payload: vector.span.bytes)
        try other.flush()
      }
      // Each nearer than those before.
      let near = [Float](repeating: Float(step + 1) / 32, count: 64)
      try matrix.append([near])
      let (row, score) = (100_000 + step, 64 * Double(31 - step) * Double(31 - step) / 1024)
      #expect(try matrix.nearest(1, to: vector) == [NearRow(row: row, score: score)])
      #expect(try matrix[row] == near)
      for other in others {
        // It had begun before that row was there, or not.
        let found = try #require(other.readReply().pairs)
        #expect(found.count == 1000)
        #expect(found.first.map { $0.row == row || $0.row == (step > 0 ? row - 1 : 0) } == true, "\(step)")
      }
    }
  }

  /// Another program, which ends with the test.
  private func start(_ script: String) throws -> ChildProcess {
    try ChildProcess(["python3", "-c", script, server.path("a")])
  }

  @Test("a search over a raw file that another process appends to, not row by row")
  func appendingProcess() throws {
    try server.write([], to: "a")
    #expect(try server("MMAP", "a", "a", "f32", "COLUMNS", 2, "READONLY") == .integer(0))
    let rows = try RemoteMatrix<Float>("a", on: server.connection)
    let writer = try start(
      """
      import itertools, numpy, sys, time
      numbers = numpy.repeat(numpy.arange(1000), 2).astype('f4').tobytes()
      with open(sys.argv[1], 'ab', buffering=0) as file:
          for start in itertools.count(0, 125):
              start %= len(numbers)
              file.write(numbers[start:start + 125])
              time.sleep(0.003)
      """)
    var (last, changes) = (0, 0)
    try eventually("it grows under searches") {
      let before = try rows.rowCount
      let found = try rows.nearest(.max, to: [0, 0])
      let after = try rows.rowCount
      #expect(before <= found.count && found.count <= after)
      let expected = (0..<found.count).map { NearRow(row: $0, score: 2 * Double($0 % 1000 * ($0 % 1000))) }
        .sorted { ($0.score, $0.row) < ($1.score, $1.row) }
      #expect(found == expected)
      changes += found.count > last ? 1 : 0
      last = found.count
      return changes > 5
    }
    withExtendedLifetime(writer) {}
  }

  @Test("a search over a file whose rows another process changes: each element is what it was at some moment")
  func changingProcess() throws {
    try Python.run(
      script: "import numpy, sys; numpy.save(open(sys.argv[1], 'wb'), numpy.ones((20000, 64), 'f4'))",
      arguments: [server.path("a")])
    let rows = try RemoteMatrix<Float>.map("a", to: "a", on: server.connection, access: .readOnly)
    let writer = try start(
      """
      import itertools, numpy, sys
      rows = numpy.load(sys.argv[1], mmap_mode='r+')
      for value in itertools.count(2):
          for start in range(0, 20000, 7):
              rows[start:start + 7] = value
      """)
    let zeros = [Float](repeating: 0, count: 64)
    var mixed = 0
    // Elements only grow.
    try eventually("searches see it change") {
      let least = try rows.elements.aggregate(.minimum)
      let found = try rows.nearest(20_000, to: zeros)
      let greatest = try rows.elements.aggregate(.maximum)
      #expect(Set(found.map(\.row)).count == 20_000 && found.allSatisfy { 0..<20_000 ~= $0.row })
      #expect(zip(found, found.dropFirst()).allSatisfy { ($0.score, $0.row) < ($1.score, $1.row) })
      let bounds = try (Double(#require(least)), Double(#require(greatest)))
      for score in [found.first?.score, found.last?.score] {
        let element = try (#require(score) / 64).squareRoot()
        #expect(bounds.0 * 0.99999...bounds.1 * 1.00001 ~= element)
      }
      mixed += found.first?.score != found.last?.score ? 1 : 0
      return mixed > 5
    }
    withExtendedLifetime(writer) {}
  }
}
