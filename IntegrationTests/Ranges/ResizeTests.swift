import LiveServer
import MappedArrayClient
import Testing

/// `MMAP.RESIZE`.
struct ResizeTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  @Test("up, down, to the same and to nothing", arguments: ElementCase.numbers, Format.allCases)
  func counts(type: ElementCase, format: Format) throws {
    try server.makeArray("a", type.name, format, type.samples)
    var expected = type.samples
    for count in [2, 2, 9, 700, 5, 0, 0, 3] {
      #expect(try server("MMAP.RESIZE", "a", count) == .integer(count))
      expected = expected.prefix(count) + Array(repeating: "0", count: max(0, count - expected.count))
      #expect(try server("VCOUNT", "a") == .integer(count))
      #expect(try type.matches(server("VALL", "a"), expected))
      if format == .raw { #expect(try server.bytes("a").count == count * type.size) }
    }
    try server("DEL", "a")
    #expect(try server.bytes("a").count == format.size(type, 3))
  }

  @Test("a length that no file can have changes nothing", arguments: ElementCase.numbers, Format.allCases)
  func huge(type: ElementCase, format: Format) throws {
    try server.makeArray("a", type.name, format, type.samples)
    // The last is more than a file of ext4 can have, and little enough to be mapped.
    for count in [Int.max, Int.max / type.size, 1 << 50, 20 << 40] {
      try server.expectRefusal(["MMAP.RESIZE", "a", count], saying: "")
      try server.expectRefusal(["MMAP.WRITE", "a", count, [UInt8](repeating: 1, count: type.size)], saying: "")
    }
    #expect(try server("MMAP.ADD", "a", "1") == .integer(1))
    #expect(try type.matches(server("VALL", "a"), type.samples + ["1"]))
    #expect(try server("MMAP.INFO", "a")["count"] == .integer(type.samples.count + 1))
  }

  @Test("NumPy reads the array at every length, while it is mapped", arguments: [0, 1, 9, 10, 99_999, 100_000, 3])
  func numpy(count: Int) throws {
    try server.makeArray("a", "f32", .npy, [1])
    try server("MMAP.RESIZE", "a", count)
    let script = "import numpy, sys; print(len(numpy.load(sys.argv[1])))"
    #expect(try Python.run(script: script, arguments: [server.path("a")]) == "\(count)\n")
  }
}
