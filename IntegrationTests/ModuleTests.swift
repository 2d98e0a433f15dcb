import LiveServer
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
}
