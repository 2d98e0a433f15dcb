import MappedArrayClient
import Testing

/// `MMAP.INCRBY`.
struct IncrementTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  @Test("the new values, in order, nil where there is no element", arguments: ElementCase.numbers, Format.allCases)
  func values(type: ElementCase, format: Format) throws {
    try server.makeArray("a", type.name, format, ["1", "2", "3"])
    let reply = try server("MMAP.INCRBY", "a", 0, 5, 3, 1, -1, 1, 2, 4, 0, 6, 0, -2)
    #expect(type.matches(reply, ["6", "(nil)", "(nil)", "7", "12", "10"]))
    #expect(try server.texts() == ["10", "2", "7"])
    #expect(try server("MMAP.INCRBY", "a", 9, 1) == .array([.null]))
  }

  @Test("beyond the type's limits", arguments: ElementCase.numbers.filter { !$0.isFloat })
  func overflow(type: ElementCase) throws {
    try server.makeArray("a", type.name, .npy, [type.greatest, type.least, "5"])
    for policy in [[], ["OVERFLOW", "FAIL"], ["overflow", "fail"]] {
      // The first pair would fit, and the third in between does not matter.
      for (index, delta) in [("0", "1"), ("1", "-1"), ("0", "18446744073709551615"), ("1", "-18446744073709551615")] {
        try server.expectRefusal(
          ["MMAP.INCRBY", "a"] + policy + ["2", "1", index, delta, "9", "1"],
          saying: "delta '\(delta)' at index \(index) overflows \(type.name)")
      }
      // Together they fit, but not one after the other.
      try server.expectRefusal(["MMAP.INCRBY", "a"] + policy + ["0", "1", "0", "-1"], saying: "overflows")
    }
    #expect(
      try type.matches(
        server("MMAP.INCRBY", "a", "OVERFLOW", "WRAP", 0, 1, 1, -1, 0, -1, 1, 1),
        [type.least, type.greatest, type.greatest, type.least]))
    let much = "18446744073709551615"
    #expect(
      try type.matches(
        server("MMAP.INCRBY", "a", "OVERFLOW", "SAT", 0, 1, 1, -1, 2, much, 2, "-" + much),
        [type.greatest, type.least, type.greatest, type.least]))
  }

  @Test("an unsigned element goes to zero and back by one delta")
  func unsigned() throws {
    try server.makeArray("a", "u64", .npy, ["18446744073709551615"])
    #expect(try server("MMAP.INCRBY", "a", 0, "-18446744073709551615") == .integers([0]))
    #expect(try server("MMAP.INCRBY", "a", 0, "18446744073709551615") == .array([.bulk("18446744073709551615")]))
  }

  @Test("floats take float deltas", arguments: ElementCase.all.filter(\.isFloat))
  func floatDeltas(type: ElementCase) throws {
    try server.makeArray("a", type.name, .npy, ["0.5", type.greatest, type.least, "inf"])
    #expect(try type.matches(server("MMAP.INCRBY", "a", 0, "0.25", 0, "-1e0"), ["0.75", "-0.25"]))
    for (index, delta) in [("1", type.greatest), ("2", type.least)] {
      try server.expectRefusal(["MMAP.INCRBY", "a", "0", "1", index, delta], saying: "delta '\(delta)'")
    }
    #expect(
      try type.matches(
        server("MMAP.INCRBY", "a", "OVERFLOW", "SAT", 1, type.greatest, 2, type.least), [type.greatest, type.least]))
    #expect(
      try type.matches(
        server("MMAP.INCRBY", "a", "OVERFLOW", "WRAP", 1, type.greatest, 2, type.least), ["inf", "-inf"]))
    // Infinities and NaN that are asked for are no overflow.
    #expect(try type.matches(server("MMAP.INCRBY", "a", 3, 1, 0, "inf", 3, "-inf"), ["inf", "inf", "nan"]))
  }

  @Test("what RESP3 makes of the new values", arguments: ElementCase.numbers)
  func resp3(type: ElementCase) throws {
    let connection = try server.live.connect(protocolVersion: .resp3)
    try server.makeArray("a", type.name, .npy, ["0"])
    let reply = try connection("MMAP.INCRBY", "a", 0, 1, 5, 1)
    #expect(type.matches(reply, ["1", "(nil)"], .resp3))
  }
}
