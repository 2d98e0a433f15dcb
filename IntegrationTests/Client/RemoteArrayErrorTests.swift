import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// What binding and using a typed array fails with.
struct RemoteArrayErrorTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  private func bind(_ name: String, _ key: String) throws(ClientError) {
    let connection = server.connection
    switch name {
    case "i8": _ = try RemoteArray<Int8>(key, on: connection)
    case "i16": _ = try RemoteArray<Int16>(key, on: connection)
    case "i32": _ = try RemoteArray<Int32>(key, on: connection)
    case "i64": _ = try RemoteArray<Int64>(key, on: connection)
    case "u8": _ = try RemoteArray<UInt8>(key, on: connection)
    case "u16": _ = try RemoteArray<UInt16>(key, on: connection)
    case "u32": _ = try RemoteArray<UInt32>(key, on: connection)
    case "u64": _ = try RemoteArray<UInt64>(key, on: connection)
    case "f16": _ = try RemoteArray<Float16>(key, on: connection)
    case "bool": _ = try RemoteArray<Bool8>(key, on: connection)
    case "f32": _ = try RemoteArray<Float>(key, on: connection)
    case "f64": _ = try RemoteArray<Double>(key, on: connection)
    default: Issue.record("\(name) is unknown")
    }
  }

  @Test("an array of another type is refused before anything is read", arguments: ElementCase.all)
  func types(found: ElementCase) throws {
    try server.connection("MMAP", "a", "file", found.name)
    for type in ElementCase.all {
      if type.name == found.name {
        try bind(type.name, "a")
      } else {
        #expect(throws: ClientError.typeMismatch(expected: type.name, found: found.name)) { try bind(type.name, "a") }
      }
    }
  }

  @Test("mapping a file of another type names both")
  func mapping() throws {
    _ = try RemoteArray<Float>.map("file", to: "a", on: server.connection)
    let error = try #require(throws: ClientError.self) {
      try RemoteArray<Int32>.map("file", to: "b", on: server.connection)
    }
    guard case .server("ERR", let message) = error else { throw error }
    #expect(message.contains("f32") && message.contains("i32"))
  }

  @Test("keys that are no arrays")
  func keys() throws {
    #expect(throws: ClientError.typeMismatch(expected: "f64", found: "no such key")) { try bind("f64", "a") }
    try server.connection("SET", "a", "text")
    #expect(throws: ClientError.server(code: "WRONGTYPE", message: Self.wrongType)) { try bind("f64", "a") }
  }

  private static let wrongType = "Operation against a key holding the wrong kind of value"

  @Test("an array that may not be changed, and one that is gone")
  func access() throws {
    try server.write([1, 2, 3], to: "file")
    let array = try RemoteArray<UInt8>.map("file", to: "a", on: server.connection, access: .readOnly)
    #expect(try array.elements() == [1, 2, 3])
    for change in [{ _ = try $0.append(contentsOf: [4]) }, { _ = try $0.removeAll() }, { _ = try $0.set(1, at: 0) }]
      as [(RemoteArray<UInt8>) throws -> Void]
    {
      let error = try #require(throws: ClientError.self) { try change(array) }
      guard case .server("ERR", _) = error else { throw error }
    }
    try server("DEL", "a")
    #expect(try array.elements() == [])
    #expect(throws: ClientError.server(code: "ERR", message: "no such key: map a file to it with MMAP first")) {
      try array.append(contentsOf: [])
    }
    #expect(throws: ClientError.self) { try array.info() }
    // Nothing has shifted the replies.
    #expect(try server("PING") == .status("PONG"))
  }

  @Test("an error among pipelined ranges leaves the connection in order")
  func pipelinedErrors() throws {
    let array = try RemoteArray<UInt8>.map("file", to: "a", on: server.connection)
    try server("DEL", "a")
    try server("SET", "a", "text")
    #expect(throws: ClientError.server(code: "WRONGTYPE", message: Self.wrongType)) {
      try array.elements(inEach: Array(repeating: 0..<1, count: 300))
    }
    #expect(try server("PING") == .status("PONG"))
  }

  @Test("what is known of an array", arguments: ProtocolVersion.allCases)
  func info(version: ProtocolVersion) throws {
    try server.write([0, 0, 128, 63], to: "file")
    let connection = try server.live.connect(protocolVersion: version)
    let array = try RemoteArray<Float>.map("file", to: "a", on: connection, access: .readOnly)
    let info = try array.info()
    #expect(info.path == "file")
    #expect(try info.file == server.innerRoot() + "/file")
    #expect(info.typeName == "f32" && info.elementSize == 4 && info.format == .raw && info.access == .readOnly)
    #expect(info.state == .attached)
    let contents = try #require(info.contents)
    #expect(contents.count == 1 && contents.shape == [1] && contents.capacity >= 1 && contents.mappedByteCount > 0)

    #expect(rename(server.path("file"), server.path("other")) == 0)
    try server.write([0, 0, 0, 0], to: "file")
    #expect(try array.info().state == .replaced)
  }

  @Test("an array whose file went away")
  func detached() throws {
    let path = server.path("file")
    _ = try RemoteArray<Float>.map("file", to: "a", on: server.connection)
    #expect(try server("SAVE") == .ok)
    try server.live.stop(saving: true)
    #expect(unlink(path) == 0)
    try server.start()
    let info = try server.connection("MMAP.INFO", "a", as: ArrayInfo.self)
    guard case .detached(let reason) = info.state else {
      Issue.record("\(info)")
      return
    }
    #expect(!reason.isEmpty && info.contents == nil && info.path == "file")
    let error = try #require(throws: ClientError.self) { try bind("f32", "a") }
    guard case .server("ERR", _) = error else { throw error }
  }
}
