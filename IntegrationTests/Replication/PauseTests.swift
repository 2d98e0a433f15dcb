import LiveServer
import MappedArrayClient
import Testing

/// Nothing is sent to replicas while the server must not: it would end itself.
struct PauseTests {
  @Test("contents on their way, and a raw file that is appended to, while writing clients are paused")
  func contents() throws {
    let (master, replica) = (try ModuleServer.node(), try ModuleServer.node())
    try replica.join(master)
    // Many pieces.
    try Shell.run("truncate --size=64M '\(master.path("large"))'; printf abc >'\(master.path("raw"))'")
    try master("MMAP", "raw", "raw", "u8")
    try master("MMAP", "large", "large", "u8")
    let sending = try master.number("mmaparray_shipping_bytes", of: "mmaparray")
    try master("CLIENT", "PAUSE", 300, "WRITE")
    try Shell.run("printf def >>'\(master.path("raw"))'")
    // The event loop turns, and reads are served.
    for _ in 0..<100 { #expect(try master("VCOUNT", "raw") == .integer(6)) }
    #expect(sending > 0)
    try eventually("all is sent") { try master.number("mmaparray_shipping_bytes", of: "mmaparray") == 0 }
    try eventually("the replica has what was appended") { try replica("MMAP.READ", "raw") == .bulk("abcdef") }
    try replica.catchUp(with: master)
    for key in ["raw", "large"] {
      #expect(try master("DEBUG", "DIGEST-VALUE", key) == replica("DEBUG", "DIGEST-VALUE", key))
    }
  }

  @Test("a file that is back is found by a read while writing clients are paused, and replicas get it afterwards")
  func attached() throws {
    let (master, replica) = (try ModuleServer.node([("save", "3600 1")]), try ModuleServer.node())
    try master("MMAP", "a", "a.npy", "i8")
    try master("MMAP.ADD", "a", 1, 2)
    try master("SAVE")
    try master.live.stop()
    try Shell.run("mv '\(master.path("a.npy"))' '\(master.path("away"))'")
    try master.start()
    #expect(try master.failure(["VGET", "a", "0"]).contains("is not mapped at the moment"))
    try replica.join(master)
    try Shell.run("mv '\(master.path("away"))' '\(master.path("a.npy"))'")
    try master("CLIENT", "PAUSE", 300, "WRITE")
    for _ in 0..<20 { #expect(try master("VGET", "a", 1) == .integer(2)) }
    try master("CLIENT", "UNPAUSE")
    #expect(try master("VGET", "a", 1) == .integer(2))
    try eventually("the replica has it") { (try? replica("VALL", "a")) == .integers([1, 2]) }
    #expect(try master("MMAP.ADD", "a", 3) == .integer(1))
    try replica.catchUp(with: master)
    #expect(try replica("VALL", "a") == .integers([1, 2, 3]))
  }
}
