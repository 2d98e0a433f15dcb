import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// `MMAP.INFO`.
struct InformationTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  private static let fields = [
    "path", "file", "type", "itemsize", "format", "readonly", "version", "count", "shape", "capacity", "mapped_bytes",
    "state",
  ]

  private func information(_ key: String = "a") throws -> Reply { try server.connection("MMAP.INFO", key) }

  @Test("the fields", arguments: ElementCase.all, Format.allCases)
  func fields(type: ElementCase, format: Format) throws {
    try server.makeArray("a", type.name, format, type.samples)
    let reply = try information()
    let names = try #require(reply.elements).enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element.text)
    #expect(names.compactMap { $0 }.sorted() == InformationTests.fields.sorted())
    let count = type.samples.count
    let innerRoot = try server.connection("CONFIG", "GET", "mmaparray.root")["mmaparray.root"]?.text ?? ""
    for (name, value) in [
      ("path", .bulk("a")), ("file", .bulk("\(innerRoot)/a")), ("type", .bulk(type.name)),
      ("itemsize", .integer(type.size)), ("format", .bulk(format.rawValue)), ("readonly", .integer(0)),
      ("count", .integer(count)), ("shape", .integers([count])), ("state", .bulk("attached")),
    ] as [(String, Reply)] {
      #expect(reply[name] == value, "\(name)")
    }
    let (capacity, mapped) = try (Int(reply["capacity"] ?? .null), Int(reply["mapped_bytes"] ?? .null))
    #expect(capacity >= count)
    #expect(try mapped == server.bytes("a").count && mapped >= format.size(type, count))
  }

  @Test("a map in RESP3, and nothing for a key that does not exist")
  func protocols() throws {
    try server.makeArray()
    let connection = try server.live.connect(protocolVersion: .resp3)
    guard case .map(let entries) = try connection("MMAP.INFO", "a") else {
      Issue.record("it is no map")
      return
    }
    #expect(entries.compactMap(\.key.text).sorted() == InformationTests.fields.sorted())
    #expect(try connection("MMAP.INFO", "missing") == .null)
    #expect(try server("MMAP.INFO", "missing") == .null)
    try server("SET", "text", "x")
    #expect(try server("MMAP.INFO", "text") == .wrongType)
  }

  @Test("READONLY is shown, for each key")
  func readOnly() throws {
    try server.makeArray()
    try server("MMAP", "r", "a", "READONLY")
    #expect(try information("r")["readonly"] == .integer(1))
    #expect(try information("a")["readonly"] == .integer(0))
  }

  @Test("what is mapped grows with the file, and spare room is shown")
  func sizes() throws {
    try server.makeArray("a", "f64")
    #expect(try information()["mapped_bytes"] == .integer(128))
    try server("MMAP.RESIZE", "a", 100_000)
    let reply = try information()
    #expect(try Int(reply["mapped_bytes"] ?? .null) >= 800_128)
    try server("MMAP.FILL", "a", 0, -1, 1)
    #expect(try Int(information()["mapped_bytes"] ?? .null) >= 800_128)
    try server("VCLEAR", "a")
    #expect(try Int(information()["mapped_bytes"] ?? .null) < 10_000)
  }

  @Test("a sparse file of a tebibyte is described as fast as any: nothing looks at its pages")
  func sparse() throws {
    try Shell.run("truncate --size=1T '\(server.path("a"))'")
    #expect(try server("MMAP", "a", "a", "u8") == .integer(1 << 40))
    #expect(try information()["count"] == .integer(1 << 40))
    // mincore(2) and cachestat(2) would: and Debian's units for the servers end a process that calls them.
    let imports = try Program.run(["objdump", "-T", #require(Environment.module)])
    #expect(imports.contains(" mmap") && !imports.contains("mincore") && !imports.contains("cachestat"))
  }

  @Test("a file that is replaced goes on being served, until it is mapped again", arguments: Format.allCases)
  func replaced(format: Format) throws {
    try server.makeArray("a", "i8", format, [1, 2])
    try server.makeArray("other", "i8", format, [7])
    try server("DEL", "other")
    #expect(rename(server.path("other"), server.path("a")) == 0)
    #expect(try information()["state"] == .bulk("replaced"))
    #expect(try server("VALL", "a") == .integers([1, 2]))
    #expect(try server("MMAP.ADD", "a", 3) == .integer(1))
    #expect(try server("VCOUNT", "a") == .integer(3))
    try server("DEL", "a")
    try server("MMAP", "a", "a", "i8")
    #expect(try server("VALL", "a") == .integers([7]))
    #expect(try information()["state"] == .bulk("attached"))
    #expect(unlink(server.path("a")) == 0)
    #expect(try information()["state"] == .bulk("replaced"))
  }

  @Test("a binding whose file is missing is detached, and says why")
  func detached() throws {
    try server.makeArray("a", "i8", .npy, [1, 2])
    try server("SAVE")
    server.live.kill()
    #expect(rename(server.path("a"), server.path("elsewhere")) == 0)
    try server.start()
    let reply = try information()
    for (name, value) in [
      ("state", "detached"), ("path", "a"), ("type", "i8"), ("format", "npy"),
    ] {
      #expect(reply[name] == .bulk(value), "\(name)")
    }
    #expect(reply["reason"]?.text?.isEmpty == false)
    let error = try server.failure(["MMAP.AGG", "a", "0", "-1", "SUM"])
    #expect(error.hasPrefix("ERR ") && error.contains("'a'"), "\(error)")
    #expect(rename(server.path("elsewhere"), server.path("a")) == 0)
    #expect(try information()["state"] == .bulk("attached"))
    #expect(try server("MMAP.AGG", "a", 0, -1, "SUM") == .integers([3]))
  }
}
