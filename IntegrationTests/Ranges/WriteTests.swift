import MappedArrayClient
import Testing

/// `MMAP.WRITE`, `MMAP.APPEND` and `MMAP.FILL`.
struct WriteTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  @Test("a blob inside, across the end and past it", arguments: ElementCase.numbers, Format.allCases)
  func write(type: ElementCase, format: Format) throws {
    try write(type.model, type, format)
  }

  private func write<Element: ModelElement>(_: Element.Type, _ type: ElementCase, _ format: Format) throws {
    try server.makeArray("a", type.name, format)
    var expected: [Element] = []
    for (index, blob) in [
      (0, Element.edges), (2, [.zero, .zero]), (Element.edges.count - 1, Element.edges),
      (3 * Element.edges.count, Element.edges), (0, []), (999, []), (40, Element.edges),
    ] {
      #expect(try server("MMAP.WRITE", "a", index, blob.packed) == .integer(blob.count))
      if !blob.isEmpty {
        expected += [Element](repeating: .zero, count: max(0, index + blob.count - expected.count))
        expected.replaceSubrange(index..<index + blob.count, with: blob)
      }
      #expect(try server("VCOUNT", "a") == .integer(expected.count))
      #expect(try server("MMAP.READ", "a") == .bulk(expected.packed))
    }
    #expect(try server("MMAP.APPEND", "a", Element.edges.packed) == .integer(Element.edges.count))
    #expect(try server("MMAP.APPEND", "a", "") == .integer(0))
    expected += Element.edges
    #expect(try server("MMAP.READ", "a") == .bulk(expected.packed))
    try server("DEL", "a")
    #expect(try server.bytes("a").dropFirst(format.size(type, 0)) == expected.packed[...])
  }

  @Test("a blob that ends in a part of an element", arguments: ElementCase.numbers.filter { $0.size > 1 })
  func partialElement(type: ElementCase) throws {
    try server.makeArray("a", type.name, .npy, ["1", "2"])
    for length in [1, type.size - 1, 3 * type.size + 1] {
      let blob = [UInt8](repeating: 7, count: length)
      let text = "the blob has \(length) bytes; give a multiple of \(type.size), the size of \(type.name)"
      try server.expectRefusal(["MMAP.APPEND", "a", blob], saying: text)
      for index in [0, 2, 100] { try server.expectRefusal(["MMAP.WRITE", "a", index, blob], saying: text) }
    }
  }

  @Test("a gap of many pages is zeros, whatever was there before", arguments: Format.allCases)
  func wideGap(format: Format) throws {
    try server.makeArray("a", "u8", format)
    #expect(try server("MMAP.WRITE", "a", 0, [UInt8](repeating: 255, count: 5_000_000)) == .integer(5_000_000))
    #expect(try server("MMAP.RESIZE", "a", 10) == .integer(10))
    #expect(try server("MMAP.WRITE", "a", 3_000_000, [UInt8](repeating: 1, count: 5)) == .integer(5))
    #expect(try server("MMAP.AGG", "a", 10, -6, "MAX", "MIN") == .integers([0, 0]))
    #expect(try server("MMAP.AGG", "a", 0, -1, "SUM") == .integers([10 * 255 + 5]))
    #expect(try server("VCOUNT", "a") == .integer(3_000_005))
  }

  @Test("what was cut off and comes back is zeros", arguments: Format.allCases)
  func regrown(format: Format) throws {
    try server.makeArray("a", "i32", format, [1, 2, 3, 4])
    for words in [["MMAP.RESIZE", "a", "1"], ["MMAP.RESIZE", "a", "4"]] { try server.send(words) }
    #expect(try server("VALL", "a") == .integers([1, 0, 0, 0]))
    try server("VPOP", "a")
    #expect(try server("MMAP.WRITE", "a", 5, [Int32(9)].packed) == .integer(1))
    #expect(try server("VALL", "a") == .integers([1, 0, 0, 0, 0, 9]))
  }

  @Test("FILL sets a range, cut to what is there", arguments: ElementCase.numbers, Format.allCases)
  func fill(type: ElementCase, format: Format) throws {
    try server.makeArray("a", type.name, format, Array(repeating: "1", count: 6))
    for (start, stop, value, range) in [
      (1, 2, type.least, 1..<3), (-1, -1, type.greatest, 5..<6), (4, 99, "0", 4..<6), (-99, 0, "7", 0..<1),
      (3, 2, "9", 0..<0), (6, 9, "9", 0..<0),
    ] {
      var expected = try server.texts()
      for index in range { expected[index] = value }
      #expect(try server("MMAP.FILL", "a", start, stop, value) == .integer(range.count))
      #expect(try server.texts() == expected)
    }
  }

  @Test("FILL of a sparse file takes its holes", arguments: Format.allCases)
  func fillHoles(format: Format) throws {
    try server.makeArray("a", "i64", format)
    #expect(try server("MMAP.RESIZE", "a", 300_000) == .integer(300_000))
    #expect(try server("MMAP.FILL", "a", 100, -101, -3) == .integer(299_800))
    #expect(
      try server("MMAP.AGG", "a", 0, -1, "SUM", "MIN", "ARGMIN", "ARGMAX") == .integers([-899_400, -3, 100, 0]))
  }
}
