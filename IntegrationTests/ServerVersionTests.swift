import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// What differs from server to server. All other tests run on each of them unchanged: see `make test-servers`.
struct ServerVersionTests {
  @Test("the server is the one that the matrix names", .enabled(if: getenv("MMAPARRAY_TEST_VERSION") != nil))
  func version() throws {
    let expected = try #require(getenv("MMAPARRAY_TEST_VERSION").map { String(cString: $0) })
    let server = try ModuleServer()
    #expect(try ServerVersion(server.connection).description.hasPrefix(expected))
  }

  @Test("short names are there, but for those that belong to the server")
  func shortNames() throws {
    let server = try ModuleServer()
    let ownNames = try ServerVersion(server.connection).ownNames
    let all = Set(DescribedCommand.all.flatMap(\.names)).filter { $0.hasPrefix("V") }
    let members = try server.connection("COMMAND", "LIST", "FILTERBY", "MODULE", "mmaparray", as: [String].self)
    #expect(Set(members.map { $0.uppercased() }.filter { $0.hasPrefix("V") }) == all.subtracting(ownNames))
    #expect(server.live.log.ranges(of: "belongs to the server").count == ownNames.count)
    for name in ownNames {
      #expect(server.live.log.contains("\(name) belongs to the server here: use MMAP."))
    }
  }

  @Test("a short name that belongs to the server does the server's work")
  func vectorSet() throws {
    let server = try ModuleServer()
    guard try ServerVersion(server.connection).has(.vectorSets) else { return }
    try server("MMAP", "a", "file")
    #expect(try server("VADD", "a", 1).errorText?.contains("wrong number of arguments") == true)
    #expect(try server("VADD", "a", "VALUES", 2, 1, 0, "element") == .wrongType)
    #expect(try server("VADD", "set", "VALUES", 2, 1, 0, "element") == .integer(1))
    #expect(try server("MMAP.COUNT", "set") == .wrongType)
    #expect(try server("MMAP.COUNT", "a") == .integer(0))
  }

  @Test("it loads without any environment, as start scripts may leave it")
  func noEnvironment() throws {
    let server = try ModuleServer(program: ["/usr/bin/env", "-i"] + Environment.program)
    let environment = try Files.read("/proc/\(server.live.processIdentifier)/environ")
    #expect(!String(decoding: environment, as: UTF8.self).contains("PATH="))
    try server("MMAP", "a", "file")
    #expect(try server("MMAP.ADD", "a", 1) == .integer(1))
  }

  @Test("RESP3's doubles have the shortest text, where the server writes it", arguments: ["f32", "f64"])
  func doubles(type: String) throws {
    let server = try ModuleServer(protocolVersion: .resp3)
    guard try ServerVersion(server.connection).has(.shortestDoubles) else { return }
    try server("MMAP", "a", "file", type)
    let texts = ["50", "0.1", "-2.5", "1e+30", "inf", "-inf", "nan", "-0"]
    try server.send(["MMAP.ADD", "a"] + texts)
    #expect(try server("MMAP.ALL", "a") == .array(texts.map { .double(text: $0) }))
  }

  @Test("the module needs no newer libraries than RHEL 9 has")
  func symbolVersions() throws {
    let folder = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
    let module = try #require(Environment.module)
    #expect(try Program.run([folder + "/Scripts/symbols", module]) == "")
  }
}
