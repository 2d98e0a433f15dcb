import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// What happens to arrays and keys while commands wait for a disk that does not answer.
struct ParkedForDiskTests {
  private static let count = 2_000_000
  private static let index = 1_000_000

  private let disk: FaultyDisk
  private let server: ModuleServer

  init() throws {
    disk = try FaultyDisk()
    server = try ModuleServer(program: disk.program, configuration: [("mmaparray.disk-threads", "4")])
  }

  /// Commands of clients of their own, which wait for the disk.
  private func hold(
    _ commands: [[any ArgumentConvertible]], _ format: Format = .npy, type: String = "int64"
  ) throws -> [Connection] {
    // The kernel may bring a page back by itself: then there is another try.
    for _ in 0..<10 {
      _ = try server.mapCold(Self.count, type, format)
      try disk.begin(.hold)
      let clients = try commands.map { words in
        let client = try server.live.connect(protocolVersion: .resp2)
        try client.append(words.map(\.argument))
        try client.flush()
        return client
      }
      for _ in 0..<500 {
        if try server.cold("parked_commands") == commands.count { return clients }
        usleep(3000)
      }
      disk.end(.hold)
    }
    throw ParkedForDiskError.isNotSeen
  }

  private func goOn() throws {
    disk.end(.hold)
    try eventually("nobody waits") { try server.cold("parked_commands") == 0 }
    #expect(try server.cold("cold_waits") == 0)
    #expect(try server("PING") == .status("PONG"))
  }

  @Test("others are served: PING, what is in memory, other arrays")
  func others() throws {
    try server.makeArray("b", "i32", .npy, [1, 2])
    let clients = try hold([["VGET", "a", Self.index], ["VSET", "a", Self.index + 100_000, 5]])
    for round in 0..<50 {
      #expect(try server("PING") == .status("PONG"))
      #expect(try server("VSET", "b", 0, round) == .integer(1))
      #expect(try server("VGET", "b", 0) == .integer(round))
      #expect(try server("VCOUNT", "a") == .integer(Self.count))
    }
    try goOn()
    #expect(try clients[0].readReply() == .integer(Self.index % 97))
    #expect(try clients[1].readReply() == .integer(1))
    #expect(try server("VGET", "a", Self.index + 100_000) == .integer(5))
  }

  @Test("a pipeline goes on in order")
  func pipeline() throws {
    let client = try hold([["VSET", "a", Self.index, 5]])[0]
    for words in [["VGET", "a", "\(Self.index)"], ["PING"], ["VGET", "a", "\(Self.index + 200_000)"]] {
      try client.append(words.map(\.argument))
    }
    try client.flush()
    try goOn()
    #expect(
      try (0..<4).map { _ in try client.readReply() }
        == [.integer(1), .integer(5), .status("PONG"), .integer((Self.index + 200_000) % 97)])
  }

  @Test("clients leave, or are killed: nothing of theirs is done", arguments: [false, true])
  func leaving(isKilled: Bool) throws {
    var clients = try hold((0..<20).map { ["VSET", "a", Self.index + $0 * 10_000, 5] })
    if isKilled {
      #expect(try Int(server("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")) == clients.count)
    } else {
      clients = []
    }
    try eventually("nobody waits") { try server.cold("parked_commands") == 0 }
    try goOn()
    #expect(try server("VGET", "a", Self.index) == .integer(Self.index % 97))
    #expect(try server("DEL", "a") == .integer(1))
    try eventually("the file is closed") { try server.openFiles().isEmpty }
    withExtendedLifetime(clients) {}
  }

  @Test(
    "the key goes meanwhile: it is looked up anew",
    arguments: ["DEL a", "UNLINK a", "FLUSHALL", "RENAME a c", "SET a x"])
  func key(fate: String) throws {
    let clients = try hold([
      ["VGET", "a", Self.index], ["VMGET", "a", Self.index, 0], ["VSET", "a", Self.index + 300_000, 1],
    ])
    #expect(try server.send(fate.split(separator: " ").map(String.init)).errorText == nil)
    try goOn()
    let isText = fate.hasPrefix("SET")
    #expect(try clients[0].readReply() == (isText ? .wrongType : .null))
    #expect(try clients[1].readReply() == (isText ? .wrongType : .array([.null, .null])))
    #expect(try clients[2].readReply() == (isText ? .wrongType : .noSuchKey))
  }

  @Test("the key is bound to another file meanwhile")
  func rebound() throws {
    let clients = try hold([["VGET", "a", Self.index], ["VSET", "a", 1, 7]])
    try server("DEL", "a")
    try server("MMAP", "a", "other", "u8")
    try server("MMAP.ADD", "a", 1, 2)
    try goOn()
    #expect(try clients[0].readReply() == .null)
    #expect(try clients[1].readReply() == .integer(1))
    #expect(try server("VALL", "a") == .integers([1, 7]))
  }

  @Test("another program cuts the file meanwhile", arguments: Format.allCases)
  func cut(format: Format) throws {
    let clients = try hold([["VGET", "a", Self.index], ["VSET", "a", Self.index + 200_000, 1]], format)
    #expect(truncate(server.path("a"), 4096) == 0)
    try goOn()
    for client in clients {
      let reply = try client.readReply()
      // It is gone: an error, or for a raw file, which is shorter now, nothing there.
      #expect(
        reply.errorText?.contains("is gone") == true || reply.errorText?.contains("is not mapped") == true
          || format == .raw && [.null, .integer(0)].contains(reply), "\(reply)")
    }
  }

  @Test("the array is resized meanwhile", arguments: Format.allCases)
  func resized(format: Format) throws {
    let clients = try hold([["VGET", "a", Self.index], ["VMGET", "a", 500, Self.index]], format)
    #expect(try server("MMAP.RESIZE", "a", 1000) == .integer(1000))
    try goOn()
    #expect(try clients[0].readReply() == .null)
    #expect(try clients[1].readReply() == .array([.integer(500 % 97), .null]))
  }

  @Test("another file takes the name meanwhile: reads go on with the old one, changes are refused")
  func replaced() throws {
    let clients = try hold([["VGET", "a", Self.index], ["VSET", "a", Self.index + 200_000, 1]])
    try Shell.run("printf x >'\(server.path("new"))'; mv '\(server.path("new"))' '\(server.path("a"))'")
    // Within the second it may not have been noticed.
    usleep(1_100_000)
    try goOn()
    #expect(try clients[0].readReply() == .integer(Self.index % 97))
    #expect(try clients[1].readReply().errorText?.contains("names another file") == true)
  }

  @Test("a change waits for the disk, then for a fill that has begun meanwhile")
  func both() throws {
    _ = try server.mapCold(Self.count)
    // The fill's first slice is in memory.
    _ = try server("MMAP.AGG", "a", 0, 524_287, "SUM")
    try disk.begin(.hold)
    let (client, filler) = (
      try server.live.connect(protocolVersion: .resp2), try server.live.connect(protocolVersion: .resp2)
    )
    try client.append(["VSET", "a", Self.index.argument, 5])
    try client.flush()
    try eventually("it waits") { try server.cold("parked_commands") == 1 }
    try filler.append(["MMAP.FILL", "a", 0, -1, 7])
    try filler.flush()
    try eventually("the fill has begun, and waits for the disk") { try server("VGET", "a", 0) == .integer(7) }
    #expect(try server.cold("jobs") == 1)
    try goOn()
    #expect(try client.readReply() == .integer(1))
    #expect(try filler.readReply() == .integer(Self.count))
    #expect(try server("VMGET", "a", Self.index - 1, Self.index, Self.count - 1) == .integers([7, 5, 7]))
  }

  @Test("the server saves, or ends, meanwhile", arguments: ["SAVE", "BGSAVE", "BGREWRITEAOF", "SHUTDOWN NOSAVE"])
  func server(command: String) throws {
    let client = try hold([["VGET", "a", Self.index]])[0]
    let words = command.split(separator: " ").map(String.init)
    if words[0] == "SHUTDOWN" {
      _ = try? server.send(words)
      try eventually("it ends") { !server.live.isRunning }
      #expect(server.live.exit == .code(0), "\(server.live.log)")
      return
    }
    #expect(try server.send(words).errorText == nil)
    try goOn()
    #expect(try client.readReply() == .integer(Self.index % 97))
  }
}

private enum ParkedForDiskError: Error {
  /// Commands are never found to wait.
  case isNotSeen
}
