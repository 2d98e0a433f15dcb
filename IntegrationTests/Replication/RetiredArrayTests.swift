import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// What looks at all arrays once a second meets those that the server's other thread gives up at that moment.
struct RetiredArrayTests {
  @Test("many raw arrays with replicas, given up by UNLINK and FLUSHALL ASYNC while they are looked at")
  func retired() throws {
    let (master, replica) = (try ModuleServer.node([("hz", "500")]), try ModuleServer.node())
    try replica.join(master)
    let names = (0..<300).map { "k\($0)" }
    for name in names { try master.write([1, 2, 3], to: name) }
    let deadline = ContinuousClock.now + .seconds(1)
    while ContinuousClock.now < deadline {
      let replies = try master.connection.pipeline { pipeline in
        for name in names { pipeline("MMAP", name, name, "u8", "RAW") }
        for name in names { pipeline("MMAP.ADD", name, 1) }
        for name in names.prefix(150) { pipeline("UNLINK", name) }
        pipeline("FLUSHALL", "ASYNC")
      }
      if let wrong = replies.first(where: { $0.errorText != nil }) {
        Issue.record("\(wrong)")
        break
      }
    }
    for server in [master, replica] { server.expectSound() }
    for name in names { try master("MMAP", name, name, "u8") }
    try expectSame(master, [replica], keys: names)
  }
}
