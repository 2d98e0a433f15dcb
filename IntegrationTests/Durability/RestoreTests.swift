import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// `DUMP`, `RESTORE` and `MIGRATE` carry the contents, and destroy no file.
struct RestoreTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer(configuration: [("save", "3600 1")])
  }

  private func dump(_ key: String) throws -> [UInt8] {
    guard case .bulk(let payload) = try server("DUMP", key) else {
      Issue.record("no payload")
      return []
    }
    return payload
  }

  /// The names below the root, without the module's own directory.
  private func names() throws -> [String] { try Files.names(in: server.path()).filter { $0 != ".mmaparray" } }

  @Test("to another server", arguments: ElementCase.all, Format.allCases)
  func anotherServer(type: ElementCase, format: Format) throws {
    try server.makeArray("a", type.name, format, type.samples)
    let other = try ModuleServer()
    #expect(try other("RESTORE", "b", 0, dump("a")) == .ok)
    #expect(try other("MMAP.READ", "b") == server("MMAP.READ", "a"))
    #expect(try other("VFILEPATH", "b") == .bulk("a"))
    #expect(try other.digests(["b"]) == server.digests(["a"]))
    #expect(try other.send(["MMAP.ADD", "b", type.least]) == .integer(1))
  }

  @Test("what has been restored is restored again and again: names do not grow", arguments: [1, 255])
  func again(length: Int) throws {
    let name = String(repeating: "a", count: length)
    #expect(try server("MMAP", "k", name, "i16") == .integer(0))
    for round in 0..<30 {
      try server("VADD", "k", round)
      #expect(try server("RESTORE", "k", 0, dump("k"), "REPLACE") == .ok)
      #expect(try server("VALL", "k") == .integers(Array(0...round)))
    }
    for file in try names() { #expect(file.utf8.count <= 255 && file.ranges(of: ".restored-").count <= 1, "\(file)") }
  }

  @Test("a file that an array is bound to is not touched: the restored array has a name of its own, and keeps it")
  func bound() throws {
    try server.makeArray("a", "i8", .npy, [1, 2])
    let payload = try dump("a")
    #expect(try server("RESTORE", "b", 0, payload) == .ok)
    let name = try #require(server("VFILEPATH", "b").text)
    #expect(name.wholeMatch(of: /a\.restored-[0-9a-f]{16}/) != nil)
    try server("VSET", "b", 0, 5)
    #expect(try server("RESTORE", "b", 0, payload).errorText?.hasPrefix("BUSYKEY") == true)
    // The same payload once more: that name is taken too.
    #expect(try server("RESTORE", "c", 0, payload) == .ok)
    #expect(try server("RESTORE", "b", 0, payload, "REPLACE") == .ok)
    for _ in 0..<2 {
      #expect(try names() == ["a", name, name + "-2", name + "-3"])
      #expect(try server("VFILEPATH", "a") == .bulk("a"))
      #expect(try server("VFILEPATH", "b") == .bulk(name + "-3"))
      #expect(try server("VFILEPATH", "c") == .bulk(name + "-2"))
      for key in ["a", "b", "c"] { #expect(try server("VALL", key) == .integers([1, 2])) }
      try server.restart(after: .shutdown(saving: true))
    }
    // What it replaced is nobody's now.
    #expect(try server.bytes(name).last == 2)
    #expect(try server.bytes(name).dropLast().last == 5)
  }

  @Test("a file that nothing is bound to is set aside, whatever it holds")
  func unbound() throws {
    try server.makeArray("a", "i8", .npy, [1, 2])
    let payload = try dump("a")
    for number in 1...2 {
      try server("DEL", "a")
      #expect(try server("RESTORE", "a", 0, payload) == .ok)
      #expect(try server("VFILEPATH", "a") == .bulk("a"))
      #expect(server.live.log.contains("'a' was in the way: it is 'a.aside-\(number)' now"))
    }
    #expect(try names() == ["a", "a.aside-1", "a.aside-2"])
  }

  @Test("whatever is in the way", arguments: ["text", "empty", "another type", "a link"])
  func anything(kind: String) throws {
    try server.makeArray("a", "i8", .npy, [1, 2])
    let payload = try dump("a")
    try server("DEL", "a")
    unlink(server.path("a"))
    try Files.write(Array("outside".utf8), to: server.live.directory + "/outside")
    switch kind {
    case "text": try server.write(Array("in the way".utf8), to: "a")
    case "empty": try server.write([], to: "a")
    case "another type":
      try server.makeArray("a", "f64", .npy, [1, 2])
      try server("DEL", "a")
    default: #expect(symlink("../outside", server.path("a")) == 0)
    }
    #expect(try server("RESTORE", "a", 0, payload) == .ok)
    #expect(try server("VALL", "a") == .integers([1, 2]))
    #expect(try names() == ["a", "a.aside-1"])
    #expect(try Files.text(server.live.directory + "/outside") == "outside")
    #expect(try server.stagedFiles() == [])
  }

  @Test("a directory is not in the way, but somebody's: nothing is restored")
  func directory() throws {
    try server.makeArray("a", "i8", .npy, [1, 2])
    let payload = try dump("a")
    try server("DEL", "a")
    unlink(server.path("a"))
    try server.makeDirectory("a")
    #expect(try server("RESTORE", "a", 0, payload) == .error("ERR Bad data format"))
    #expect(server.live.log.contains("the path names no regular file"))
    #expect(try names() == ["a"])
    #expect(try server.stagedFiles() == [])
  }

  @Test("READONLY arrays, detached ones and those without a file travel as bindings")
  func bindings() throws {
    try server.makeArray("file", "i8", .raw, [1, 2])
    try server("DEL", "file")
    try server("MMAP", "a", "file", "i8", "READONLY")
    let other = try ModuleServer()
    #expect(try other("RESTORE", "a", 0, dump("a")) == .ok)
    #expect(try other.failure(["VALL", "a"]).contains("No such file"))
    try other.write([3], to: "file")
    #expect(try other("VALL", "a") == .integers([3]))
    #expect(try other.failure(["MMAP.ADD", "a", 4]).contains("READONLY"))
  }

  @Test("MIGRATE moves arrays of every size, and keys of several dimensions", arguments: [0, 5, 400_000])
  func migrate(count: Int) throws {
    let (source, target) = (try ModuleServer.node(), try ModuleServer.node())
    try Python.run(
      script: """
        import numpy, sys
        path, count = sys.argv[1], int(sys.argv[2])
        numpy.save(path + 'matrix.npy', numpy.arange(3 * count, dtype='f8').reshape(count, 3))
        numpy.arange(count, dtype='u2').tofile(path + 'raw')
        """, arguments: [source.path(), "\(count)"])
    try source("MMAP", "matrix", "matrix.npy")
    try source("MMAP", "raw", "raw", "u16", "RAW")
    let digests = try source.digests(["matrix", "raw"])
    let port = Int(try #require(target.live.port))
    #expect(try source("MIGRATE", "127.0.0.1", port, "", 0, 20_000, "COPY", "KEYS", "matrix", "raw") == .ok)
    #expect(try target.digests(["matrix", "raw"]) == digests)
    #expect(try target("MMAP.INFO", "matrix")["shape"] == .integers([count, 3]))
    try source("MMAP.ADD", "matrix", 1, 2, 3)
    #expect(try source("MIGRATE", "127.0.0.1", port, "", 0, 20_000, "REPLACE", "KEYS", "matrix") == .ok)
    #expect(try target("VCOUNT", "matrix") == .integer(3 * count + 3))
    #expect(try source("EXISTS", "matrix", "raw") == .integer(1))
    try Python.run(
      script: """
        import numpy, sys
        path, count = sys.argv[1], int(sys.argv[2])
        matrix = numpy.load(path + sys.argv[3])
        assert matrix.shape == (count + 1, 3) and matrix[-1].tolist() == [1, 2, 3]
        assert (matrix[:-1].ravel() == numpy.arange(3 * count)).all()
        assert (numpy.fromfile(path + 'raw', 'u2') == numpy.arange(count, dtype='u2')).all()
        """, arguments: [target.path(), "\(count)", try #require(target("VFILEPATH", "matrix").text)])
    // What the first one brought is as it was.
    #expect(try Files.read(target.path("matrix.npy")).count == 128 + 24 * count)
  }
}
