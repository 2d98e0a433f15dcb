import LiveServer
import Testing

@Test("the module loads")
func moduleLoads() throws {
  let module: String = try #require(Environment.module, "set MMAPARRAY_MODULE, or run `make test`")
  let connection = try LiveServer(module: module).connect()
  #expect(try connection("VCOUNT", "nothing", as: Int.self) == 0)
}
