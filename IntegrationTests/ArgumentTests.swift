import MappedArrayClient
import Testing

/// Arguments are bytes: what is read as an index or a value, and what is refused without a trap.
struct ArgumentTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  /// Bytes that are no number of any kind.
  private static let nonsense: [[UInt8]] =
    ["", " ", "x", "1x", " 1", "1 ", "1\u{0}", "\u{0}1", "--1", "+-1", "-", "+", "0x10", "1_000", "1,5", "١", "1\n"]
    .map { Array($0.utf8) } + [[0xFF, 0xFE], [0x31, 0xC3], Array(repeating: 0, count: 100)]

  private static let megabyte = Array(repeating: UInt8(ascii: "7"), count: 1 << 20)

  /// The error that `words` give: one that names its argument, and is not as long as that.
  @discardableResult
  private func refuse(_ words: [any ArgumentConvertible]) throws -> String {
    let error = try #require(try server.send(words).errorText, "\(words.dropFirst())")
    #expect(error.hasPrefix("ERR ") && error.utf8.count < 400, "\(error)")
    return error
  }

  @Test("indexes")
  func indexes() throws {
    try server("MMAP", "a", "file", "i8")
    try server("MMAP.ADD", "a", 1, 2, 3)
    for (text, reply) in [
      ("0", Reply.integer(1)), ("00000000000000000000000000002", .integer(3)), ("3", .null), ("-1", .null),
      ("9223372036854775807", .null), ("-9223372036854775808", .null),
    ] {
      #expect(try server("VGET", "a", text) == reply, "\(text)")
      #expect(try server("VMGET", "a", text) == .array([reply]), "\(text)")
      #expect(try server("VSET", "a", text, 0) == .integer(reply == .null ? 0 : 1))
      if case .integer(let value) = reply { try server("VSET", "a", text, value) }
    }
    let wrong =
      Self.nonsense + ["1.0", "1e1", "nan", "9223372036854775808", "-9223372036854775809"].map { Array($0.utf8) }
    for text in wrong + [Self.megabyte] {
      for key in ["a", "missing"] {
        try refuse(["VGET", key, text])
        try refuse(["VMGET", key, 0, text])
      }
      try refuse(["VSET", "a", 0, 9, text, 9])
    }
    #expect(try refuse(["VGET", "a", "12monkeys"]).contains("12monkeys"))
    #expect(try server("VALL", "a") == .array([.integer(1), .integer(2), .integer(3)]))
  }

  @Test("values that are none", arguments: ElementCase.numbers)
  func values(type: ElementCase) throws {
    try server("MMAP", "a", "file", type.name)
    try server("MMAP.ADD", "a", 1, 2)
    let before = try server.bytes("file")
    let wrong =
      Self.nonsense
      + (type.isFloat ? ["1e", "e1", ".", "1e1.5", "nanx", "1.2.3"] : ["1.0", "1e1", "nan"])
      .map { Array($0.utf8) }
    for text in wrong + [Self.megabyte, [UInt8(ascii: "-")] + Self.megabyte] {
      try refuse(["MMAP.ADD", "a", text])
      try refuse(["MMAP.ADD", "a", 3, text])
      try refuse(["VSET", "a", 0, 3, 1, text])
    }
    let error = try refuse(["MMAP.ADD", "a", "12monkeys"])
    #expect(error.contains("12monkeys") && error.contains(type.name))
    #expect(try server.bytes("file") == before)
    #expect(try server("VCOUNT", "a") == .integer(2))
    // Whatever these are, the server lives.
    let zeros = Array(repeating: UInt8(ascii: "0"), count: 1 << 20)
    for text in [zeros, zeros + [UInt8(ascii: "1")], Array("0.".utf8) + Self.megabyte] {
      try server("MMAP.ADD", "a", text)
      try server("VGET", "a", text)
    }
    #expect(try server("PING") == .status("PONG"))
  }

  @Test("integers as they may be written", arguments: ElementCase.numbers.filter { !$0.isFloat })
  func integers(type: ElementCase) throws {
    try server("MMAP", "a", "file", type.name)
    #expect(try server("MMAP.ADD", "a", "+7", "007", "-0", "+0", "00000000000000000000000000000000005") == .integer(5))
    #expect(try type.matches(server("VALL", "a"), ["7", "7", "0", "0", "5"]))
  }

  @Test("floats as they may be written", arguments: ElementCase.all.filter(\.isFloat))
  func floats(type: ElementCase) throws {
    try server("MMAP", "a", "file", type.name)
    for (text, shown) in [
      ("50", "50"), ("50.0", "50"), ("+50", "50"), ("0050.", "50"), ("5e1", "50"), ("5E+1", "50"), ("500e-1", "50"),
      (".5", "0.5"), ("-.5", "-0.5"), ("0.1", "0.1"), ("-0", "-0"), ("-0.0", "-0"), ("0", "0"), ("inf", "inf"),
      ("INF", "inf"), ("-Inf", "-inf"), ("nan", "nan"), ("NaN", "nan"), ("1e-999", "0"), ("-1e-999", "-0"),
      ("0.1000000000000000055511151231257827", "0.1"),
    ] {
      #expect(try server("MMAP.ADD", "a", text) == .integer(1), "\(text)")
      #expect(try type.matches(server("VPOP", "a"), shown), "\(text)")
    }
    // What is just representable as a smaller type, and what the larger ones make of it.
    let (texts, shown) =
      switch type.size {
      case 2: (["2049", "0.3", "65519"], ["2048", "0.3", "65504"])
      case 4: (["16777217", "0.3", "1e30"], ["16777216", "0.3", "1e+30"])
      default: (["16777217", "0.3", "100000000000000000000"], ["16777217", "0.3", "1e+20"])
      }
    #expect(try server.send(["MMAP.ADD", "a"] + texts) == .integer(3))
    #expect(try type.matches(server("VALL", "a"), shown))
    for text in ["1e999", "-1e999", "1e99999999999999999999", type.beyond[2]] {
      #expect(try refuse(["MMAP.ADD", "a", text]).contains(type.name))
    }
    #expect(try server("VCOUNT", "a") == .integer(3))
  }

  @Test("keys of any bytes")
  func keys() throws {
    for (number, key) in [[], [0], [0xFF, 0x0A, 0x20], Array("ä".utf8)].enumerated() {
      #expect(try server("MMAP", key, "file\(number)", "i8") == .integer(0))
      #expect(try server("MMAP.ADD", key, number) == .integer(1))
      #expect(try server("VGET", key, 0) == .integer(number))
    }
  }

  @Test("u64 above 2^63-1", arguments: ProtocolVersion.allCases)
  func large(version: ProtocolVersion) throws {
    let connection = try server.live.connect(protocolVersion: version)
    try connection("MMAP", "a", "file", "u64")
    try connection("MMAP.ADD", "a", "9223372036854775807", "9223372036854775808", "18446744073709551615")
    func big(_ text: String) -> Reply { version == .resp2 ? .bulk(text) : .bigNumber(text) }
    #expect(
      try connection("VALL", "a")
        == .array([.integer(Int.max), big("9223372036854775808"), big("18446744073709551615")]))
    #expect(try connection("VPOP", "a") == big("18446744073709551615"))
  }
}
