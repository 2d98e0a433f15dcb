import LiveServer
import MappedArrayClient
import Testing

struct BulkTests {
  let server: LiveServer

  init() throws { server = try LiveServer(configuration: [("proto-max-bulk-len", "1gb")]) }

  @Test("bulk strings of any size come whole", arguments: ProtocolVersion.allCases)
  func sizes(version: ProtocolVersion) throws {
    let connection = try server.connect(protocolVersion: version)
    for size in [0, 1, 65_530, 65_535, 65_536, 65_537, 1_000_003] {
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
      try connection("SET", "blob", bytes)
      #expect(try connection("GET", "blob", as: [UInt8].self) == bytes)
      #expect(try connection("STRLEN", "blob", as: Int.self) == size)
    }
  }

  @Test("packed elements come as an array", arguments: ProtocolVersion.allCases)
  func elements(version: ProtocolVersion) throws {
    let connection = try server.connect(protocolVersion: version)
    let numbers = (0..<300_000).map { Double($0) / 7 }
    try connection.append(["SET", "numbers"], payload: numbers.span.bytes)
    try connection.append(["GET", "numbers"])
    try connection.append(["GET", "nothing"])
    try connection.append(["PING"])
    try connection.flush()
    #expect(try connection.readReply() == .status("OK"))
    #expect(try connection.readBulk(of: Double.self) == numbers)
    #expect(try connection.readBulk(of: Double.self) == nil)
    #expect(try connection.readReply() == .status("PONG"))
  }

  @Test("more bytes than are allocated on trust")
  func large() throws {
    let connection = try server.connect()
    let size = 300 << 20
    try connection("SETBIT", "large", size * 8 - 1, 1)
    try connection.append(["GET", "large"])
    try connection.flush()
    let words = try #require(try connection.readBulk(of: UInt64.self))
    #expect(words.count == size / 8)
    #expect(words.last == 1 << 56)
    // Zeros, looked at where pieces may have been joined and in between.
    #expect(stride(from: 0, to: words.count - 1, by: 4093).allSatisfy { words[$0] == 0 })
  }

  @Test("a bulk string goes into the caller's memory", arguments: ProtocolVersion.allCases)
  func destination(version: ProtocolVersion) throws {
    let connection = try server.connect(protocolVersion: version)
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
    try connection("SET", "blob", bytes)
    for _ in 0..<3 { try connection.append(["GET", "blob"]) }
    try connection.append(["LPUSH", "blob", "1"])
    try connection.append(["STRLEN", "blob"])
    try connection.append(["GET", "nothing"])
    try connection.flush()
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 7, alignment: 8)
    defer { memory.deallocate() }
    #expect(try connection.readBulk(into: memory) == bytes.count)
    #expect(memory.prefix(bytes.count).elementsEqual(bytes))
    let mismatch = ClientError.typeMismatch(expected: "99999 bytes or fewer", found: "100000 bytes")
    #expect(throws: mismatch) {
      try connection.readBulk(into: UnsafeMutableRawBufferPointer(rebasing: memory[..<99_999]))
    }
    #expect(try connection.readBulk(of: UInt8.self) == bytes)
    #expect(throws: ClientError.server(code: "WRONGTYPE", message: Self.wrongType)) {
      try connection.readBulk(into: memory)
    }
    // 100000 is a reply of another kind.
    #expect(throws: ClientError.typeMismatch(expected: "bulk string", found: "integer 100000")) {
      try connection.readBulk(of: Double.self)
    }
    #expect(try connection.readBulk(into: memory) == nil)
    #expect(try connection("PING") == .status("PONG"))
  }

  @Test("a part of an element is refused, and read to its end", arguments: ProtocolVersion.allCases)
  func partOfElement(version: ProtocolVersion) throws {
    let connection = try server.connect(protocolVersion: version)
    try connection("SET", "odd", "123456789")
    try connection.append(["GET", "odd"])
    try connection.append(["PING"])
    try connection.flush()
    #expect(throws: ClientError.typeMismatch(expected: "a multiple of 8 bytes", found: "9 bytes")) {
      try connection.readBulk(of: Int64.self)
    }
    #expect(try connection.readReply() == .status("PONG"))
  }

  @Test("an array of bulk strings, each into an array", arguments: ProtocolVersion.allCases)
  func arrayOfBulks(version: ProtocolVersion) throws {
    let connection = try server.connect(protocolVersion: version)
    let numbers = (0..<100_000).map { UInt16(truncatingIfNeeded: $0) }
    try connection("SET", "odd", "123")
    try connection("SET", "none", "")
    try connection.append(["SET", "numbers"], payload: numbers.span.bytes)
    for words in [
      ["MGET", "numbers", "nobody", "none", "numbers"], ["MGET", "odd", "numbers"],
      ["EVAL", "return {1, redis.call('GET', 'numbers')}", "0"], ["LLEN", "numbers"], ["GET", "odd"],
    ] {
      try connection.append(words.map(\.argument))
    }
    try connection.append(["LRANGE", "nobody", "0", "-1"])
    try connection.append(["PING"])
    try connection.flush()
    #expect(try connection.readReply() == .status("OK"))
    #expect(try connection.readBulks(of: UInt16.self) == [numbers, nil, [], numbers])
    #expect(throws: ClientError.typeMismatch(expected: "a multiple of 2 bytes", found: "3 bytes")) {
      try connection.readBulks(of: UInt16.self)
    }
    #expect(throws: ClientError.typeMismatch(expected: "bulk string", found: "integer 1")) {
      try connection.readBulks(of: UInt16.self)
    }
    #expect(throws: ClientError.server(code: "WRONGTYPE", message: Self.wrongType)) {
      try connection.readBulks(of: UInt16.self)
    }
    #expect(throws: ClientError.typeMismatch(expected: "array", found: "bulk string 123")) {
      try connection.readBulks(of: UInt16.self)
    }
    #expect(try connection.readBulks(of: UInt16.self) == [])
    #expect(try connection.readReply() == .status("PONG"))
  }

  private static let wrongType = "Operation against a key holding the wrong kind of value"
}
