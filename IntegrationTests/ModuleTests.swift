import LiveServer
import Testing

@Test("the module loads")
func moduleLoads() throws {
  let server = try LiveServer(module: try #require(Environment.module, "set MMAPARRAY_MODULE, or run `make test`"))
  let connection = try server.connect()
  #expect(try connection("VCOUNT", "nothing", as: Int.self) == 0)
}
