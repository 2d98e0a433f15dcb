import Glibc
import LiveServer
import MappedArrayClient
import Testing

struct ConnectionTests {
  let server: LiveServer

  init() throws {
    server = try LiveServer(
      configuration: [("requirepass", "secret"), ("user", "reader on >word ~* +@all")], listensOnTCP: true)
  }

  @Test("every kind of reply of a server")
  func kinds() throws {
    let connection = try server.connect()
    let expected: [(Argument, Reply)] = [
      ("string", .bulk("Hello World")), ("integer", .integer(12345)), ("double", .double(text: "3.141")),
      ("null", .null), ("array", .array([.integer(0), .integer(1), .integer(2)])),
      ("set", .set([.integer(0), .integer(1), .integer(2)])),
      ("map", .map((0..<3).map { .init(key: .integer($0), value: .boolean($0 == 1)) })),
      ("bignum", .bigNumber("1234567999999999999999999999999999999")), ("true", .boolean(true)),
      ("false", .boolean(false)), ("verbatim", .verbatim(format: "txt", text: "This is a verbatim\nstring")),
      ("attrib", .bulk("Some real reply following the attribute")),
    ]
    for (kind, reply) in expected {
      #expect(try connection.send(["DEBUG", "PROTOCOL", kind]) == reply)
    }
    let old = try server.connect(protocolVersion: .resp2)
    #expect(try old("DEBUG", "PROTOCOL", "double", as: Double.self) == 3.141)
    #expect(try old("DEBUG", "PROTOCOL", "null", as: Double?.self) == nil)
    #expect(try old("DEBUG", "PROTOCOL", "true", as: Bool.self))
    #expect(try old("DEBUG", "PROTOCOL", "map")["1"] == .integer(1))
  }

  @Test("a socket that has no room for more clients: who connects waits until it has, or the time is over")
  func fullBacklog() async throws {
    let server = try LiveServer(configuration: [("tcp-backlog", "1")])
    kill(server.processIdentifier, SIGSTOP)
    var clients: [Connection] = []
    #expect(throws: ClientError.timeout) {
      for _ in 0..<100 {
        // Nothing is sent yet.
        clients.append(try server.connect(timeout: .milliseconds(50), protocolVersion: .resp2))
      }
    }
    #expect(clients.count < 100)
    let waiting = Task.detached { try server.connect(protocolVersion: .resp2).send(["PING"]) }
    // Time to be refused in, for one who does not wait.
    usleep(50_000)
    kill(server.processIdentifier, SIGCONT)
    #expect(try await waiting.value == .status("PONG"))
  }

  @Test("messages that are no replies to commands don't shift the replies")
  func pushes() throws {
    let connection = try server.connect()
    #expect(try connection("DEBUG", "PROTOCOL", "push") == .bulk("Some real reply following the push reply"))
    let received = Received()
    connection.onPush = { received.messages.append($0) }
    let replies = try connection.pipeline {
      $0("DEBUG", "PROTOCOL", "push")
      $0("PING")
    }
    #expect(replies == [.bulk("Some real reply following the push reply"), .status("PONG")])
    #expect(received.messages == [[.bulk("server-cpu-usage"), .integer(42)]])
    try connection.append(["SUBSCRIBE", "news"])
    try connection.flush()
    #expect(try connection.readReply() == .push([.bulk("subscribe"), .bulk("news"), .integer(1)]))
  }

  private final class Received {
    var messages: [[Reply]] = []
  }

  @Test("arguments are any bytes", arguments: ProtocolVersion.allCases)
  func arguments(version: ProtocolVersion) throws {
    let connection = try server.connect(protocolVersion: version)
    let bytes = (UInt8.min...UInt8.max).map { $0 } + Array("\r\n$3\r\n".utf8)
    let copied = Argument(copying: bytes.span.bytes)
    #expect(try connection.send(["ECHO", copied]) == .bulk(bytes))
    #expect(try connection("ECHO", bytes) == .bulk(bytes))
    #expect(try connection("ECHO", "") == .bulk(""))
    #expect(try connection("ECHO", [] as [UInt8]) == .bulk(""))
    #expect(try connection("ECHO", UInt64.max, as: UInt64.self) == .max)
    #expect(try connection("ECHO", -5, as: Int8.self) == -5)
    #expect(try connection("ECHO", 0.1, as: Double.self) == 0.1)
    #expect(try connection("ECHO", Float(0.1), as: String.self) == "0.1")
    #expect(try connection("ECHO", Double.infinity, as: Float.self) == .infinity)
    let many = (0..<100_000).map { Argument($0) }
    #expect(try connection.send(["RPUSH", "many"] + many) == .integer(many.count))
    #expect(try connection("LRANGE", "many", 0, -1, as: [Int].self) == Array(0..<many.count))
    #expect(throws: ClientError.protocolViolation("a command needs a name")) { try connection.send([]) }
    #expect(try connection("PING") == .status("PONG"))
  }

  @Test("values are read as the type asked for, or not at all")
  func values() throws {
    let connection = try server.connect()
    #expect(throws: ClientError.typeMismatch(expected: "Int8", found: "bulk string 300")) {
      try connection("ECHO", 300, as: Int8.self)
    }
    #expect(throws: ClientError.typeMismatch(expected: "Double", found: "status PONG")) {
      try connection("PING", as: Double.self)
    }
    #expect(throws: ClientError.typeMismatch(expected: "array", found: "bulk string a")) {
      try connection("ECHO", "a", as: [Int].self)
    }
    #expect(try connection("MGET", "a", "b", as: [Int?].self) == [nil, nil])
    #expect(try connection("SET", "a", 7, as: String.self) == "OK")
    #expect(try connection("GET", "a", as: Int.self) == 7)
  }

  @Test("errors of the server are returned by send, and thrown by the typed calls", arguments: ProtocolVersion.allCases)
  func serverErrors(version: ProtocolVersion) throws {
    let connection = try server.connect(protocolVersion: version)
    let text = "value is not an integer or out of range"
    try connection("SET", "a", "x")
    #expect(try connection.send(["INCR", "a"]) == .error(ServerError(code: "ERR", message: text)))
    #expect(throws: ClientError.server(code: "ERR", message: text)) { try connection("INCR", "a") }
    #expect(throws: ClientError.server(code: "ERR", message: text)) { try connection("INCR", "a", as: Int.self) }
    let replies = try connection.pipeline {
      $0("INCR", "a")
      $0.send(["INCR", "b"])
    }
    #expect(replies == [.error(ServerError(code: "ERR", message: text)), .integer(1)])
  }

  @Test("a pipeline of many commands", arguments: ProtocolVersion.allCases)
  func pipeline(version: ProtocolVersion) throws {
    let connection = try server.connect(protocolVersion: version)
    let replies = try connection.pipeline { pipeline in
      for index in 0..<20_000 { pipeline("ECHO", index) }
    }
    #expect(replies == (0..<20_000).map { .bulk(String($0)) })
    #expect(try connection.pipeline { _ in }.isEmpty)

    let command = try Connection.format(["INCR", "count"])
    for _ in 0..<1000 { try connection.append(formatted: command.span.bytes) }
    try connection.append(["INCR", "count", "oops"])
    try connection.flush()
    #expect(try connection.discardReplies(1001) == 1)
    #expect(try connection("GET", "count", as: Int.self) == 1000)
  }

  @Test("user, password and database", arguments: ProtocolVersion.allCases)
  func credentials(version: ProtocolVersion) throws {
    func connect(_ user: String?, _ password: String?, database: Int = 0) throws -> Connection {
      try Connection(
        to: server.address, timeout: .seconds(10), user: user, password: password, database: database,
        protocolVersion: version)
    }
    let reader = try connect("reader", "word", database: 3)
    #expect(try reader("ACL", "WHOAMI", as: String.self) == "reader")
    try reader("SET", "only", "in 3")
    let other = try connect(nil, "secret")
    #expect(try other("ACL", "WHOAMI", as: String.self) == "default")
    #expect(try other("EXISTS", "only", as: Bool.self) == false)
    for (user, password) in [("reader", "wrong"), ("nobody", "word"), (nil, "word")] as [(String?, String)] {
      let error = try #require(throws: ClientError.self) { try connect(user, password) }
      guard case .server("WRONGPASS", _) = error else {
        Issue.record("\(error)")
        continue
      }
    }
    #expect(throws: ClientError.server(code: "ERR", message: "DB index is out of range")) {
      try connect(nil, "secret", database: 99)
    }
  }

  @Test("over TCP")
  func tcp() throws {
    let port = try #require(server.port)
    let connection = try Connection(
      to: .tcp(host: "127.0.0.1", port: port), timeout: .seconds(10), password: "secret")
    #expect(try connection("PING") == .status("PONG"))
  }

  @Test("a server that does not reply in time")
  func timeout() throws {
    let connection = try server.connect(timeout: .milliseconds(50))
    #expect(throws: ClientError.timeout) { try connection("DEBUG", "SLEEP", 0.3) }
    // Its late reply must not be taken for that to another command.
    #expect(throws: ClientError.timeout) { try connection("PING") }
  }

  @Test("a server that is killed", arguments: [1, 1000])
  func killed(commands: Int) throws {
    let connection = try server.connect()
    #expect(try connection("PING") == .status("PONG"))
    server.kill()
    let large = [UInt8](repeating: 1, count: 100_000)
    let error = try #require(throws: ClientError.self) {
      try connection.pipeline { pipeline in
        for _ in 0..<commands { pipeline("ECHO", large) }
      }
    }
    guard case .connection(let code, _) = error, [EPIPE, ECONNRESET].contains(code) else {
      Issue.record("\(error)")
      return
    }
    #expect(throws: error) { try connection("PING") }
  }
}

struct UnreachableTests {
  @Test(
    "a server that can't be reached",
    arguments: [
      (.unix(path: "/nonexistent/socket"), ENOENT), (.unix(path: String(repeating: "a", count: 108)), ENAMETOOLONG),
      (.unix(path: "/tmp\0/socket"), ENAMETOOLONG), (.tcp(host: "127.0.0.1", port: 1), ECONNREFUSED),
      (.tcp(host: "a\0b", port: 1), EINVAL), (.tcp(host: "name.invalid", port: 1), 0),
    ] as [(Address, Int32)], [nil, .seconds(10)] as [Duration?])
  func unreachable(server: (address: Address, code: Int32), timeout: Duration?) throws {
    let error = try #require(throws: ClientError.self) { try Connection(to: server.address, timeout: timeout) }
    guard case .connection(server.code, let message) = error, !message.isEmpty else {
      Issue.record("\(error)")
      return
    }
  }
}
