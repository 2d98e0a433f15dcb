import MappedArrayClient
import Testing

/// `MMAP.RANGE` and `MMAP.READ`.
struct ReadTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  @Test("a range, from either end", arguments: ElementCase.numbers, Format.allCases)
  func range(type: ElementCase, format: Format) throws {
    try server.makeArray("a", type.name, format, type.samples)
    let count = type.samples.count
    for (start, stop, expected) in [
      (0, -1, 0..<count), (0, 0, 0..<1), (count - 1, count - 1, count - 1..<count), (-1, -1, count - 1..<count),
      (1, -2, 1..<count - 1), (-3, 99, count - 3..<count), (-99, 1, 0..<2), (0, Int.max, 0..<count),
      (Int.min, Int.max, 0..<count), (2, 1, 0..<0), (count, count, 0..<0), (Int.max, Int.max, 0..<0),
      (Int.min, Int.min, 0..<0), (-1, 0, 0..<0), (0, -count - 1, 0..<0),
    ] {
      let found = try server("MMAP.RANGE", "a", start, stop)
      #expect(type.matches(found, Array(type.samples[expected])), "\(start) \(stop): \(found)")
    }
  }

  @Test("packed elements, cut at the end", arguments: ElementCase.numbers, Format.allCases)
  func packed(type: ElementCase, format: Format) throws {
    try server.makeArray("a", type.name, format, type.samples)
    try server("DEL", "a")
    let elements = Array(try server.bytes("a").dropFirst(format.size(type, 0)))
    try server.send(["MMAP", "a", "a"] + format.wordsToMapAgain(type))
    let count = type.samples.count
    #expect(try server("MMAP.READ", "a") == .bulk(elements))
    for (index, number, expected) in [
      (0, count, 0..<count), (0, 0, 0..<0), (1, 2, 1..<3), (count - 1, 1, count - 1..<count), (2, 99, 2..<count),
      (count, 1, 0..<0), (count + 5, 1, 0..<0), (1, Int.max, 1..<count), (Int.max, Int.max, 0..<0),
    ] {
      let bytes = elements[expected.lowerBound * type.size..<expected.upperBound * type.size]
      #expect(try server("MMAP.READ", "a", index, number) == .bulk(Array(bytes)), "\(index) \(number)")
    }
  }

  @Test("what another program appended to a raw file is part of a range, and of a read")
  func grownFile() throws {
    try server.makeArray("a", "i16", .raw, [1, 2])
    try server.append([3, 0, 4, 0, 5], to: "a")
    #expect(try server("MMAP.RANGE", "a", -2, -1) == .integers([3, 4]))
    #expect(try server("MMAP.READ", "a", 2, 9) == .bulk([3, 0, 4, 0]))
    #expect(try server("MMAP.AGG", "a", 0, -1, "SUM") == .integers([10]))
    #expect(try server("MMAP.FIND", "a", 0, -1, "GT", 2) == .integers([2, 3]))
    #expect(try server("MMAP.SEARCHSORTED", "a", 9) == .integer(4))
  }

  @Test("a blob of megabytes", arguments: Format.allCases)
  func largeBlob(format: Format) throws {
    try server.makeArray("a", "f64", format)
    let elements = (0..<1_000_000).map(Double.init)
    #expect(try server("MMAP.APPEND", "a", elements.packed) == .integer(elements.count))
    try server.connection.append(["MMAP.READ", "a"])
    try server.connection.flush()
    #expect(try server.connection.readBulk(of: Double.self) == elements)
  }
}
