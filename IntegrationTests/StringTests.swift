import LiveServer
import MappedArrayClient
import Testing

/// Arrays of strings of a fixed size: what numbers can do, and what strings cannot.
struct StringTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  private static let sizes = [1, 2, 3, 5, 16, 100, 4095, 4096]

  /// Values of up to `size` bytes of all kinds, in no order; none ends in a zero, which nobody could tell from padding.
  private static func samples(_ size: Int) -> [[UInt8]] {
    let texts: [[UInt8]] = [
      Array("b".utf8), [], Array("a".utf8), [0xFF], [0x80], Array("ab".utf8), Array("a\0b".utf8), Array("a b".utf8),
      Array("ä\r\n".utf8), Array(repeating: UInt8(ascii: "x"), count: size), Array(repeating: 0xFE, count: size), [1],
    ]
    return texts.filter { $0.count <= size }
  }

  private static func array(_ values: [[UInt8]]) -> Reply { .array(values.map { .bulk($0) }) }

  private static func packed(_ values: [[UInt8]], _ size: Int) -> [UInt8] {
    values.flatMap { $0 + [UInt8](repeating: 0, count: size - $0.count) }
  }

  private static func isLess(_ first: [UInt8], _ second: [UInt8]) -> Bool { first.lexicographicallyPrecedes(second) }

  @Test("elements come and go, in both formats and protocols", arguments: sizes, Format.allCases)
  func life(size: Int, format: Format) throws {
    let samples = Self.samples(size)
    for version in ProtocolVersion.allCases {
      let connection = try server.live.connect(protocolVersion: version)
      func send(_ words: any ArgumentConvertible...) throws -> Reply { try connection.send(words.map(\.argument)) }
      // The first one leaves an empty file.
      try server.makeArray("a", "s\(size)", format)
      #expect(try send("VTYPE", "a") == .bulk("S\(size)"))
      #expect(
        try connection.send((["MMAP.ADD", "a"] as [any ArgumentConvertible] + samples).map(\.argument))
          == .integer(samples.count))
      #expect(try send("VCOUNT", "a") == .integer(samples.count))
      #expect(try send("VALL", "a") == Self.array(samples))
      #expect(try send("MMAP.READ", "a") == .bulk(Self.packed(samples, size)))
      for (index, sample) in samples.enumerated() { #expect(try send("VGET", "a", index) == .bulk(sample)) }
      #expect(try send("VMGET", "a", 1, 99, 0) == .array([.bulk(samples[1]), .null, .bulk(samples[0])]))
      #expect(try send("VSET", "a", 1, samples[0], 99, "a", 0, "") == .integer(2))
      #expect(try send("MMAP.RANGE", "a", 0, 1) == Self.array([[], samples[0]]))
      #expect(try send("VPOP", "a") == .bulk(samples.last ?? []))
      #expect(try send("MMAP.WRITE", "a", 0, Self.packed([samples[0]], size)) == .integer(1))
      #expect(try send("MMAP.APPEND", "a", Self.packed(samples, size)) == .integer(samples.count))
      #expect(try send("VGET", "a", 0) == .bulk(samples[0]))
      #expect(try send("MMAP.RESIZE", "a", 2 * samples.count) == .integer(2 * samples.count))
      #expect(try send("VPOP", "a") == .bulk([]))
      #expect(try send("MMAP.FILL", "a", 1, -2, samples[0]) == .integer(2 * samples.count - 3))
      #expect(try send("MMAP.RANGE", "a", -3, -1) == Self.array([samples[0], samples[0], samples.last ?? []]))
      #expect(try send("VCLEAR", "a") == .integer(2 * samples.count - 1))
      try server("DEL", "a")
    }
  }

  @Test("what is too long is refused, and names what is right", arguments: [1, 5, 4096])
  func tooLong(size: Int) throws {
    try server.makeArray("a", "S\(size)", .npy, ["x", "y"])
    let long = Array(repeating: UInt8(ascii: "l"), count: size + 1)
    for words: [any ArgumentConvertible] in [
      ["MMAP.ADD", "a", "z", long], ["VSET", "a", 0, "z", 1, long], ["MMAP.FILL", "a", 0, -1, long],
      ["MMAP.FIND", "a", 0, -1, "EQ", long], ["MMAP.SEARCHSORTED", "a", long],
    ] {
      try server.expectRefusal(words, saying: "is too long for S\(size): give at most \(size) bytes")
    }
    if size > 1 { try server.expectRefusal(["MMAP.APPEND", "a", long], saying: "multiple of \(size)") }
  }

  @Test("what is arithmetic is refused")
  func arithmetic() throws {
    try server.makeArray("a", "S3", .npy, ["1", "2", "3", "4"])
    for words in [
      "INCRBY a 0 1", "AGG a 0 -1 SUM", "AGG a 0 -1 MIN MEAN", "AGG a 0 -1 VAR", "AGG a 0 -1 STD",
      "QUANTILE a 0 -1 0.5",
      "HISTOGRAM a 0 -1 3", "DOWNSAMPLE a 0 -1 3", "BUCKETS a 0 -1 2 MIN SUM", "BUCKETS a 0 -1 2 STD", "KNN a 1 L2 abc",
    ] {
      let words = words.split(separator: " ").map(String.init)
      try server.expectRefusal(["MMAP." + words[0]] + words[1...].map { $0 }, saying: "the elements are strings, S3")
    }
  }

  @Test("names of no type", arguments: ["S", "S0", "S4097", "S05", "S-1", "S1 ", "SS1", "S99999999999999999999", "U5"])
  func names(name: String) throws {
    let error = try server.failure(["MMAP", "a", "file", name])
    #expect(error.contains("S1 to S4096"), "\(error)")
    #expect(try server("EXISTS", "a") == .integer(0))
  }

  @Test("order and equality are those of bytes", arguments: [3, 16], [50, 60_000])
  func order(size: Int, count: Int) throws {
    var random = SeededGenerator(seed: UInt64(size + count))
    let values = (0..<count).map { _ in
      (0..<Int.random(in: 0...size, using: &random)).map { _ in UInt8.random(in: 97...99, using: &random) }
    }
    try server.makeArray("a", "S\(size)")
    try server("MMAP.APPEND", "a", Self.packed(values, size))
    let probe = values[count / 2]
    for (word, holds) in [
      ("LT", { Self.isLess($0, probe) }), ("GE", { !Self.isLess($0, probe) }), ("GT", { Self.isLess(probe, $0) }),
      ("LE", { !Self.isLess(probe, $0) }), ("EQ", { $0 == probe }), ("NE", { $0 != probe }),
    ] as [(String, ([UInt8]) -> Bool)] {
      let expected = values.indices.filter { $0 >= 1 && holds(values[$0]) }
      #expect(try server("MMAP.FIND", "a", 1, -1, word, probe) == .integers(expected), "\(word)")
      #expect(try server("MMAP.FIND", "a", 1, -1, word, probe, "LIMIT", 3) == .integers(expected.prefix(3)), "\(word)")
    }
    let least = try #require(values.min(by: Self.isLess))
    let greatest = try #require(values.max(by: Self.isLess))
    #expect(
      try server("MMAP.AGG", "a", 0, -1, "MIN", "MAX", "ARGMIN", "ARGMAX", "FIRST", "LAST", "COUNT")
        == .array([
          .bulk(least), .bulk(greatest), .integer(values.firstIndex(of: least) ?? -1),
          .integer(values.firstIndex(of: greatest) ?? -1), .bulk(values[0]), .bulk(values[count - 1]), .integer(count),
        ]))
    #expect(try server("MMAP.AGG", "a", 1, 0, "MIN", "ARGMAX", "COUNT") == .array([.null, .null, .integer(0)]))

    let sorted = values.sorted(by: Self.isLess)
    try server("MMAP.WRITE", "a", 0, Self.packed(sorted, size))
    for value in [probe, least, greatest, [], [0xFF]] {
      let left = sorted.firstIndex { !Self.isLess($0, value) } ?? count
      let right = sorted.firstIndex { Self.isLess(value, $0) } ?? count
      #expect(try server("MMAP.SEARCHSORTED", "a", value) == .integer(left))
      #expect(try server("MMAP.SEARCHSORTED", "a", value, "RIGHT") == .integer(right))
    }
  }

  @Test("NumPy's files are read, and go on being NumPy's", arguments: [1, 3, 16, 4096])
  func numPy(size: Int) throws {
    let script = """
      import numpy, sys
      path, size, round = sys.argv[1], int(sys.argv[2]), sys.argv[3]
      values = [b'b', b'', b'a', b'\\xff', b'x' * size]
      if round == 'write':
          numpy.save(path + 'a.npy', numpy.array(values, f'S{size}'))
          numpy.save(path + 'rows.npy', numpy.array([values, values], f'S{size}'))
          numpy.array(values, f'S{size}').tofile(path + 'raw')
      else:
          values = [b'y'] + values[1:] + [b'', b'z' * size]
          for found in [numpy.load(path + 'a.npy'), numpy.load(path + 'a.npy', mmap_mode='r'),
                        numpy.fromfile(path + 'raw', f'S{size}')]:
              if found.dtype != numpy.dtype(f'S{size}') or found.tolist() != values: print(found)
          new = numpy.load(path + 'new.npy')
          if new.dtype != numpy.dtype(f'S{size}') or new.tolist() != [b'1', b'0']: print(new)
          if open(path + 'a.npy', 'rb').read(128) != open(path + 'b.npy', 'rb').read(128): print('another header')
      """
    func play(_ round: String) throws -> String {
      try Python.run(script: script, arguments: [server.path(), "\(size)", round])
    }
    try #expect(play("write") == "")
    let samples: [[UInt8]] = [
      Array("b".utf8), [], Array("a".utf8), [0xFF], Array(repeating: UInt8(ascii: "x"), count: size),
    ]
    let last = Array(repeating: UInt8(ascii: "z"), count: size)
    for (key, words) in [("a.npy", []), ("raw", ["S\(size)"])] {
      #expect(try server.send(["MMAP", key, key] + words) == .integer(5))
      #expect(try server("VTYPE", key) == .bulk("S\(size)"))
      #expect(try server("VALL", key) == Self.array(samples))
      #expect(try server("VSET", key, 0, "y") == .integer(1))
      #expect(try server("MMAP.ADD", key, "", last) == .integer(2))
    }
    try server("MMAP", "new", "new.npy", "S\(size)")
    try server("MMAP.ADD", "new", "1", "0")
    try server("MMAP", "b", "b.npy", "S\(size)")
    try server("MMAP.ADD", "b", "1", "2", "3", "4", "5", "6", "7")
    // While they are mapped, and after.
    try #expect(play("read") == "")
    #expect(try server("MMAP", "rows", "rows.npy") == .integer(10))
    #expect(try server("MMAP.ROWS", "rows", 1) == .array([.bulk(Self.packed(samples, size))]))
    #expect(
      try server("MMAP.SLICE", "rows", "::-1", "1:3")
        == .bulk(Self.packed([samples[1], samples[2], samples[1], samples[2]], size)))
    try server("FLUSHALL")
    try #expect(play("read") == "")
    #expect(try server.bytes("a.npy").count == 128 + 7 * size)
  }

  @Test("rows of strings")
  func rows() throws {
    #expect(try server("MMAP", "a", "a", "S4", "COLUMNS", 2) == .integer(0))
    #expect(try server("MMAP.ADD", "a", "ab", "cd", "ef", "g") == .integer(4))
    #expect(try server("MMAP.INFO", "a")["shape"] == .integers([2, 2]))
    #expect(try server("MMAP.INFO", "a")["itemsize"] == .integer(4))
    #expect(try server("MMAP.ROWS", "a", -1) == .array([.bulk(Array("ef\0\0g\0\0\0".utf8))]))
    try server.expectRefusal(["MMAP.ADD", "a", "h"], saying: "row")
  }

  @Test("they survive restarts and travel to replicas and in payloads", arguments: Format.allCases)
  func everywhere(format: Format) throws {
    let master = try ModuleServer.node([("appendonly", "yes")])
    let replica = try ModuleServer.node()
    try master.makeArray("a", "S7", format, ["one", "two"])
    try replica.join(master)
    try master("MMAP.ADD", "a", "three", "four")
    try master("VSET", "a", 0, "1")
    try master("MMAP.FILL", "a", 1, 1, "2")
    try master.makeArray("b", "S300", format, [Array(repeating: UInt8(ascii: "b"), count: 300)])
    try replica.catchUp(with: master)
    let expected = Self.array(["1", "2", "three", "four"].map { Array($0.utf8) })
    #expect(try replica("VALL", "a") == expected && replica("VTYPE", "a") == .bulk("S7"))
    #expect(try replica("MMAP.READ", "b") == master("MMAP.READ", "b"))
    #expect(try master.digests(["a", "b"]) == replica.digests(["a", "b"]))
    guard case .bulk(let payload) = try master("DUMP", "a") else {
      Issue.record("no payload")
      return
    }
    #expect(try server("RESTORE", "a", 0, payload) == .ok)
    #expect(try server("VALL", "a") == expected)
    for _ in 0..<2 {
      try master.restart(after: .kill)
      #expect(try master("VALL", "a") == expected && master("VTYPE", "a") == .bulk("S7"))
      try master("BGREWRITEAOF")
      try eventually("it is rewritten") { try master.number("aof_rewrite_in_progress", of: "persistence") == 0 }
    }
    try server.save()
    try server.restart(after: .kill)
    #expect(try server("VALL", "a") == expected)
  }

  @Test("many, read by workers", arguments: [16, 4096])
  func many(size: Int) throws {
    let count = (48 << 20) / size
    try server("MMAP", "a", "a", "S\(size)")
    try server("MMAP.RESIZE", "a", count)
    try server("MMAP.FILL", "a", 0, -1, "b")
    try server("VSET", "a", count - 2, "c", 7, "a")
    #expect(
      try server("MMAP.AGG", "a", 0, -1, "MIN", "MAX", "ARGMIN", "ARGMAX")
        == .array([.bulk([97]), .bulk([99]), .integer(7), .integer(count - 2)]))
    let bounds = (0...3).map { $0 * count / 3 }
    let extremes: [(least: UInt8, greatest: UInt8, Int, Int)] = [
      (97, 98, 7, 0), (98, 98, bounds[1], bounds[1]), (98, 99, bounds[2], count - 2),
    ]
    #expect(
      try server("MMAP.BUCKETS", "a", 0, -1, 3, "MIN", "MAX", "ARGMIN", "ARGMAX", "COUNT")
        == .array(
          zip(extremes, zip(bounds, bounds.dropFirst())).map { extremes, bounds in
            .array([
              .bulk([extremes.least]), .bulk([extremes.greatest]), .integer(extremes.2), .integer(extremes.3),
              .integer(bounds.1 - bounds.0),
            ])
          }))
    #expect(try server("MMAP.FIND", "a", 0, -1, "NE", "b") == .integers([7, count - 2]))
    if size == 4096 {
      let all = try #require(try server("VALL", "a").elements)
      #expect(all.count == count && all[7] == .bulk([97]) && all[8] == .bulk([98]))
    }
    #expect(try server("MMAP.RANGE", "a", 5, 20_000).elements?.count == min(count, 20_001) - 5)
  }
}
