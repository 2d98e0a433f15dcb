import TestSupport

/// Random changes to the bytes of a `.npy` header.
enum HeaderMutation {
  private static let tokens = [
    "{", "}", "(", ")", "[", "]", "'", "\"", ",", ":", "L", "-", "+", "0", "1", "9", "5", "99999999999999999999", " ",
    "\n",
    "\\", "\u{0}", "\u{7F}", "é", "\u{10FFFF}", "True", "False", "None", "descr", "fortran_order", "shape",
    "'descr': '<f8', ",
    "'shape': (5,), ", "(0,)", "(9223372036854775807, 0, 2)", "<", ">", "|", "f8", "i1",
  ].map { Array($0.utf8) }

  static func apply(to bytes: inout [UInt8], using random: inout SeededGenerator) {
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      // Mostly in the text: what is before it is five fields.
      let lowest = bytes.count > 10 && Int.random(in: 0..<8, using: &random) > 0 ? 10 : 0
      let place = Int.random(in: lowest...bytes.count, using: &random)
      let end = min(bytes.count, place + Int.random(in: 0...12, using: &random))
      switch Int.random(in: 0..<6, using: &random) {
      case 0 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: bytes.removeSubrange(place..<end)
      case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
      default:
        let token = tokens[Int.random(in: 0..<tokens.count, using: &random)]
        bytes.replaceSubrange(place..<min(end, place + token.count), with: token)
      }
    }
    // Half of them have a length that fits, so that the text is looked at.
    if bytes.count >= 10, Bool.random(using: &random) {
      bytes[6] = 1
      bytes[7] = 0
      bytes[8] = UInt8(truncatingIfNeeded: bytes.count - 10)
      bytes[9] = UInt8(truncatingIfNeeded: (bytes.count - 10) >> 8)
    }
  }
}
