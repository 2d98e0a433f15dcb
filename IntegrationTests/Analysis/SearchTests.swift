import MappedArrayClient
import Testing

/// `MMAP.FIND` and `MMAP.SEARCHSORTED`, small enough to see.
struct SearchTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  @Test("each comparison, in a range, with a limit", arguments: ElementCase.numbers)
  func find(type: ElementCase) throws {
    try server.makeArray("a", type.name, .npy, [3, 1, 2, 3, 1, 2].map { "\($0)" })
    for (words, found) in [
      ("0 -1 GT 2", [0, 3]), ("0 -1 GE 2", [0, 2, 3, 5]), ("0 -1 LT 2", [1, 4]), ("0 -1 LE 2", [1, 2, 4, 5]),
      ("0 -1 EQ 2", [2, 5]), ("0 -1 NE 2", [0, 1, 3, 4]), ("1 -2 ge 2", [2, 3]), ("3 2 GE 0", []), ("9 12 GE 0", []),
      ("0 -1 GE 0 LIMIT 2", [0, 1]), ("2 -1 GE 0 limit 2", [2, 3]), ("0 -1 GE 0 LIMIT 0", []),
      ("0 -1 GE 0 LIMIT 9223372036854775807", [0, 1, 2, 3, 4, 5]), ("0 -1 EQ 9", []),
    ] {
      #expect(
        try server.send(["MMAP.FIND", "a"] + words.split(separator: " ").map(String.init)) == .integers(found),
        "\(words)")
    }
  }

  @Test("zero is zero whatever its sign, and NaN is not equal to itself", arguments: ElementCase.all.filter(\.isFloat))
  func oddFloats(type: ElementCase) throws {
    try server.makeArray("a", type.name, .npy, ["-0", "0", "nan", "inf"])
    #expect(try server("MMAP.FIND", "a", 0, -1, "EQ", 0) == .integers([0, 1]))
    #expect(try server("MMAP.FIND", "a", 0, -1, "EQ", "nan") == .integers([]))
    #expect(try server("MMAP.FIND", "a", 0, -1, "NE", "nan") == .integers(0...3))
    #expect(try server("MMAP.FIND", "a", 0, -1, "GE", "inf") == .integers([3]))
  }

  @Test("before or behind equal elements", arguments: ElementCase.numbers)
  func searchSorted(type: ElementCase) throws {
    try server.makeArray("a", type.name, .npy, [type.least] + ["1", "1", "3"] + [type.greatest])
    for (value, left, right) in [("1", 1, 3), ("2", 3, 3), ("3", 3, 4), (type.least, 0, 1), (type.greatest, 4, 5)] {
      #expect(try server("MMAP.SEARCHSORTED", "a", value) == .integer(left))
      #expect(try server("MMAP.SEARCHSORTED", "a", value, "left") == .integer(left))
      #expect(try server("MMAP.SEARCHSORTED", "a", value, "RIGHT") == .integer(right))
    }
  }
}
