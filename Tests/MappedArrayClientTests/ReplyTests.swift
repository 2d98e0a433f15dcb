import CHiredis
import Dispatch
import Glibc
import MappedArrayClient
import Testing

struct ReplyTests {
  /// What either version has.
  private static let common: [(String, Reply)] =
    [
      ("+OK\r\n", .status("OK")),
      ("+\r\n", .status("")),
      ("-ERR no such key\r\n", .error(ServerError(code: "ERR", message: "no such key"))),
      ("-OOPS\r\n", .error(ServerError(code: "OOPS", message: ""))),
      (":0\r\n", .integer(0)),
      (":9223372036854775807\r\n", .integer(.max)),
      (":-9223372036854775808\r\n", .integer(.min)),
      ("$0\r\n\r\n", .bulk("")),
      ("$4\r\na\r\nb\r\n", .bulk("a\r\nb")),
      ("$70000\r\n" + String(repeating: "x", count: 70_000) + "\r\n", .bulk(String(repeating: "x", count: 70_000))),
      ("$-1\r\n", .null),
      ("*-1\r\n", .null),
      ("*0\r\n", .array([])),
      ("*2\r\n*1\r\n$-1\r\n-ERR\r\n", .array([.array([.null]), .error(ServerError(code: "ERR", message: ""))])),
      ("*3\r\n*0\r\n*-1\r\n*1\r\n*0\r\n", .array([.array([]), .null, .array([.array([])])])),
      (
        "*3000\r\n" + String(repeating: "$1\r\na\r\n", count: 3000),
        .array(Array(repeating: .bulk("a"), count: 3000))
      ),
    ] + [1, 7, 8, 9, 10, 30, 62].flatMap { [nested($0), nested($0, isNarrow: true)] }

  /// What only RESP3 has.
  private static let new: [(String, Reply)] = [
    ("!10\r\nBUSY a\r\nb!\r\n", .error(ServerError(code: "BUSY", message: "a\r\nb!"))),
    ("_\r\n", .null),
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
    ("%0\r\n", .map([])),
    ("~2\r\n:1\r\n#t\r\n", .set([.integer(1), .boolean(true)])),
    (">1\r\n+news\r\n", .push([.status("news")])),
    ("|1\r\n+ttl\r\n:9\r\n|0\r\n:1\r\n", .integer(1)),
  ]

  /// What no version of hiredis reads, which matters where RESP3 is left to it.
  private static let ours: [(String, Reply)] = [
    (":+12\r\n", .integer(12)),
    ("*2\r\n|1\r\n*1\r\n|0\r\n+a\r\n,1\r\n:1\r\n:2\r\n", .array([.integer(1), .integer(2)])),
    ("*1\r\n!3\r\nERR\r\n", .array([.error(ServerError(code: "ERR", message: ""))])),
  ]

  static let replies: [(String, Reply)] = common + new + (reply_reader_knows_resp3() ? [] : ours)

  /// Arrays in each other, with elements before and behind that are arrays too.
  private static func nested(_ depth: Int, isNarrow: Bool = false) -> (String, Reply) {
    guard depth > 0 else { return (":1\r\n", .integer(1)) }
    let (text, reply) = nested(depth - 1, isNarrow: isNarrow)
    if isNarrow { return ("*1\r\n" + text, .array([reply])) }
    return (
      "*4\r\n$1\r\na\r\n*-1\r\n" + text + "*1\r\n$-1\r\n", .array([.bulk("a"), .null, reply, .array([.null])])
    )
  }

  /// A reply as one version has it.
  struct Case: Sendable, CustomTestStringConvertible {
    let version: ProtocolVersion
    let text: String
    let reply: Reply

    var testDescription: String { "\(version) \(text.prefix(40).debugDescription)" }
  }

  private static let cases: [Case] =
    common.map { Case(version: .resp2, text: $0.0, reply: $0.1) }
    + replies.map { Case(version: .resp3, text: $0.0, reply: $0.1) }

  @Test("every kind of reply", arguments: cases)
  func kinds(_ expected: Case) throws {
    let connection = try Connection.receiving(expected.text + "+next\r\n", expected.version)
    #expect(try connection.readReply() == expected.reply)
    #expect(try connection.readReply() == .status("next"))
    #expect(throws: ClientError.connection(code: ECONNRESET, message: "the server closed the connection")) {
      try connection.readReply()
    }
  }

  @Test("a reply that is discarded is read to its end", arguments: cases)
  func discarding(_ expected: Case) throws {
    let connection = try Connection.receiving(expected.text + "+after\r\n+next\r\n", expected.version)
    let isPush = expected.reply.kind == "push"
    let isError = expected.reply.kind == "error"
    #expect(try connection.discardReplies(isPush ? 0 : 1) == (isError ? 1 : 0))
    // A push is no reply to a command: it is discarded with the next.
    if isPush { #expect(try connection.discardReplies(1) == 0) }
    if !isPush { #expect(try connection.readReply() == .status("after")) }
    #expect(try connection.readReply() == .status("next"))
  }

  @Test("replies that arrive byte by byte", arguments: ProtocolVersion.allCases)
  func byteByByte(version: ProtocolVersion) throws {
    let (connection, peer) = try Connection.pair(timeout: .seconds(10), version)
    let cases = Self.cases.filter { $0.version == version && $0.text.utf8.count < 1000 }
    let text = cases.map(\.text).joined()
    DispatchQueue.global().async {
      for byte in text.utf8 { try? peer.send([byte]) }
    }
    for expected in cases {
      #expect(try connection.readReply() == expected.reply, "\(expected.text)")
    }
  }

  @Test("replies that arrive at once, read in every way there is", arguments: ProtocolVersion.allCases)
  func allAtOnce(version: ProtocolVersion) throws {
    let cases = Self.cases.filter { $0.version == version }
    let (connection, peer) = try Connection.pair(timeout: .seconds(10), version)
    DispatchQueue.global().async {
      for expected in cases { try? peer.send(Array((expected.text + "$6\r\nbinary\r\n+skipped\r\n").utf8)) }
    }
    for expected in cases {
      #expect(try connection.readReply() == expected.reply, "\(expected)")
      #expect(try connection.readBulk(of: UInt16.self)?.count == 3, "\(expected)")
      #expect(try connection.discardReplies(1) == 0, "\(expected)")
    }
  }

  /// Bytes that are no reply to any reader.
  private static let malformed: [String] = [
    "\r\n", "hi\r\n", "\n", ":\r\n", ":-\r\n", ":1a\r\n", ":9223372036854775808\r\n",
    ":-9223372036854775809\r\n", ":99999999999999999999\r\n", "$-2\r\n", "$x\r\n", "$?\r\n", "*-2\r\n", "*x\r\n",
    String(repeating: "*1\r\n", count: 1000),
  ]

  /// More that are none, which hiredis may wait to the end of, or take for something.
  private static let malformedToUs: [String] = [
    "+OK\n", "$1\r\nab\r\n", "$2\r\na\r\n\r\n", "$0\r\nab", "!-1\r\n", "=-1\r\n", "=3\r\ntxt\r\n", "=4\r\nabcd\r\n",
    "%-1\r\n", "%9223372036854775807\r\n", "~-1\r\n", ">-1\r\n", "#x\r\n", "#\r\n", "#tt\r\n", "_x\r\n", ",\r\n",
    ",1.2.3\r\n", ",0x10\r\n", ", 1\r\n", "(\r\n", "(1.5\r\n", "(-\r\n", "|-1\r\n",
    "+" + String(repeating: "a", count: 1 << 16),
  ]

  /// Bytes with the version that they are malformed in.
  private static let violations: [(String, ProtocolVersion)] =
    malformed.flatMap { text in ProtocolVersion.allCases.map { (text, $0) } }
    + (reply_reader_knows_resp3()
      ? [] : malformedToUs.map { ($0, .resp3) } + new.map { ($0.0, .resp2) })

  @Test("what is not RESP", arguments: violations)
  func refuses(text: String, version: ProtocolVersion) throws {
    let connection = try Connection.receiving(text, version)
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
      ("$9223372036854775807\r\nabc", .resp2), ("$4611686018427387904\r\n", .resp2), ("*2147483647\r\n:1\r\n", .resp2),
      (String(repeating: "*2147483647\r\n", count: 8), .resp2), ("$9223372036854775807\r\nabc", .resp3),
      ("$4611686018427387904\r\n", .resp3), ("*2147483647\r\n:1\r\n", .resp3), ("%1073741823\r\n:1\r\n", .resp3),
      (String(repeating: "*2147483647\r\n", count: 60), .resp3), ("|4611686018427387902\r\n:1\r\n", .resp3),
      ("!9223372036854775807\r\n", .resp3),
    ] as [(String, ProtocolVersion)])
  func announced(text: String, version: ProtocolVersion) throws {
    let connection = try Connection.receiving(text, version)
    #expect(throws: ClientError.connection(code: ECONNRESET, message: "the server closed the connection")) {
      try connection.readReply()
    }
    #expect(throws: ClientError.self) { try Connection.receiving(text, version).discardReplies(1) }
    #expect(throws: ClientError.self) { try Connection.receiving(text, version).readBulk(of: Double.self) }
  }

  @Test(
    "lengths that nothing can have", .enabled(if: !reply_reader_knows_resp3()),
    arguments: [
      "*9223372036854775807\r\n:1\r\n", "%4611686018427387902\r\n:1\r\n",
      String(repeating: "*9223372036854775807\r\n", count: 60),
    ])
  func impossible(text: String) throws {
    #expect(throws: ClientError.connection(code: ECONNRESET, message: "the server closed the connection")) {
      try Connection.receiving(text).readReply()
    }
    #expect(throws: ClientError.self) { try Connection.receiving(text).discardReplies(1) }
  }

  @Test("nesting is limited where replies are kept, and costs no stack where they are not")
  func nesting() throws {
    let deepest = String(repeating: "*1\r\n", count: 63) + ":1\r\n"
    #expect(try Connection.receiving(deepest).readReply().kind == "array")
    let deep = String(repeating: "*1\r\n", count: 20_000) + ":1\r\n:2\r\n"
    let connection = try Connection.receiving(deep)
    #expect(try connection.discardReplies(1) == 0)
    #expect(try connection.readReply() == .integer(2))
    let deeper = String(repeating: "*1\r\n", count: 65) + ":1\r\n"
    for version in ProtocolVersion.allCases {
      #expect(throws: ClientError.self) { try Connection.receiving(deeper, version).readReply() }
    }
    let attributes = String(repeating: "|1\r\n", count: 20_000)
    #expect(throws: ClientError.self) { try Connection.receiving(attributes).readReply() }
  }
}
