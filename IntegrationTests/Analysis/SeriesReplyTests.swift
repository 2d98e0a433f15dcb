import LiveServer
import MappedArrayClient
import Testing

/// Series over ranges so long that workers compute them and make the reply.
struct SeriesReplyTests {
  /// Four slices, the last of which is short; what is asked for is not at their bounds.
  private static let byteCount = 13 << 20

  private static let operations = [
    "FIRST", "LAST", "COUNT", "MIN", "MAX", "ARGMIN", "ARGMAX", "SUM", "MEAN", "VAR", "STD",
  ]

  private static let commands: [[String]] = [
    ["MMAP.BUCKETS", "a", "3", "-5", "2000"] + operations, ["MMAP.DOWNSAMPLE", "a", "3", "-5", "1001"],
    ["MMAP.DOWNSAMPLE", "a", "0", "-1", "20000"], ["MMAP.QUANTILE", "a", "3", "-5", "0", "0.25", "0.5", "0.999", "1"],
    ["MMAP.HISTOGRAM", "a", "3", "-5", "100"],
  ]

  private func makeServer(_ type: ElementCase) throws -> ModuleServer {
    let server = try ModuleServer(protocolVersion: .resp3)
    let script = """
      import numpy, sys
      path, name, size = sys.argv[1:]
      dtype = numpy.dtype(name)
      count = int(size) // dtype.itemsize
      random = numpy.random.default_rng(20251121)
      if dtype.kind == 'f':
          values = (random.standard_normal(count) * 10.0 ** random.integers(-3, 4, count)).astype(dtype)
      else:
          limits = numpy.iinfo(dtype)
          values = random.integers(limits.min, limits.max, count, dtype, endpoint=True)
      values.tofile(path)
      """
    try Python.run(script: script, arguments: [server.path("a"), type.numpyName, "\(Self.byteCount)"])
    #expect(try server("MMAP", "a", "a", Argument(type.name)) == .integer(Self.byteCount / type.size))
    return server
  }

  @Test("the same with any number of workers, and at once", arguments: ElementCase.numbers)
  func workers(type: ElementCase) throws {
    let server = try makeServer(type)
    for words in Self.commands {
      try server("MULTI")
      try server.send(words)
      let expected = try #require(try server("EXEC").elements?.first)
      #expect(expected.errorText == nil && expected.elements?.isEmpty == false, "\(words[0])")
      for threads in [0, 1, 2, 4] {
        try server("CONFIG", "SET", "mmaparray.threads", threads)
        // Of many replies an expectation would take long to remember both sides.
        let isSame = try server.send(words) == expected
        #expect(isSame, "\(words[0]) on \(threads) workers")
      }
      // Several clients at a time share the workers.
      let clients = try (0..<2).map { _ in try server.live.connect(protocolVersion: .resp3) }
      for client in clients {
        try client.append(words.map { Argument($0) })
        try client.flush()
      }
      for client in clients {
        let isSame = try client.readReply() == expected
        #expect(isSame, "\(words[0]) of several clients")
      }
    }
  }

  /// What a number is in RESP3 that is a bulk string in RESP2, or an integer in both.
  private func number(_ reply: Reply, isDouble: Bool) -> Reply {
    guard case .bulk = reply, let text = reply.text else { return reply }
    return isDouble ? .double(text: text) : .bigNumber(text)
  }

  /// Where replies differ first.
  private func difference(_ found: [Reply], _ expected: [Reply]) -> String? {
    guard found.count == expected.count else { return "\(found.count) replies, not \(expected.count)" }
    for (found, expected) in zip(found, expected) where found != expected {
      // Redis before 7.2 writes 17 digits.
      if case .double(let text) = expected, case .double(let other) = found, Double(text) == Double(other) { continue }
      return "\(found), not \(expected)"
    }
    return nil
  }

  @Test("RESP3: doubles, integers and big numbers in arrays, as RESP2's texts", arguments: ElementCase.numbers)
  func types(type: ElementCase) throws {
    let server = try makeServer(type)
    let other = try server.live.connect(protocolVersion: .resp2)
    for words in Self.commands {
      let texts = try #require(try other.send(words.map { Argument($0) }).elements)
      let numbers = try #require(try server.send(words).elements)
      #expect(texts.count == numbers.count)
      switch words[0] {
      case "MMAP.BUCKETS":
        for (texts, numbers) in zip(texts, numbers) {
          let expected = zip(try #require(texts.elements), Self.operations).map { reply, operation in
            number(reply, isDouble: type.isFloat || ["MEAN", "VAR", "STD"].contains(operation))
          }
          let difference = difference(try #require(numbers.elements), expected)
          #expect(difference == nil && expected.count == Self.operations.count)
        }
      // Indexes are integers, values are elements.
      case "MMAP.DOWNSAMPLE":
        let difference = difference(numbers, texts.map { number($0, isDouble: type.isFloat) })
        #expect(difference == nil)
        let kinds = Set(numbers.enumerated().map { "\($0.isMultiple(of: 2) ? "index" : "value"): \($1.kind)" })
        let valueKinds: Set = type.isFloat ? ["value: double"] : ["value: integer", "value: big number"]
        #expect(kinds.contains("index: integer") && kinds.isSubset(of: valueKinds.union(["index: integer"])))
      case "MMAP.QUANTILE":
        let difference = difference(numbers, texts.map { number($0, isDouble: true) })
        #expect(difference == nil && Set(numbers.map(\.kind)) == ["double"])
      default:
        #expect(numbers == texts)
        let total = numbers.reduce(0) { sum, reply in if case .integer(let count) = reply { sum + count } else { sum } }
        #expect(total == Self.byteCount / type.size - 7)
      }
    }
  }

  @Test("without a key, as without elements: no part of a long reply is missing")
  func missing() throws {
    let server = try ModuleServer()
    for protocolVersion in ProtocolVersion.allCases {
      let connection = try server.live.connect(protocolVersion: protocolVersion)
      let bins = try connection.send(["MMAP.HISTOGRAM", "missing", 0, -1, 1 << 20].map { "\($0)".argument })
      #expect(bins.elements?.count == 1 << 20)
      let parts = ["MMAP.QUANTILE", "missing", "0", "-1"] + [String](repeating: "0.5", count: 50_000)
      #expect(try connection.send(parts.map(\.argument)).elements?.count == 50_000)
      #expect(try connection.send(["PING".argument]) == .status("PONG"))
    }
  }
}
