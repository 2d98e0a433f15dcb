import LiveServer
import MappedArrayClient
import Testing

struct FuzzTests {
  /// Replies with a few bytes changed, inserted, removed or doubled.
  private func garbage(_ random: inout SeededGenerator) -> [UInt8] {
    let alphabet = Array("+-:$*_,#!=(%~>|0123456789\r\ntfinax\0\u{FF}".utf8)
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      bytes += ReplyTests.replies.randomElement(using: &random).map { Array($0.0.utf8) } ?? []
    }
    for _ in 0..<Int.random(in: 0...8, using: &random) {
      let index = Int.random(in: 0..<bytes.count, using: &random)
      let byte = alphabet.randomElement(using: &random) ?? 0
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[index] = byte
      case 1: bytes.insert(byte, at: index)
      case 2 where bytes.count > 1: bytes.remove(at: index)
      default: bytes.insert(contentsOf: bytes[index..<min(bytes.count, index + 9)], at: index)
      }
    }
    return bytes
  }

  @Test("garbage ends in a typed error, whatever way it is read", arguments: 0..<8, ProtocolVersion.allCases)
  func garbage(seed: UInt64, version: ProtocolVersion) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<400 {
      let bytes = garbage(&random)
      // What is kept and what is skipped are cut at the same places, as long as both are well-formed.
      let kept = try Connection.receiving(bytes, version)
      var count = 0
      let error = #expect(throws: ClientError.self) {
        while true {
          _ = try kept.readReply()
          count += 1
        }
      }
      let comment = Comment(rawValue: "seed \(seed): \(String(reflecting: String(decoding: bytes, as: UTF8.self)))")
      #expect(error != .timeout, comment)
      #expect(count <= bytes.count, comment)
      let skipped = try Connection.receiving(bytes, version)
      #expect(throws: ClientError.self, comment) { while try skipped.discardReplies(1) >= 0 {} }
      let bulks = try Connection.receiving(bytes, version)
      #expect(throws: ClientError.self, comment) {
        while true {
          do {
            _ = try bulks.readBulk(of: UInt16.self)
          } catch ClientError.typeMismatch {
          } catch ClientError.server {
          }
        }
      }
    }
  }
}
