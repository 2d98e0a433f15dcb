import MappedArrayClient
import Testing

/// What is the same for all commands on ranges: keys that are not there, of another kind or read-only, and arguments
/// that are none.
struct RangeCommandTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    /// Words behind the key that are right for an array of the i8 from 1 to 5.
    let words: [String]
    let reply: Reply
    /// nil for a command that changes the array: where there is no key it is an error.
    let withoutKey: Reply?
    /// The elements afterwards.
    var elements = [1, 2, 3, 4, 5]

    var testDescription: String { name }

    static let all = [
      Row(name: "MMAP.RANGE", words: ["1", "-2"], reply: .integers([2, 3, 4]), withoutKey: .array([])),
      Row(name: "MMAP.READ", words: [], reply: .bulk([1, 2, 3, 4, 5]), withoutKey: .bulk("")),
      Row(name: "MMAP.READ", words: ["3", "9"], reply: .bulk([4, 5]), withoutKey: .bulk("")),
      Row(
        name: "MMAP.WRITE", words: ["6", "\t\n"], reply: .integer(2), withoutKey: nil,
        elements: [1, 2, 3, 4, 5, 0, 9, 10]),
      Row(name: "MMAP.APPEND", words: ["\t"], reply: .integer(1), withoutKey: nil, elements: [1, 2, 3, 4, 5, 9]),
      Row(name: "MMAP.RESIZE", words: ["2"], reply: .integer(2), withoutKey: nil, elements: [1, 2]),
      Row(name: "MMAP.FILL", words: ["-2", "9", "7"], reply: .integer(2), withoutKey: nil, elements: [1, 2, 3, 7, 7]),
      Row(
        name: "MMAP.INCRBY", words: ["0", "5", "9", "1"], reply: .array([.integer(6), .null]), withoutKey: nil,
        elements: [6, 2, 3, 4, 5]),
      Row(
        name: "MMAP.AGG", words: ["0", "-1", "SUM", "argmax"], reply: .integers([15, 4]),
        withoutKey: .array([.integer(0), .null])),
      Row(name: "MMAP.FIND", words: ["0", "-1", "GE", "3"], reply: .integers([2, 3, 4]), withoutKey: .array([])),
      Row(name: "MMAP.SEARCHSORTED", words: ["3", "RIGHT"], reply: .integer(3), withoutKey: .integer(0)),
    ]
  }

  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
    try server.makeArray("a", "i8", .npy, [1, 2, 3, 4, 5])
  }

  @Test("the reply", arguments: Row.all)
  func reply(row: Row) throws {
    #expect(try server.send([row.name.lowercased(), "a"] + row.words) == row.reply)
    #expect(try server("VALL", "a") == .integers(row.elements))
  }

  @Test("a key that does not exist", arguments: Row.all)
  func missingKey(row: Row) throws {
    #expect(try server.send([row.name, "missing"] + row.words) == row.withoutKey ?? .noSuchKey)
    #expect(try server("EXISTS", "missing") == .integer(0))
  }

  @Test("a key of another kind", arguments: Row.all)
  func wrongType(row: Row) throws {
    try server("RPUSH", "list", 1)
    #expect(try server.send([row.name, "list"] + row.words) == .wrongType)
    #expect(try server("LRANGE", "list", 0, -1) == .array([.bulk("1")]))
  }

  @Test("an array that is mapped READONLY", arguments: Row.all)
  func readOnly(row: Row) throws {
    try server("DEL", "a")
    try server("MMAP", "a", "a", "READONLY")
    if row.withoutKey == nil {
      try server.expectRefusal([row.name, "a"] + row.words, saying: "READONLY")
    } else {
      #expect(try server.send([row.name, "a"] + row.words) == row.reply)
    }
  }

  @Test("the number of words", arguments: Row.all, ["a", "missing"])
  func arity(row: Row, key: String) throws {
    let wrong = (0..<row.words.count).map { Array(row.words.prefix($0)) } + [row.words + ["1"]]
    // These may well have so many: what is wrong with the others is their number.
    let right = ["MMAP.READ": [0], "MMAP.AGG": [3, 5], "MMAP.SEARCHSORTED": [1], "MMAP.INCRBY": [2]][row.name] ?? []
    for words in wrong where !right.contains(words.count) {
      let error = try server.failure([row.name, key] + words)
      let isArity = error.hasPrefix("ERR wrong number of arguments for '\(row.name)' command")
      #expect(isArity || (key == "missing" && error == "ERR no such key: map a file to it with MMAP first"), "\(error)")
    }
    #expect(try server("VALL", "a") == .integers(1...5))
  }

  @Test("arguments that are none")
  func arguments() throws {
    let huge = "9223372036854775808"
    for (words, text) in [
      (["MMAP.RANGE", "a", "x", "1"], "index 'x' is not an integer"),
      (["MMAP.RANGE", "a", "0", huge], "index '\(huge)' is not an integer of 64 bits"),
      (["MMAP.RANGE", "a", "", "1"], "index ''"),
      (["MMAP.READ", "a", "-1", "1"], "index '-1' is negative"),
      (["MMAP.READ", "a", "0", "-1"], "count '-1' is negative"),
      (["MMAP.READ", "a", "0", "1.5"], "'1.5'"),
      (["MMAP.WRITE", "a", "-1", "x"], "index '-1' is negative"),
      (["MMAP.WRITE", "a", "9223372036854775807", "x"], "larger than a file"),
      (["MMAP.RESIZE", "a", "-1"], "count '-1' is negative"),
      (["MMAP.RESIZE", "a", "9223372036854775807"], "larger than a file"),
      (["MMAP.FILL", "a", "0", "1", "128"], "value '128' is out of range for i8: -128 to 127"),
      (["MMAP.FILL", "a", "0", "1", "x"], "value 'x' is no i8"),
      (["MMAP.FILL", "a", "9", "1", "x"], "value 'x' is no i8"),
      (["MMAP.INCRBY", "a", "0", "1", "x", "1"], "index 'x'"),
      (["MMAP.INCRBY", "a", "0", "1", "1", "x"], "delta 'x' is no number that can be added to i8: give an integer"),
      (["MMAP.INCRBY", "a", "0", "1.5"], "delta '1.5'"),
      (["MMAP.INCRBY", "a", "0", "18446744073709551616"], "delta '18446744073709551616'"),
      (["MMAP.INCRBY", "a", "OVERFLOW", "CLAMP", "0", "1"], "OVERFLOW 'CLAMP' is unknown; give FAIL, WRAP or SAT"),
      (
        ["MMAP.AGG", "a", "0", "-1", "SUM", "MEDIAN"],
        "'MEDIAN' is unknown; give SUM, MIN, MAX, MEAN, VAR, STD, ARGMIN, ARGMAX"
      ),
      (["MMAP.FIND", "a", "0", "-1", "==", "1"], "comparison '==' is unknown; give GT, GE, LT, LE, EQ, NE"),
      (["MMAP.FIND", "a", "0", "-1", "GT", "300"], "value '300' is out of range"),
      (["MMAP.FIND", "a", "0", "-1", "GT", "3", "FIRST", "1"], "'FIRST' is not understood here: give LIMIT"),
      (["MMAP.FIND", "a", "0", "-1", "GT", "3", "LIMIT", "-1"], "limit '-1' is negative"),
      (["MMAP.SEARCHSORTED", "a", "x"], "value 'x' is no i8"),
      (["MMAP.SEARCHSORTED", "a", "1", "MIDDLE"], "side 'MIDDLE' is unknown; give LEFT or RIGHT"),
    ] {
      try server.expectRefusal(words, saying: text)
    }
  }
}
