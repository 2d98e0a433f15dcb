import LiveServer
import MappedArrayClient
import Testing

/// What rows cannot be, and rows for asynchronous code.
struct RemoteMatrixErrorTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  @Test("what does not fit is an error, and nothing is sent")
  func mistakes() throws {
    let matrix = try RemoteMatrix<Float>.map("file", to: "a", columns: 2, on: server.connection)
    try matrix.append([[1, 2], [3, 4]])
    let short = ClientError.typeMismatch(expected: "a row of 2 elements", found: "1")
    #expect(throws: short) { try matrix.append([[1, 2], [3]]) }
    #expect(throws: short) { try matrix.write([[1]], at: 0) }
    #expect(throws: short) { try matrix.nearest(1, to: [1]) }
    #expect(throws: short) { try matrix.nearest(1, toEach: [[1, 2], [1]]) }
    for row in [-1, Int.min, Int.max] {
      let error = #expect(throws: ClientError.self) { try matrix.write([[1, 2]], at: row) }
      guard case .server("ERR", _) = error else { throw error ?? .timeout }
    }
    #expect(try matrix[0..<9] == [[1, 2], [3, 4]])
    #expect(throws: ClientError.typeMismatch(expected: "f64", found: "f32")) {
      try RemoteMatrix<Double>("a", on: server.connection)
    }
    #expect(throws: ClientError.typeMismatch(expected: "f32", found: "no such key")) {
      try RemoteMatrix<Float>("nobody", on: server.connection)
    }
    let error = #expect(throws: ClientError.self) {
      try RemoteMatrix<Float>.map("file", to: "a", columns: 3, on: server.connection)
    }
    guard case .server("ERR", let message) = error else { throw error ?? .timeout }
    #expect(message.contains("rows of 2, not 3"))
    // Another file with other rows behind the same key.
    try server("DEL", "a")
    try server("MMAP", "a", "other", "f32", "COLUMNS", 3)
    try server("MMAP.ADD", "a", 1, 2, 3, 4, 5, 6)
    #expect(throws: ClientError.typeMismatch(expected: "a row of 2 elements", found: "3")) { try matrix[1] }
    #expect(try server("PING") == .status("PONG"))
    let none = try Python.run(
      script: "import numpy, sys; numpy.save(open(sys.argv[1], 'wb'), numpy.zeros((3, 0)))",
      arguments: [server.path("empty")])
    #expect(none.isEmpty)
    let empty = try RemoteMatrix<Double>.map("empty", to: "empty", on: server.connection)
    #expect(try empty.columnCount == 0 && empty.rowCount == 3 && empty[2] == [] && empty[3] == nil)
    #expect(throws: ClientError.typeMismatch(expected: "rows with elements", found: "rows of none")) {
      try empty.append([[]])
    }
  }

  @Test("on a connection for asynchronous code")
  func asynchronous() async throws {
    _ = try RemoteMatrix<Float>.map("file", to: "a", columns: 2, on: server.connection)
    let connection = try await AsyncConnection(to: server.live.address, timeout: .seconds(20))
    let matrix = try await connection.matrix("a", of: Float.self)
    #expect(matrix.columnCount == 2 && matrix.rowShape == [2])
    #expect(try await matrix.append([[0, 0], [3, 4], [1, 1]]) == 3)
    #expect(try await matrix.rowCount == 3)
    #expect(try await matrix[1] == [3, 4])
    #expect(try await matrix.rows(at: [2, 3]) == [[1, 1], nil])
    #expect(try await matrix.nearest(2, to: [0, 0]) == [NearRow(row: 0, score: 0), NearRow(row: 2, score: 2)])
    let found = try await matrix.nearest(1, toEach: [[3, 3], [0, 0]], by: .innerProduct, in: 1..<3)
    #expect(found == [[NearRow(row: 1, score: 21)], [NearRow(row: 1, score: 0)]])
    #expect(try await matrix.run { matrix throws(ClientError) in try matrix.slice(.all, 1) } == [[0], [4], [1]])
    #expect(try await matrix.elements.count == 6)
    await #expect(throws: ClientError.typeMismatch(expected: "f64", found: "f32")) {
      try await connection.matrix("a", of: Double.self)
    }
  }
}
