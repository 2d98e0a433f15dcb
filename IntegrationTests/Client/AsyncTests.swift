import Glibc
import MappedArrayClient
import Testing

/// The client for asynchronous code.
struct AsyncTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  private func connect() async throws(ClientError) -> AsyncConnection {
    try await AsyncConnection(to: server.live.address, timeout: .seconds(20))
  }

  @Test("arrays")
  func arrays() async throws {
    _ = try RemoteArray<Float>.map("file", to: "a", on: server.connection)
    let connection = try await connect()
    let array = try await connection.array("a", of: Float.self)
    #expect(try await array.append(contentsOf: [1, 2, 3]) == 3)
    #expect(try await array.write([5, 6], at: 2) == 2)
    #expect(try await array.count == 4)
    #expect(try await array[3] == 6)
    #expect(try await array[4] == nil)
    #expect(try await array[1..<3] == [2, 5])
    let (sum, mean) = try await array.run { array throws(ClientError) in try array.aggregate(.sum, .mean) }
    #expect(sum == 14 && mean == 3.5)
    #expect(try await connection("ECHO", "a") == .bulk("a"))
    await #expect(throws: ClientError.typeMismatch(expected: "f64", found: "f32")) {
      try await connection.array("a", of: Double.self)
    }
    await #expect(throws: ClientError.server(code: "ERR", message: "syntax error")) {
      try await connection("SET", "a", "b", "c")
    }
  }

  @Test("many tasks on one connection get their own replies")
  func tasks() async throws {
    let connection = try await connect()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<500 {
        group.addTask {
          let reply = try await connection("ECHO", number)
          #expect(reply == .bulk("\(number)"))
        }
      }
      try await group.waitForAll()
    }
  }

  @Test("calls that wait don't hold up other tasks")
  func waiting() async throws {
    // Far more tasks than the pool has threads. Those who wait get nothing unless another task comes to run.
    let (address, process) = (server.live.address, server.live.processIdentifier)
    #expect(kill(process, SIGSTOP) == 0)
    let connections = try await withThrowingTaskGroup(of: AsyncConnection?.self) { group in
      for _ in 0..<64 { group.addTask { try await AsyncConnection(to: address, timeout: .seconds(15)) } }
      group.addTask {
        kill(process, SIGCONT)
        return nil
      }
      return try await group.reduce(into: []) { $0.append($1) }.compactMap { $0 }
    }
    #expect(connections.count == 64)
    let messenger = try await connect()
    try await withThrowingTaskGroup(of: Reply.self) { group in
      for connection in connections { group.addTask { try await connection("BLPOP", "list", 10) } }
      group.addTask {
        for number in 0..<64 { try await messenger("RPUSH", "list", number) }
        return .null
      }
      let replies = try await group.reduce(into: []) { $0.append($1) }
      #expect(replies.count { $0.elements?.count == 2 } == 64)
    }
  }

  @Test("a server that can't be reached, and one that goes")
  func failures() async throws {
    await #expect(throws: ClientError.self) { try await AsyncConnection(to: .unix(path: "/nonexistent")) }
    let connection = try await connect()
    server.live.kill()
    await #expect(throws: ClientError.self) { try await connection("PING") }
    await #expect(throws: ClientError.self) { try await connection("PING") }
  }

  @Test("connections come and go with their threads")
  func lifetime() async throws {
    for number in 0..<100 {
      let connection = try await connect()
      #expect(try await connection("ECHO", number) == .bulk("\(number)"))
    }
  }
}
