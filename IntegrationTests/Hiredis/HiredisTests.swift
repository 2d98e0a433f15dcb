import CHiredis
import CHiredisCalls
import LiveServer
import MappedArrayClient
import Testing

/// The module as programs in C see it that use hiredis.
struct HiredisTests {
  let server: ModuleServer
  let connection: PlainConnection
  private let version: ServerVersion

  init() throws {
    server = try ModuleServer()
    connection = try PlainConnection(server)
    version = try ServerVersion(server.connection)
  }

  private func add(_ texts: [String]) throws {
    #expect(try server.send(["MMAP.ADD", "a"] + texts) == .integer(texts.count))
  }

  @Test("replies have the types that RESP2 has for them", arguments: ElementCase.numbers)
  func types(type: ElementCase) throws {
    #expect(try connection { call_map($0, "a", "file.npy", type.name) } == .integer(0))
    #expect(try connection { call_get($0, "a", 0) } == .null)
    #expect(try connection("VPOP", "a") == .null)
    #expect(try connection("VALL", "a") == .array([]))
    try add(type.samples)
    for (index, text) in type.samples.enumerated() {
      #expect(try type.matches(connection { call_get($0, "a", Int64(index)) }, text), "\(text)")
    }
    #expect(try connection("VCOUNT", "a") == .integer(type.samples.count))
    #expect(try connection("VTYPE", "a") == .bulk(type.name))
    #expect(try connection("VFILEPATH", "a") == .bulk("file.npy"))
    #expect(try type.matches(connection("VALL", "a"), type.samples))
    #expect(try type.matches(connection("VMGET", "a", "1", "99", "0"), [type.samples[1], "(nil)", type.samples[0]]))
    #expect(try type.matches(connection("MMAP.RANGE", "a", "1", "2"), Array(type.samples[1...2])))
    #expect(try type.matches(connection("VPOP", "a"), "7"))
    #expect(try connection("TYPE", "a") == .status("mmaparray"))
    #expect(try connection("MMAP.SYNC", "a") == .ok)
    let information = try connection("MMAP.INFO", "a")
    #expect(information["type"] == .bulk(type.name))
    #expect(information["count"] == .integer(type.samples.count - 1))
    #expect(information["shape"] == .array([.integer(type.samples.count - 1)]))
  }

  @Test("a number that C has made is stored as the type has it", arguments: ElementCase.numbers)
  func formats(type: ElementCase) throws {
    #expect(try connection { call_map($0, "a", "file.npy", type.name) } == .integer(0))
    try add(["1", "2", "3"])
    // "%f" writes six digits behind the point, which are no integer.
    let reply = try connection { call_set($0, "a", 1, 2.5) }
    if type.isFloat {
      #expect(reply == .integer(1))
      #expect(try connection { call_get($0, "a", 1) } == .bulk("2.5"))
    } else {
      #expect(reply.errorText?.hasPrefix("ERR ") == true && reply.errorText?.contains("2.500000") == true, "\(reply)")
      #expect(try connection { call_get($0, "a", 1) } == .integer(2))
    }
    #expect(try connection { call_set($0, "a", 3, 0) }.kind == (type.isFloat ? "integer" : "error"))
  }

  @Test("packed elements are any bytes", arguments: ElementCase.numbers)
  func packed(type: ElementCase) throws {
    #expect(try connection { call_map($0, "a", "file.npy", type.name) } == .integer(0))
    // Zeros, line ends and all else that ends a string somewhere.
    let bytes = (0..<256 * type.size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    #expect(try connection { call_write($0, "a", 2, bytes, bytes.count) } == .integer(256))
    #expect(try connection { call_append($0, "a", bytes, 3 * type.size) } == .integer(3))
    #expect(try connection { call_read($0, "a", 2, 256) } == .bulk(bytes))
    let whole = [UInt8](repeating: 0, count: 2 * type.size) + bytes + bytes.prefix(3 * type.size)
    #expect(try connection("MMAP.READ", "a") == .bulk(whole))
    #expect(try connection { call_read($0, "a", 258, 1000) } == .bulk(Array(whole.suffix(3 * type.size))))
    #expect(try connection { call_read($0, "a", 1000, 1) } == .bulk(""))
    let file = try server.bytes("file.npy")
    #expect(file.count >= 128 + whole.count && file[128..<128 + whole.count].elementsEqual(whole))
    // Nothing, and a part of an element.
    #expect(try connection { call_write($0, "a", 0, bytes, 0) } == .integer(0))
    if type.size > 1 {
      let error = try connection { call_append($0, "a", bytes, type.size + 1) }
      #expect(error.errorText?.hasPrefix("ERR ") == true, "\(error)")
    }
    #expect(try connection("VCOUNT", "a") == .integer(261))
  }

  @Test("aggregates and searches", arguments: ElementCase.numbers)
  func analysis(type: ElementCase) throws {
    #expect(try connection { call_map($0, "a", "file.npy", type.name) } == .integer(0))
    try add(["1", "2", "3", "5"])
    let number = { (text: String) -> Reply in type.isFloat ? .bulk(text) : .integer(Int(text) ?? 0) }
    #expect(
      try connection("MMAP.AGG", "a", "0", "-1", "SUM", "MIN", "MAX", "MEAN", "ARGMAX")
        == .array([number("11"), number("1"), number("5"), .bulk("2.75"), .integer(3)]))
    #expect(try connection("MMAP.AGG", "a", "9", "10", "SUM", "MIN") == .array([number("0"), .null]))
    #expect(try connection("MMAP.FIND", "a", "0", "-1", "GT", "2") == .array([.integer(2), .integer(3)]))
    #expect(try connection("MMAP.SEARCHSORTED", "a", "4") == .integer(3))
    #expect(try connection("MMAP.INCRBY", "a", "0", "4", "9", "1") == .array([number("5"), .null]))
    #expect(try connection("MMAP.FILL", "a", "0", "1", "8") == .integer(2))
    #expect(try connection("MMAP.RESIZE", "a", "1") == .integer(1))
    #expect(try type.matches(connection("VALL", "a"), ["8"]))
    #expect(try connection("VCLEAR", "a") == .integer(1))
  }

  @Test("an error is a reply like others: the connection goes on")
  func errors() throws {
    #expect(try connection { call_set($0, "a", 0, 1) } == .noSuchKey)
    #expect(try connection { call_get($0, "a", 0) } == .null)
    #expect(try connection("SET", "text", "x") == .ok)
    #expect(try connection { call_get($0, "text", 0) } == .wrongType)
    #expect(try connection("MMAP", "a").errorText?.hasPrefix("ERR wrong number of arguments") == true)
    #expect(try connection { call_map($0, "a", "../a", "f64") }.errorText?.hasPrefix("ERR ") == true)
    #expect(try connection { call_map($0, "a", "a", "f65") }.errorText?.contains("f65") == true)
    #expect(connection.context.pointee.err == REDIS_OK)
    #expect(try connection("EXISTS", "a") == .integer(0))
  }

  @Test("commands that are sent together")
  func pipeline() throws {
    #expect(try connection { call_map($0, "a", "file", "i64") } == .integer(0))
    try add((0..<1000).map { "\($0 * $0)" })
    for index in 0..<1100 { #expect(append_get(connection.context, "a", Int64(index)) == REDIS_OK) }
    #expect(append_get(connection.context, "text", 0) == REDIS_OK)
    for index in 0..<1100 { #expect(try connection.next() == (index < 1000 ? .integer(index * index) : .null)) }
    #expect(try connection.next() == .null)
  }

  @Test("a transaction is an array of its replies")
  func transaction() throws {
    #expect(try connection("MULTI") == .ok)
    #expect(try connection { call_map($0, "a", "file", "i32") } == .status("QUEUED"))
    #expect(try connection("MMAP.ADD", "a", "5", "6") == .status("QUEUED"))
    #expect(try connection { call_get($0, "a", 2) } == .status("QUEUED"))
    #expect(try connection("VALL", "a") == .status("QUEUED"))
    #expect(
      try connection("EXEC") == .array([.integer(0), .integer(2), .null, .array([.integer(5), .integer(6)])]))
  }
}
