import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// The file behind the keys: shared, unbound, cut, changed by others.
struct FileTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  @Test("the same file under several keys is one array", arguments: Format.allCases)
  func shared(format: Format) throws {
    try server.send(["MMAP", "a", "file"] + format.words(.all[0]))
    #expect(try server.send(["MMAP", "b", "./file"] + format.words(.all[0])) == .integer(0))
    #expect(link(server.path("file"), server.path("linked")) == 0)
    #expect(try server.send(["MMAP", "c", "linked"] + format.words(.all[0])) == .integer(0))
    try server("MMAP.ADD", "a", 1)
    try server("MMAP.ADD", "b", 2)
    try server("MMAP.ADD", "c", 3)
    for key in ["a", "b", "c"] {
      #expect(try server("VCOUNT", key) == .integer(3))
      #expect(try server("VALL", key) == .array([.integer(1), .integer(2), .integer(3)]))
    }
    #expect(try server("DEL", "a", "c") == .integer(2))
    #expect(try server("MMAP.ADD", "b", 4) == .integer(1))
    #expect(try server("VCOUNT", "b") == .integer(4))
    try server("VCLEAR", "b")
    #expect(try server("VCOUNT", "b") == .integer(0))
  }

  @Test("a raw file in use has one type")
  func sharedType() throws {
    try server("MMAP", "a", "file", "i16", "RAW")
    let error = try #require(try server("MMAP", "b", "file", "i32").errorText)
    #expect(error.hasPrefix("ERR ") && error.contains("i16") && error.contains("i32"), "\(error)")
  }

  @Test(
    "what unbinds leaves the file, and cuts off its spare room",
    arguments: [
      ["DEL", "a"], ["UNLINK", "a"], ["FLUSHALL"], ["FLUSHDB"], ["FLUSHALL", "ASYNC"], ["PEXPIRE", "a", "1"],
      ["SET", "a", "x"],
    ])
  func unbinding(words: [String]) throws {
    let (type, count) = (ElementCase.all[7], 1000)
    for format in Format.allCases {
      try server.send(["MMAP", "a", "file"] + format.words(type))
      try server.send(["MMAP.ADD", "a"] + Array(repeating: "9", count: count))
      let size = format.size(type, count)
      let before = try server.bytes("file")
      #expect(format == .raw ? before.count == size : before.count > size)
      try server.send(words)
      let deadline = ContinuousClock.now + .seconds(5)
      while try server.bytes("file").count != size, ContinuousClock.now < deadline {
        try server("EXISTS", "a")
        usleep(1000)
      }
      #expect(try server.bytes("file") == Array(before.prefix(size)))
      try server("DEL", "a")
      unlink(server.path("file"))
    }
  }

  @Test(
    "an orderly end of the server cuts off spare room",
    arguments: [LiveServer.Ending.terminate, .shutdown(saving: false)])
  func shutdown(ending: LiveServer.Ending) throws {
    try server("MMAP", "a", "file", "i16")
    try server("MMAP.ADD", "a", 1, 2, 3)
    #expect(try server.bytes("file").count > 134)
    try server.restart(after: ending)
    #expect(try server.bytes("file").count == 134)
  }

  @Test("elements appended by another program are there")
  func appended() throws {
    try server("MMAP", "a", "file", "u16", "RAW")
    try server("MMAP.ADD", "a", 1)
    func append(_ bytes: [UInt8]) throws { try server.append(bytes, to: "file") }
    try append([2, 0])
    #expect(try server("VGET", "a", 1) == .integer(2))
    try append([3, 0])
    #expect(try server("VMGET", "a", 0, 2) == .array([.integer(1), .integer(3)]))
    try append([4, 0])
    #expect(try server("VCOUNT", "a") == .integer(4))
    try append([5, 0])
    #expect(try server("VALL", "a").elements?.count == 5)
    try append([6, 0])
    #expect(try server("VSET", "a", 5, 7) == .integer(1))
    try append([8, 0])
    #expect(try server("MMAP.ADD", "a", 9) == .integer(1))
    try append([10, 0])
    #expect(try server("VPOP", "a") == .integer(10))
    #expect(try server.bytes("file") == [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 7, 0, 8, 0, 9, 0])
    try append([11, 0])
    #expect(try server("VCLEAR", "a") == .integer(9))
    #expect(try server.bytes("file") == [])
  }

  @Test("many elements appended by another program")
  func appendedMany() throws {
    try server("MMAP", "a", "file", "u8", "RAW")
    try server.write(Array(repeating: 7, count: 1 << 20), to: "file")
    #expect(try server("VGET", "a", (1 << 20) - 1) == .integer(7))
    #expect(try server("MMAP.ADD", "a", 8) == .integer(1))
    #expect(try server("VCOUNT", "a") == .integer((1 << 20) + 1))
  }

  @Test("a trailing part of an element is ignored by reads, and stops what changes the length")
  func trailing() throws {
    let bytes: [UInt8] = [1, 0, 0, 0, 2, 0, 0, 0, 0xFF, 0xFF, 0xFF]
    try server.write(bytes, to: "file")
    #expect(try server("MMAP", "a", "file", "i32") == .integer(2))
    #expect(try server("VALL", "a") == .array([.integer(1), .integer(2)]))
    #expect(try server("VGET", "a", 2) == .null)
    for command in [["MMAP.ADD", "a", "3"], ["VPOP", "a"], ["VCLEAR", "a"]] {
      let error = try #require(try server.send(command).errorText)
      #expect(error.hasPrefix("ERR ") && error.contains("3 bytes"), "\(error)")
    }
    #expect(try server("VSET", "a", 1, 5) == .integer(1))
    #expect(try server.bytes("file") == [1, 0, 0, 0, 5, 0, 0, 0, 0xFF, 0xFF, 0xFF])
    try server.append([0x7F], to: "file")
    #expect(try server("VCOUNT", "a") == .integer(3))
    #expect(try server("VPOP", "a") == .integer(0x7FFF_FFFF))
    #expect(try server.bytes("file").count == 8)
  }

  @Test("a file that is shorter or smaller than an element")
  func short() throws {
    try server.write([1, 2, 3], to: "file")
    #expect(try server("MMAP", "a", "file") == .integer(0))
    #expect(try server("VALL", "a") == .array([]))
    #expect(try server("MMAP.ADD", "a", 1).errorText?.contains("3 bytes") == true)
    #expect(try server.bytes("file") == [1, 2, 3])
  }

  @Test("what NumPy stores into a mapped file is seen at once, and the other way round")
  func mappedTwice() throws {
    try server("MMAP", "a", "file", "f32")
    try server("MMAP.ADD", "a", 1, 2, 3)
    try Python.run(
      script: """
        import numpy, sys
        a = numpy.load(sys.argv[1], mmap_mode='r+')
        assert a.tolist() == [1, 2, 3]
        a[1] = 2.5
        """, arguments: [server.path("file")])
    #expect(try server("VALL", "a") == .array([.bulk("1"), .bulk("2.5"), .bulk("3")]))
  }

  @Test("growth by one, by many, and back", arguments: Format.allCases)
  func growth(format: Format) throws {
    let type = ElementCase.all[2]
    try server.send(["MMAP", "a", "file"] + format.words(type))
    var count = 0
    for step in [1, 8, 1, 89, 1, 899, 2, 9000, 100_000] {
      try server.send(["MMAP.ADD", "a"] + (count..<count + step).map(String.init))
      count += step
      #expect(try server("VCOUNT", "a") == .integer(count))
      #expect(try server("VMGET", "a", 0, count - 1, count) == .array([.integer(0), .integer(count - 1), .null]))
    }
    for _ in 0..<3 {
      count -= 1
      #expect(try server("VPOP", "a") == .integer(count))
    }
    #expect(try NumPyFile.isRange(count, server.path("file"), type, format))
    try server("VCLEAR", "a")
    #expect(try server("VALL", "a") == .array([]))
    #expect(try server.bytes("file").count == format.size(type, 0))
  }
}
