import MappedArrayClient
import Testing

/// Commands in scripts, functions and transactions.
struct ScriptTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
    try server.makeArray("a", "i8", .npy, [1, 2, 3, 4, 5])
  }

  @Test("each command gives the same in EVAL, FCALL and EXEC as by itself", arguments: RangeCommandTests.Row.all)
  func everywhere(row: RangeCommandTests.Row) throws {
    let words = [row.name, "a"] + row.words
    let call = "redis.call(unpack(ARGV))"
    let load = """
      #!lua name=library
      redis.register_function('run', function(KEYS, ARGV) return \(call) end)
      """
    try server.connection("FUNCTION", "LOAD", load)
    for form in [["EVAL", "return \(call)", "1", "a"], ["FCALL", "run", "1", "a"]] {
      try reset()
      // Lua's arrays end at the first nil.
      let reply = try server.send(form + words)
      #expect(
        reply == row.reply || reply.elements.map { $0 + [.null] } == row.reply.elements, "\(form[0]): \(reply)")
      #expect(try server("VALL", "a") == .integers(row.elements), "\(form[0])")
    }
    try reset()
    try server("MULTI")
    #expect(try server.send(words) == .status("QUEUED"))
    #expect(try server("EXEC") == .array([row.reply]))
    #expect(try server("VALL", "a") == .integers(row.elements))
  }

  private func reset() throws {
    try server("MMAP.CLEAR", "a")
    try server("MMAP.ADD", "a", 1, 2, 3, 4, 5)
  }

  @Test("scripts that only read may read")
  func readOnlyScripts() throws {
    #expect(try server("EVAL_RO", "return redis.call('MMAP.AGG', KEYS[1], 0, -1, 'SUM')", 1, "a") == .integers([15]))
    let error = try server.failure(["EVAL_RO", "return redis.call('MMAP.FILL', KEYS[1], 0, -1, 0)", 1, "a"])
    #expect(error.contains("Write commands are not allowed from read-only scripts"))
    let script = "#!lua flags=no-writes\nreturn redis.call('MMAP.INFO', KEYS[1])"
    #expect(try server("EVAL", script, 1, "a")["count"] == .integer(5))
    #expect(try server("VALL", "a") == .integers(1...5))
  }

  @Test("errors come through, and pcall catches them")
  func errors() throws {
    let script = "return redis.pcall('MMAP.FILL', KEYS[1], 0, 1, 'x')"
    #expect(try server.failure(["EVAL", script, 1, "a"]).hasPrefix("ERR value 'x' is no i8"))
    #expect(try server.failure(["EVAL", "return redis.call('MMAP.POP', 'b')", 0]).contains("no such key"))
  }

  @Test("a script that asks for RESP3 gets doubles, maps and big numbers")
  func resp3() throws {
    try server.makeArray("f", "f64", .npy, ["0.5"])
    try server.makeArray("u", "u64", .npy, ["18446744073709551615"])
    let script = """
      redis.setresp(3)
      local element = redis.call('MMAP.GET', 'f', 0)
      local facts = redis.call('MMAP.INFO', 'f')
      local large = redis.call('MMAP.GET', 'u', 0)
      return {tostring(element['double']), facts['map']['type'], large['big_number']}
      """
    #expect(
      try server("EVAL", script, 2, "f", "u") == .array([.bulk("0.5"), .bulk("f64"), .bulk("18446744073709551615")]))
  }

  @Test("a transaction sees its own changes, and one command's error does not stop it")
  func transaction() throws {
    try server("MULTI")
    for command in [
      ["MMAP.ADD", "a", "6"], ["MMAP.COUNT", "a"], ["MMAP.ADD", "a", "x"], ["MMAP", "b", "a"], ["MMAP.POP", "b"],
      ["MMAP.RESIZE", "a", "1"], ["DEL", "a"], ["MMAP.COUNT", "a"], ["MMAP.ALL", "b"],
    ] {
      #expect(try server.send(command) == .status("QUEUED"))
    }
    let replies = try #require(server("EXEC").elements)
    #expect(replies[2].errorText?.hasPrefix("ERR value 'x'") == true)
    let rest = replies.enumerated().filter { $0.offset != 2 }.map(\.element)
    #expect(
      rest == [
        .integer(1), .integer(6), .integer(6), .integer(6), .integer(1), .integer(1), .integer(0), .integers([1]),
      ])
  }
}
