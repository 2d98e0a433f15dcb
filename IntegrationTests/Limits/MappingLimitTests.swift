import LiveServer
import MappedArrayClient
import Testing

/// `vm.max_map_count`: the setting as the module reads it, and the kernel's own refusal.
struct MappingLimitTests {
  private static let count = 800

  private func expectLimit(_ reply: Reply, sourceLocation: SourceLocation = #_sourceLocation) {
    let text = reply.errorText ?? "no error"
    #expect(
      text.contains("there is no room to map it; unmap some files, or raise vm.max_map_count"), "\(text)",
      sourceLocation: sourceLocation)
  }

  @Test(
    "no more mappings: the error names the limit, the server goes on and starts again",
    arguments: CrowdedMemory.Limit.allCases)
  func limit(_ limit: CrowdedMemory.Limit) throws {
    guard let memory = try CrowdedMemory(limit) else {
      print("skipped: vm.max_map_count is too large to be reached in a test")
      return
    }
    try memory.makeRoom(for: 500)
    let server = try ModuleServer(program: memory.program)
    var mapped: [Int] = []
    for number in 0..<Self.count {
      let reply = try server("MMAP", "k\(number)", "f\(number)", "i64")
      if reply == .integer(0) {
        mapped.append(number)
        #expect(try server("VADD", "k\(number)", number) == .integer(1))
      } else {
        expectLimit(reply)
        // Nothing is left of what could not be mapped.
        #expect(try server("EXISTS", "k\(number)") == .integer(0))
      }
    }
    #expect(mapped.count >= 400 && mapped.count < Self.count)
    #expect(try server.number("mmaparray_arrays", of: "mmaparray") == mapped.count)

    // All others are served: reads, changes, what needs threads, and a child that saves.
    let first = try #require(mapped.first)
    for number in mapped { #expect(try server("VGET", "k\(number)", 0) == .integer(number)) }
    #expect(try server("VADD", "k\(first)", 5, 6) == .integer(2))
    #expect(try server("SET", "text", "abc") == .ok)
    // Growth beyond the mapping needs another.
    let grown = try server("MMAP.RESIZE", "k\(first)", 1_000_000)
    if grown != .integer(1_000_000) {
      expectLimit(grown)
      #expect(try server("VALL", "k\(first)") == .integers([first, 5, 6]))
    }
    // Room for one.
    try server("DEL", "k\(first)")
    #expect(try server("MMAP", "another", "another", "i64") == .integer(0))
    try server("DEL", "another")
    #expect(try server("MMAP", "k\(first)", "f\(first)").errorText == nil)

    // Started again with less room: all keys are there, and those that cannot be mapped say why.
    try server.save()
    try memory.makeRoom(for: 300)
    try server.restart(after: .kill)
    #expect(try server("DBSIZE") == .integer(mapped.count + 1))
    var detached: [Int] = []
    for number in mapped {
      let reply = try server("VGET", "k\(number)", 0)
      guard reply != .integer(number) else { continue }
      expectLimit(reply)
      detached.append(number)
    }
    #expect(detached.count >= 100 && detached.count < mapped.count)
    #expect(try server.number("mmaparray_detached", of: "mmaparray") == detached.count)
    // Where others go, they attach.
    let attached = mapped.filter { !detached.contains($0) }
    for (number, other) in zip(detached, attached) {
      try server("DEL", "k\(other)")
      #expect(try server("VGET", "k\(number)", 0) == .integer(number))
    }
    // With room for all they are all there.
    try server.save()
    try memory.makeRoom(for: Self.count)
    try server.restart(after: .shutdown(saving: true))
    #expect(try server.number("mmaparray_detached", of: "mmaparray") == 0)
    for number in detached { #expect(try server("VGET", "k\(number)", 0) == .integer(number)) }
  }
}
