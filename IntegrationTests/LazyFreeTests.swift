import MappedArrayClient
import Testing

/// The server may free keys on a thread of its own while commands go on.
struct LazyFreeTests {
  @Test(
    "a file is mapped anew while its old binding is being freed", arguments: ElementCase.numbers.prefix(1),
    Format.allCases)
  func again(type: ElementCase, format: Format) throws {
    let server = try ModuleServer()
    let rounds = 500
    let map = ["MMAP", "a", "file"] + format.words(type)
    var expected = [Reply.integer(0), .integer(1)]
    let replies = try server.connection.pipeline { pipeline in
      pipeline.send(map.map(\.argument))
      pipeline("MMAP.ADD", "a", 0)
      for round in 1...rounds {
        pipeline("FLUSHALL", "ASYNC")
        pipeline.send(map.map(\.argument))
        pipeline("MMAP.ADD", "a", round % 100)
        pipeline("MMAP", "b", "file")
        pipeline("VCOUNT", "b")
        pipeline("VGET", "a", round)
        expected += [.ok, .integer(round), .integer(1), .integer(round + 1)]
        expected += [.integer(round + 1), .integer(round % 100)]
      }
    }
    #expect(replies.count == expected.count)
    let first = zip(replies, expected).enumerated().first { $1.0 != $1.1 }
    #expect(first == nil, "\(String(describing: first))")
    #expect(
      try NumPyFile.mismatches([
        NumPyFile(path: server.path("file"), type: type, format: format, texts: (0...rounds).map { "\($0 % 100)" })
      ]) == "")
  }
}
