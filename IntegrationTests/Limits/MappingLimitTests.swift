import LiveServer
import MappedArrayClient
import Testing

/// `vm.max_map_count` is reached, as far as arrays may: the server needs some of the mappings itself.
struct MappingLimitTests {
  /// How many arrays are tried, and how many of them there is room for at first.
  private static let (count, mostAtFirst) = (1800, 1500)

  private func expectLimit(_ reply: Reply, sourceLocation: SourceLocation = #_sourceLocation) {
    let text = reply.errorText ?? "no error"
    #expect(
      text.contains("there is no room to map it; unmap some files, or raise vm.max_map_count"), "\(text)",
      sourceLocation: sourceLocation)
  }

  @Test("no more mappings: the error names the limit, the server goes on and starts again")
  func limit() throws {
    let memory = try CrowdedMemory()
    try memory.makeRoom(for: Self.mostAtFirst)
    let server = try ModuleServer(program: memory.program)
    for number in 0..<Self.count {
      let reply = try server("MMAP", "k\(number)", "f\(number)", "i64")
      if number < Self.mostAtFirst {
        #expect(reply == .integer(0))
        #expect(try server("MMAP.ADD", "k\(number)", number) == .integer(1))
      } else {
        expectLimit(reply)
      }
    }
    // Nothing is left of what could not be mapped, and the others are served.
    #expect(try server("DBSIZE") == .integer(Self.mostAtFirst))
    #expect(try server.number("mmaparray_arrays", of: "mmaparray") == Self.mostAtFirst)
    for number in 0..<Self.mostAtFirst { #expect(try server("VGET", "k\(number)", 0) == .integer(number)) }
    #expect(try server("MMAP.ADD", "k0", 5, 6) == .integer(2))
    // Growth beyond the mapping needs another.
    expectLimit(try server("MMAP.RESIZE", "k0", 1_000_000))
    #expect(try server("VALL", "k0") == .integers([0, 5, 6]))
    // Where one goes another can be mapped.
    try server("DEL", "k0")
    #expect(try server("MMAP", "another", "another", "i64") == .integer(0))
    expectLimit(try server("MMAP", "k0", "f0"))
    try server("DEL", "another")
    #expect(try server("MMAP", "k0", "f0") == .integer(3))
    // A child saves.
    #expect(try server("BGSAVE").errorText == nil)
    try eventually("it has saved") { try server.number("rdb_bgsave_in_progress", of: "persistence") == 0 }
    #expect(try server.information("persistence")["rdb_last_bgsave_status"] == "ok")

    try restartWithLessRoom(server, memory)

    // With room for all they are all there.
    try memory.makeRoom(for: Self.count)
    try server.restart(after: .shutdown(saving: true))
    #expect(try server.number("mmaparray_detached", of: "mmaparray") == 0)
    #expect(try server.number("mmaparray_arrays", of: "mmaparray") == server("DBSIZE").count)
  }

  /// All keys are there, and those that cannot be mapped say why and attach where others go.
  private func restartWithLessRoom(_ server: ModuleServer, _ memory: CrowdedMemory) throws {
    let room = Self.mostAtFirst - 300
    try memory.makeRoom(for: room)
    try server.restart(after: .kill)
    #expect(try server("DBSIZE") == .integer(Self.mostAtFirst))
    let (attached, detached) = try (0..<Self.mostAtFirst).reduce(into: ([Int](), [Int]())) { found, number in
      let reply = try server("VGET", "k\(number)", 0)
      guard reply != .integer(number) else { return found.0.append(number) }
      expectLimit(reply)
      found.1.append(number)
    }
    #expect(attached.count == room)
    #expect(try server.number("mmaparray_detached", of: "mmaparray") == detached.count)
    for (number, other) in zip(detached, attached) {
      try server("DEL", "k\(other)")
      #expect(try server("VGET", "k\(number)", 0) == .integer(number))
    }
  }
}

extension Reply {
  fileprivate var count: Int? { if case .integer(let count) = self { count } else { nil } }
}
