import LiveServer
import MappedArrayClient
import Testing

/// `MMAP.ROWS` and `MMAP.SLICE` against what NumPy selects of the same file.
struct SliceTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  /// Random slices of arrays of one to four dimensions: 2200 for each type.
  @Test("random slices, as NumPy", arguments: ElementCase.all)
  func randomSlices(type: ElementCase) throws {
    let script = """
      import numpy, sys
      directory, dtype = sys.argv[1], numpy.dtype(sys.argv[2])
      random = numpy.random.default_rng(20261121)
      shapes = [(0,), (1,), (7,), (300,), (3, 4), (0, 5), (5, 0), (40, 9), (2, 3, 4), (5, 1, 6), (3, 2, 2, 5)]
      for number, shape in enumerate(shapes):
          # Of truth values NumPy copies some as 0 and 1.
          bits = random.integers(0, 256 if dtype.kind != 'b' else 2, int(numpy.prod(shape)) * dtype.itemsize, 'u1')
          values = bits.view(dtype).reshape(shape)
          numpy.save(f'{directory}{number}.npy', values)
          for _ in range(200):
              words, key = [], []
              for size in shape[:random.integers(1, len(shape) + 1)]:
                  if random.integers(4) == 0:
                      index = int(random.integers(-size - 1, size + 1))
                      words.append(str(index)); key.append(index)
                  else:
                      def end():
                          return int(random.integers(-2 * size - 2, 2 * size + 3)) if random.integers(3) else None
                      step = [None, 1, -1, 2, -2, 3, -7, 1000, -1000][random.integers(9)]
                      part = slice(end(), end(), step)
                      text = ':'.join('' if n is None else str(n) for n in (part.start, part.stop, part.step))
                      words.append(text if step is not None or random.integers(2) else text[:-1]); key.append(part)
              try:
                  result = numpy.ascontiguousarray(values[tuple(key)]).tobytes().hex()
              except IndexError:
                  result = 'error'
              print(number, ' '.join(words), result, sep='\\t')
      """
    let text = try Python.run(script: script, arguments: [server.path(), type.numpyName])
    for number in 0..<11 { try server.connection("MMAP", "\(number)", "\(number).npy", "READONLY") }
    var (errors, selected) = (0, 0)
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      let words = ["MMAP.SLICE", String(fields[0])] + fields[1].split(separator: " ").map(String.init)
      let reply = try server.send(words)
      if fields[2] == "error" {
        errors += 1
        #expect(reply.errorText?.contains("is out of range for dimension") == true, "\(words): \(reply)")
      } else {
        selected += fields[2].isEmpty ? 0 : 1
        #expect(reply.bytes.map { hexadecimal($0) } == String(fields[2]), "\(words)")
      }
    }
    #expect(errors > 80 && selected > 600)
  }

  @Test("slices that take several turns", arguments: ["i8", "f32", "f64"])
  func longSlices(name: String) throws {
    let type = try #require(ElementCase.named(name))
    let script = """
      import hashlib, numpy, sys
      path, dtype = sys.argv[1], numpy.dtype(sys.argv[2])
      values = numpy.arange(3000 * 1000).astype(dtype).reshape(3000, 1000)
      numpy.save(path, values)
      values[::-1, ::3].tofile(path + '.0')
      values[:, 7].tofile(path + '.1')
      values[2999:0:-2].tofile(path + '.2')
      values[:, 1:].tofile(path + '.3')
      """
    try Python.run(script: script, arguments: [server.path("a.npy"), type.numpyName])
    try server.connection("MMAP", "a", "a.npy")
    for (number, words) in [["::-1", "::3"], [":", "7"], ["2999:0:-2"], [":", "1:"]].enumerated() {
      let reply = try server.send(["MMAP.SLICE", "a"] + words)
      #expect(try reply.bytes == server.bytes("a.npy.\(number)"), "\(words)")
    }
    // Where nobody can wait they are done at once.
    try server("MULTI")
    try server("MMAP.SLICE", "a", "::-1", "::3")
    #expect(try server("EXEC").elements?[0].bytes == server.bytes("a.npy.0"))
  }

  @Test("rows", arguments: ElementCase.all)
  func rows(type: ElementCase) throws {
    let script = """
      import numpy, sys
      path, dtype = sys.argv[1], numpy.dtype(sys.argv[2])
      values = numpy.arange(60).astype(dtype).reshape(5, 3, 4)
      numpy.save(path, values)
      print(*(values[row].tobytes().hex() for row in range(5)), sep='\\n', end='')
      """
    let text = try Python.run(script: script, arguments: [server.path("a.npy"), type.numpyName])
    let rows = text.split(separator: "\n").map(String.init)
    try server.connection("MMAP", "a", "a.npy")
    let reply = try server("MMAP.ROWS", "a", 0, 4, 2, 2, -1, -5, 5, -6, Int.max, Int.min)
    let found = try #require(reply.elements).map { $0.bytes.map { hexadecimal($0) } }
    #expect(found == [rows[0], rows[4], rows[2], rows[2], rows[4], rows[0], nil, nil, nil, nil])
  }

  @Test("rows of one dimension, and of nothing")
  func oddRows() throws {
    try server.makeArray("a", "i16", .raw, [1, 2, 3])
    #expect(try server("MMAP.ROWS", "a", 1, -1, 3) == .array([.bulk([2, 0]), .bulk([3, 0]), .null]))
    // What another program appends has rows too.
    try server.append([4, 0], to: "a")
    #expect(try server("MMAP.ROWS", "a", 3, -1) == .array([.bulk([4, 0]), .bulk([4, 0])]))
    #expect(try server("MMAP.SLICE", "a", "::2") == .bulk([1, 0, 3, 0]))
    try Python.run(
      script: "import numpy, sys; numpy.save(open(sys.argv[1], 'wb'), numpy.zeros((3, 0)))",
      arguments: [server.path("empty")])
    try server.connection("MMAP", "empty", "empty")
    #expect(try server("MMAP.ROWS", "empty", 0, 2, 3) == .array([.bulk([]), .bulk([]), .null]))
    #expect(try server("MMAP.SLICE", "empty", ":2") == .bulk([]))
    #expect(try server("MMAP.ROWS", "nobody", 0, -1) == .array([.null, .null]))
    #expect(try server("MMAP.SLICE", "nobody", "::-1", "3") == .bulk([]))
  }

  @Test("rows that are larger than any file")
  func hugeRows() throws {
    let script = """
      import numpy, sys
      with open(sys.argv[1], 'wb') as file:
          header = {'descr': '<f8', 'fortran_order': False, 'shape': (0, 1 << 62)}
          numpy.lib.format.write_array_header_1_0(file, header)
      """
    try Python.run(script: script, arguments: [server.path("a")])
    #expect(try server("MMAP", "a", "a") == .integer(0))
    #expect(try server("MMAP.ROWS", "a", 0, -1) == .array([.null, .null]))
    #expect(try server("MMAP.SLICE", "a", "::-1", "::2") == .bulk([]))
    #expect(try server("MMAP.SLICE", "a", ":", "\(Int.max)").errorText != nil)
    #expect(try server("MMAP.SLICE", "a", ":", "-1") == .bulk([]))
    #expect(try server.failure(["MMAP.KNN", "a", 1, "L2", "8 bytes."]).contains("more than a blob can have"))
    #expect(try server("PING") == .status("PONG"))
  }

  @Test("what is wrong is said", arguments: ["a", "nobody"])
  func mistakes(key: String) throws {
    try server.makeArray("a", "i8", .npy, [1, 2, 3])
    for word in ["", "x", "1:2:3:4", "1:x", "9223372036854775808", "1 2", ": :", "--1"] {
      let error = try server.failure(["MMAP.SLICE", key, word])
      #expect(error.contains("is not understood; give start:stop:step"), "\(word)")
    }
    #expect(try server.failure(["MMAP.SLICE", key, ":", "::0"]).contains("has the step 0"))
    #expect(try server.failure(["MMAP.ROWS", key, "0", "x"]).contains("index 'x' is not an integer"))
    guard key == "a" else { return }
    #expect(try server.failure(["MMAP.SLICE", "a", ":", ":"]).contains("2 slices for an array of 1 dimensions"))
    #expect(
      try server.failure(["MMAP.SLICE", "a", "-4"])
        == "ERR index -4 is out of range for dimension 0 of 3; give -3 to 2")
    // As far as numbers go.
    let (least, greatest) = ("\(Int.min)", "\(Int.max)")
    #expect(try server("MMAP.SLICE", "a", "\(least):\(greatest):\(greatest)") == .bulk([1]))
    #expect(try server("MMAP.SLICE", "a", "\(greatest):\(least):\(least)") == .bulk([3]))
    #expect(try server("MMAP.SLICE", "a", "\(greatest):\(least):-1") == .bulk([3, 2, 1]))
  }

  @Test("a reply that would be too large is refused")
  func largeReply() throws {
    try server.connection("MMAP", "a", "a", "u8")
    try server.connection("MMAP.RESIZE", "a", 1 << 30)
    #expect(try server.failure(["MMAP.SLICE", "a", "::-1"]).contains("the reply can have 1073741824 bytes"))
    try server.connection("MMAP", "rows", "rows", "u8", "COLUMNS", 1 << 28)
    try server.connection("MMAP.RESIZE", "rows", 1 << 28)
    #expect(try server.failure(["MMAP.ROWS", "rows", 0, 0, 0]).contains("the reply can have 805306368 bytes"))
  }
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

extension Reply {
  fileprivate var bytes: [UInt8]? { if case .bulk(let bytes) = self { bytes } else { nil } }
}
