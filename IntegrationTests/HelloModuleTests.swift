import LiveServer
import MappedArrayClient
import Testing

/// The smallest module on `ServerModule`, which `make` puts beside the other: it shows that the façade serves others too.
struct HelloModuleTests {
  private func start(_ configuration: [(String, String)] = []) throws -> LiveServer {
    let module = try #require(Environment.module)
    let folder = module.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    return try LiveServer(module: (folder.isEmpty ? "." : folder) + "/hello.so", configuration: configuration)
  }

  @Test("it is forty lines")
  func length() throws {
    let root = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
    let text = try Files.text(root + "/Sources/Examples/HelloModule/HelloModule.swift")
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().count <= 40)
  }

  @Test("its command greets, and refuses what it does not know")
  func greets() throws {
    let server = try start()
    let connection = try server.connect()
    #expect(try connection("GREET", "key", "Ada") == .bulk("Hello, Ada"))
    #expect(try connection("GREET", "key", "Ada", "loud") == .bulk("HELLO, ADA!"))
    #expect(try connection("GREET", "key", "Ada", "soft").errorText == "ERR 'soft' is no LOUD: give that or nothing")
    #expect(try connection("GREET", "key").errorText?.contains("wrong number of arguments") == true)
    #expect(try connection("GREET", "key", "Ada", "LOUD", "x").errorText != nil)
    #expect(try connection("COMMAND", "GETKEYS", "GREET", "key", "Ada") == .array([.bulk("key")]))
  }

  @Test("its setting is the server's")
  func setting() throws {
    let server = try start([("hello.greeting", "Welcome")])
    let connection = try server.connect()
    #expect(try connection("GREET", "key", "Ada") == .bulk("Welcome, Ada"))
    #expect(try connection("CONFIG", "GET", "hello.greeting") == .array([.bulk("hello.greeting"), .bulk("Welcome")]))
  }
}
