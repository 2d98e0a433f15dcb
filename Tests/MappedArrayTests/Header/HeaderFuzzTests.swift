import TestSupport
import Testing

@testable import MappedArray

/// Headers that are broken in every way: each is parsed or refused.
struct HeaderFuzzTests {
  @Test("each truncation", arguments: HandmadeHeader.various.indices)
  func truncations(index: Int) throws {
    let whole = HandmadeHeader.various[index].bytes
    for count in 0..<whole.count {
      let prefix = Array(whole[..<count])
      #expect(throws: NPYHeaderError.truncated, "\(count) bytes") {
        try NPYHeaderParser.parse(prefix, fileSize: count)
      }
      let start = Array(prefix.prefix(12))
      switch count {
      case ..<6: #expect(try NPYHeaderParser.length(prefix: start) == nil)
      case ..<(whole[6] == 1 ? 10 : 12):
        #expect(throws: NPYHeaderError.truncated) { try NPYHeaderParser.length(prefix: start) }
      default: #expect(try NPYHeaderParser.length(prefix: start) == whole.count)
      }
    }
  }

  /// What a header says is what its bytes say, or it is refused.
  private func check(_ bytes: [UInt8], fileSize: Int) -> Bool {
    do throws(NPYHeaderError) {
      let header = try NPYHeaderParser.parse(bytes, fileSize: fileSize)
      let digits = String(decoding: bytes[header.rowDigits], as: UTF8.self)
      return (1...64).contains(header.shape.count)
        && header.shape.allSatisfy { $0 >= 0 }
        && header.count == header.shape.reduce(1, *)
        && header.dataOffset <= bytes.count
        && header.dataOffset + header.count * header.elementType.size <= fileSize
        && digits == String(header.shape[0])
    } catch {
      return !error.description.isEmpty
        && error.description.utf8.count < 200
        && error.description.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
    }
  }

  @Test("random changes", arguments: 0..<10)
  func mutations(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for round in 0..<10_000 {
      var bytes = HandmadeHeader.various[round % HandmadeHeader.various.count].bytes
      HeaderMutation.apply(to: &bytes, using: &random)
      let fileSize = bytes.count + (Bool.random(using: &random) ? 0 : 1 << 40)
      if !check(bytes, fileSize: fileSize) { Issue.record("seed \(seed), round \(round): \(bytes)") }
    }
  }
}
