import Dispatch
import Glibc
import MappedArrayClient
import Testing

struct ReplyTests {
  static let replies: [(String, Reply)] = [
    ("+OK\r\n", .status("OK")),
    ("+\r\n", .status("")),
    ("-ERR no such key\r\n", .error(ServerError(code: "ERR", message: "no such key"))),
    ("-OOPS\r\n", .error(ServerError(code: "OOPS", message: ""))),
    ("!10\r\nBUSY a\r\nb!\r\n", .error(ServerError(code: "BUSY", message: "a\r\nb!"))),
    (":0\r\n", .integer(0)),
    (":+12\r\n", .integer(12)),
    (":9223372036854775807\r\n", .integer(.max)),
    (":-9223372036854775808\r\n", .integer(.min)),
    ("$0\r\n\r\n", .bulk("")),
    ("$4\r\na\r\nb\r\n", .bulk("a\r\nb")),
    ("$-1\r\n", .null),
    ("*-1\r\n", .null),
    ("_\r\n", .null),
    ("*0\r\n", .array([])),
    ("*2\r\n*1\r\n$-1\r\n-ERR\r\n", .array([.array([.null]), .error(ServerError(code: "ERR", message: ""))])),
    (",0.1\r\n", .double(text: "0.1")),
    (",-1.5e+300\r\n", .double(text: "-1.5e+300")),
    (",inf\r\n", .double(text: "inf")),
    (",-inf\r\n", .double(text: "-inf")),
    (",nan\r\n", .double(text: "nan")),
    ("#t\r\n", .boolean(true)),
    ("#f\r\n", .boolean(false)),
    ("(-18446744073709551615\r\n", .bigNumber("-18446744073709551615")),
    ("=6\r\ntxt:ab\r\n", .verbatim(format: "txt", text: "ab")),
    ("%1\r\n+a\r\n:1\r\n", .map([.init(key: .status("a"), value: .integer(1))])),
    ("~2\r\n:1\r\n#t\r\n", .set([.integer(1), .boolean(true)])),
    (">1\r\n+news\r\n", .push([.status("news")])),
    ("|1\r\n+ttl\r\n:9\r\n|0\r\n:1\r\n", .integer(1)),
    ("*2\r\n|1\r\n*1\r\n|0\r\n+a\r\n,1\r\n:1\r\n:2\r\n", .array([.integer(1), .integer(2)])),
  ]

  @Test("every kind of reply", arguments: replies)
  func kinds(text: String, expected: Reply) throws {
    let connection = try Connection.receiving(text + "+next\r\n")
    #expect(try connection.readReply() == expected)
    #expect(try connection.readReply() == .status("next"))
    #expect(throws: ClientError.connection(code: ECONNRESET, message: "the server closed the connection")) {
      try connection.readReply()
    }
  }

  @Test("a reply that is discarded is read to its end", arguments: replies)
  func discarding(text: String, expected: Reply) throws {
    let connection = try Connection.receiving(text + "+after\r\n+next\r\n")
    let isPush = expected.kind == "push"
    let isError = expected.kind == "error"
    #expect(try connection.discardReplies(isPush ? 0 : 1) == (isError ? 1 : 0))
    // A push is no reply to a command: it is discarded with the next.
    if isPush { #expect(try connection.discardReplies(1) == 0) }
    if !isPush { #expect(try connection.readReply() == .status("after")) }
    #expect(try connection.readReply() == .status("next"))
  }

  @Test("replies that arrive byte by byte")
  func byteByByte() throws {
    let (connection, peer) = try Connection.pair(timeout: .seconds(10))
    let text = Self.replies.map(\.0).joined()
    DispatchQueue.global().async {
      for byte in text.utf8 { try? peer.send([byte]) }
    }
    for (text, expected) in Self.replies {
      #expect(try connection.readReply() == expected, "\(text)")
    }
  }

  @Test(
    "what is not RESP",
    arguments: [
      "\r\n", "hi\r\n", "\n", "+OK\n", ":\r\n", ":-\r\n", ":1a\r\n", ":9223372036854775808\r\n",
      ":-9223372036854775809\r\n", ":99999999999999999999\r\n", "$-2\r\n", "$x\r\n", "$1\r\nab\r\n",
      "$2\r\na\r\n\r\n", "$0\r\nab", "*-2\r\n", "!-1\r\n", "=-1\r\n", "=3\r\ntxt\r\n", "=4\r\nabcd\r\n", "%-1\r\n",
      "%9223372036854775807\r\n", "~-1\r\n", ">-1\r\n", "#x\r\n", "#\r\n", "#tt\r\n", "_x\r\n", ",\r\n", ",1.2.3\r\n",
      ",0x10\r\n", ", 1\r\n", "(\r\n", "(1.5\r\n", "(-\r\n", "|-1\r\n", "$?\r\n",
      String(repeating: "*1\r\n", count: 1000),
      "+" + String(repeating: "a", count: 1 << 16),
    ])
  func malformed(text: String) throws {
    let connection = try Connection.receiving(text)
    let first = try #require(throws: ClientError.self) { try connection.readReply() }
    guard case .protocolViolation = first else {
      Issue.record("\(first)")
      return
    }
    // The connection is of no use any more, and says so again.
    #expect(throws: first) { try connection.send(["PING"]) }
  }

  @Test(
    "announced lengths are not believed",
    arguments: [
      "$9223372036854775807\r\nabc", "$4611686018427387904\r\n", "*9223372036854775807\r\n:1\r\n",
      "%4611686018427387902\r\n:1\r\n", String(repeating: "*9223372036854775807\r\n", count: 60),
      "|4611686018427387902\r\n:1\r\n", "!9223372036854775807\r\n",
    ])
  func announced(text: String) throws {
    let connection = try Connection.receiving(text)
    #expect(throws: ClientError.connection(code: ECONNRESET, message: "the server closed the connection")) {
      try connection.readReply()
    }
    #expect(throws: ClientError.self) { try Connection.receiving(text).discardReplies(1) }
    #expect(throws: ClientError.self) { try Connection.receiving(text).readBulk(of: Double.self) }
  }

  @Test("nesting is limited where replies are kept, and costs no stack where they are not")
  func nesting() throws {
    let deepest = String(repeating: "*1\r\n", count: 63) + ":1\r\n"
    #expect(try Connection.receiving(deepest).readReply().kind == "array")
    let deep = String(repeating: "*1\r\n", count: 20_000) + ":1\r\n:2\r\n"
    let connection = try Connection.receiving(deep)
    #expect(try connection.discardReplies(1) == 0)
    #expect(try connection.readReply() == .integer(2))
    let attributes = String(repeating: "|1\r\n", count: 20_000)
    #expect(throws: ClientError.self) { try Connection.receiving(attributes).readReply() }
  }
}
