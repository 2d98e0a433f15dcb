import LiveServer
import MappedArrayClient
import Testing
import Walkthroughs

struct WalkthroughTests {
  private func player(
    _ persistence: WalkthroughPlayer.Persistence = .appendOnlyFile, countCommand: String = "VCOUNT"
  ) throws -> WalkthroughPlayer {
    let server = try ModuleServer(configuration: persistence.configuration).live
    return try WalkthroughPlayer(server, persistence, countCommand: countCommand)
  }

  private static let folder = #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/Walkthroughs"

  /// Reads the walk-through of that name beside the tests.
  private func walkthrough(_ name: String) throws -> Walkthrough {
    try Walkthrough(path: "\(Self.folder)/\(name).txt")
  }

  @Test("plain doubles", arguments: WalkthroughPlayer.Persistence.allCases, ["VSIZE", "VCOUNT"])
  func plainDoubles(persistence: WalkthroughPlayer.Persistence, countCommand: String) throws {
    try player(persistence, countCommand: countCommand).play(walkthrough("plain-doubles"))
  }

  @Test("typed", arguments: WalkthroughPlayer.Persistence.allCases)
  func typed(persistence: WalkthroughPlayer.Persistence) throws {
    try player(persistence).play(walkthrough("typed"))
  }

  @Test(
    "a line that is not understood or does not hold fails",
    arguments: [
      "(integer) 0", "= 8 Bytes", "= ROOT/f exists, 1 bytes", "$ stop the server", "> VCOUNT a\n(integer) 1",
      "> VGET a 0\n(integer) 0", "> VADD a 1\n(error) ERR … names 1 and f64", "> PING\nPONG\nPONG", "> SHUTDOWN\nOK",
      "! PING",
    ])
  func mismatch(text: String) throws {
    let player = try player()
    #expect(throws: WalkthroughError.self) { try player.play(Walkthrough(text: text)) }
  }

  @Test("how replies are printed and compared")
  func printing() {
    let reply = Reply.array([.integer(1), .bulk("a\"\n"), .null, .array([.bulk("1.50"), .array([])]), .status("OK")])
    let lines = PrintedReply(reply).lines
    #expect(
      lines == ["1) (integer) 1", #"2) "a\"\x0a""#, "3) (nil)", #"4) 1) "1.50""#, "   2) (empty array)", "5) OK"])
    #expect(PrintedReply(.bulk("1.50")).matches(["\"1.5\""]))
    #expect(!PrintedReply(.bulk("1.50")).matches(["\"1.51\""]))
    #expect(!PrintedReply(.bulk("1")).matches(["(integer) 1"]))
    #expect(!PrintedReply(.bulk("a")).matches(["\"b\""]))
    let error = PrintedReply(.error("ERR f32 is not i32"))
    #expect(error.matches(["(error) ERR … names f32 and i32"]))
    #expect(!error.matches(["(error) ERR … names f32 and i64"]))
    #expect(!error.matches(["(error) WRONGTYPE … names f32 and i32"]))
  }
}
