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

  @Test(
    "its command greets, and refuses what it does not know",
    arguments: [
      (["Ada"], "Hello, Ada"), (["Ada", "loud"], "HELLO, ADA!"),
      (["Ada", "soft"], "ERR 'soft' is no LOUD: give that or nothing"),
      ([], "ERR wrong number of arguments for 'GREET' command"),
    ])
  func greets(words: [String], expected: String) throws {
    let server = try start()
    let reply = try server.connect().send((["GREET", "key"] + words).map(\.argument))
    #expect(reply == .bulk(expected) || reply.errorText?.lowercased() == expected.lowercased(), "\(reply)")
  }

  @Test("the server knows its key")
  func key() throws {
    let server = try start()
    #expect(try server.connect()("COMMAND", "GETKEYS", "GREET", "key", "Ada") == .array([.bulk("key")]))
  }

  @Test("its setting is the server's")
  func setting() throws {
    let server = try start([("hello.greeting", "Welcome")])
    let connection = try server.connect()
    #expect(try connection("GREET", "key", "Ada") == .bulk("Welcome, Ada"))
    let entry = Reply.Entry(key: .bulk("hello.greeting"), value: .bulk("Welcome"))
    #expect(try connection("CONFIG", "GET", "hello.greeting") == .map([entry]))
    let refusal = try connection.send(["CONFIG", "SET", "hello.greeting", "x"].map(\.argument))
    #expect(refusal.errorText?.contains("immutable") == true, "\(refusal)")
  }
}
