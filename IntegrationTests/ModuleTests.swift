import LiveServer
import MappedArrayClient
import Testing

/// A server with the module, for one test.
struct ModuleTests {
  let server: LiveServer

  init() throws {
    let module: String = try #require(Environment.module, "set MMAPARRAY_MODULE, or run `make test`")
    server = try LiveServer(module: module)
  }

  @Test("the module loads")
  func loads() throws {
    #expect(try server.connect()("VCOUNT", "nothing", as: Int.self) == 0)
  }

  @Test("its version is the same wherever it is shown, and that of the packages")
  func version() throws {
    let connection = try server.connect(protocolVersion: .resp2)
    let folder = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
    let text = try Program.run(["\(folder)/Scripts/version"]).split(whereSeparator: \.isNewline).joined()
    let numbers = text.split(separator: ".").compactMap { Int($0) }
    try #require(numbers.count == 3)
    #expect(try connection("INFO", "mmaparray", as: String.self).contains("mmaparray_version:\(text)\r\n"))
    try connection("MMAP", "a", "a")
    #expect(try connection("MMAP.INFO", "a")["version"] == .bulk(text))
    let modules = try #require(connection("MODULE", "LIST").elements)
    let module = try #require(modules.first { $0["name"] == .bulk("mmaparray") })
    #expect(module["ver"] == .integer(numbers[0] * 10_000 + numbers[1] * 100 + numbers[2]))
  }
}
