import LiveServer
import MappedArrayClient
import Testing

/// `CONFIG` and `INFO`.
struct ConfigurationTests {
  @Test("the root is shown as it is, and cannot be changed at run time")
  func root() throws {
    let server = try ModuleServer()
    let shown = try server.connection("CONFIG", "GET", "mmaparray.*")["mmaparray.root"]?.text
    #expect(shown.map { Environment.outerPath($0) + "/" } == server.path())
    let error = try server.failure(["CONFIG", "SET", "mmaparray.root", "/tmp"])
    #expect(error.hasPrefix("ERR ") && error.contains("mmaparray.root"), "\(error)")
    #expect(try server.connection("CONFIG", "GET", "mmaparray.root")["mmaparray.root"]?.text == shown)
  }

  @Test("CONFIG REWRITE leaves a configuration that the server starts with", arguments: [false, true])
  func rewrite(hasArgument: Bool) throws {
    let elsewhere = try ModuleServer()
    let server = try ModuleServer(moduleArguments: hasArgument ? ["root", elsewhere.innerRoot() + "/below"] : [])
    try server.makeArray("a", "i8")
    #expect(try server("CONFIG", "REWRITE") == .ok)
    let root = try server.connection("CONFIG", "GET", "mmaparray.root")
    try server("SAVE")
    try server.restart(after: .shutdown(saving: true))
    #expect(try server.connection("CONFIG", "GET", "mmaparray.root") == root)
    #expect(try server("MMAP.ADD", "a", 1) == .integer(1))
  }

  @Test("the section of INFO counts arrays, bindings, mapped bytes and jobs")
  func information() throws {
    let server = try ModuleServer()
    func fields() throws -> [String: Int] {
      let text = try server.connection("INFO", "mmaparray", as: String.self)
      #expect(text.hasPrefix("# mmaparray\r\n"))
      let pairs = text.split(whereSeparator: \.isNewline).dropFirst().map { $0.split(separator: ":") }
      return Dictionary(pairs.map { (String($0[0]), Int($0[1]) ?? -1) }) { first, _ in first }
    }
    func expect(arrays: Int, bindings: Int, bytes: Int) throws {
      let fields = try fields()
      #expect(fields["mmaparray_arrays"] == arrays)
      #expect(fields["mmaparray_bindings"] == bindings)
      #expect(fields["mmaparray_mapped_bytes"] == bytes)
      #expect(fields["mmaparray_jobs"] == 0)
    }
    try expect(arrays: 0, bindings: 0, bytes: 0)
    try server.makeArray("a", "i8")
    try server("COPY", "a", "b")
    try server.makeArray("raw", "i32", .raw, [1, 2])
    try expect(arrays: 2, bindings: 3, bytes: 136)
    try server("DEL", "a", "raw")
    try expect(arrays: 1, bindings: 1, bytes: 128)
    try server("FLUSHALL", "SYNC")
    try expect(arrays: 0, bindings: 0, bytes: 0)
    #expect(try server.connection("INFO", "everything", as: String.self).contains("# mmaparray"))
  }
}
