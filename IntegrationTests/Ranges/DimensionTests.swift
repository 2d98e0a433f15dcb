import LiveServer
import MappedArrayClient
import Testing

/// Files of several dimensions: elements in C order, lengths in whole rows.
struct DimensionTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  /// Maps a file of the numbers from 0 on in this shape.
  private func make(_ shape: String, _ type: String = "uint16") throws {
    let script = """
      import numpy, sys
      shape = \(shape)
      numpy.save(open(sys.argv[1], 'wb'), numpy.arange(numpy.prod(shape), dtype=sys.argv[2]).reshape(shape))
      """
    try Python.run(script: script, arguments: [server.path("a"), type])
    try server.connection("MMAP", "a", "a")
  }

  private func shape() throws -> Reply? { try server("MMAP.INFO", "a")["shape"] }

  @Test("whole rows come and go", arguments: ElementCase.numbers)
  func wholeRows(type: ElementCase) throws {
    try make("(4, 3, 2)", type.numpyName)
    #expect(try server("VCOUNT", "a") == .integer(24))
    #expect(try shape() == .integers([4, 3, 2]))
    let row = [UInt8](repeating: 0, count: 6 * type.size)
    #expect(try server("MMAP.APPEND", "a", row + row) == .integer(12))
    #expect(try shape() == .integers([6, 3, 2]))
    #expect(try server("MMAP.RESIZE", "a", 60) == .integer(60))
    #expect(try shape() == .integers([10, 3, 2]))
    #expect(try server("MMAP.RESIZE", "a", 12) == .integer(12))
    // From inside the last row to the end of the next.
    #expect(try server("MMAP.WRITE", "a", 9, [UInt8](repeating: 0, count: 9 * type.size)) == .integer(9))
    #expect(try shape() == .integers([3, 3, 2]))
    // A gap of one row.
    #expect(try server("MMAP.WRITE", "a", 24, row) == .integer(6))
    #expect(try shape() == .integers([5, 3, 2]))
    #expect(try type.matches(server("MMAP.RANGE", "a", 0, 8), (0...8).map { "\($0)" }))
    #expect(try server("VCLEAR", "a") == .integer(30))
    #expect(try shape() == .integers([0, 3, 2]))
    #expect(try server("MMAP.AGG", "a", 0, -1, "MIN") == .array([.null]))
  }

  @Test("parts of rows are refused, changes inside are not")
  func partialRows() throws {
    try make("(4, 6)")
    let element = [UInt8](repeating: 0, count: 2)
    for words: [any ArgumentConvertible] in [
      ["MMAP.APPEND", "a", element], ["MMAP.WRITE", "a", 20, [UInt8](repeating: 0, count: 10)],
      ["MMAP.WRITE", "a", 25, element], ["MMAP.RESIZE", "a", 23], ["MMAP.RESIZE", "a", 25], ["MMAP.RESIZE", "a", 1],
      ["MMAP.ADD", "a", 1], ["VPOP", "a"],
    ] {
      try server.expectRefusal(words, saying: "rows of 6")
    }
    #expect(try server("MMAP.WRITE", "a", 20, element + element) == .integer(2))
    #expect(try server("MMAP.FILL", "a", 1, 2, 7) == .integer(2))
    #expect(try server("MMAP.INCRBY", "a", 23, 1) == .integers([24]))
    #expect(try server("MMAP.RANGE", "a", 0, 3) == .integers([0, 7, 7, 3]))
    #expect(try server("MMAP.AGG", "a", 6, -1, "ARGMIN", "ARGMAX") == .integers([20, 23]))
    #expect(try server("MMAP.FIND", "a", 0, -1, "EQ", 7) == .integers([1, 2, 7]))
  }

  @Test("shapes with no elements, or with rows of one", arguments: ["(0, 5)", "(5, 0)", "(3, 1)", "(1, 1, 4)"])
  func oddShapes(shape: String) throws {
    try make(shape)
    let before = try #require(try self.shape()?.elements?.map { try Int($0) })
    let row = before.dropFirst().reduce(1, *)
    #expect(try server("VCOUNT", "a") == .integer(before.reduce(1, *)))
    guard row > 0 else { return try server.expectRefusal(["MMAP.ADD", "a", 1], saying: "rows of 0") }
    #expect(try server("MMAP.RESIZE", "a", 6 * row) == .integer(6 * row))
    #expect(try self.shape() == .integers([6] + before.dropFirst()))
    let script = "import numpy, sys; print(numpy.load(sys.argv[1]).shape)"
    #expect(
      try Python.run(script: script, arguments: [server.path("a")])
        == "\([6] + before.dropFirst())\n"
        .replacing("[", with: "(").replacing("]", with: ")"))
  }
}
