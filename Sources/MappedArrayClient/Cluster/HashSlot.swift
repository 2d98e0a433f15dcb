/// The slots that a cluster divides keys among.
public enum HashSlot {
  /// How many there are.
  public static let count = 16384

  /// The slot of a key: of what stands between its first `{` and the next `}` if there is anything, else of all of it.
  ///
  /// - Complexity: O(bytes).
  public static func of(_ key: some ArgumentConvertible) -> Int {
    var bytes: [UInt8] = []
    key.argument.append(to: &bytes)
    return Int(checksum(of: tag(of: bytes)) % UInt16(count))
  }

  private static func tag(of key: [UInt8]) -> ArraySlice<UInt8> {
    guard let open = key.firstIndex(of: UInt8(ascii: "{")) else { return key[...] }
    let rest = key[(open + 1)...]
    guard let close = rest.firstIndex(of: UInt8(ascii: "}")), close > rest.startIndex else { return key[...] }
    return rest[..<close]
  }

  /// CRC-16 with the polynomial 0x1021, from 0 and not reflected (XMODEM).
  static func checksum(of bytes: some Sequence<UInt8>) -> UInt16 {
    bytes.reduce(0) { sum, byte in (sum << 8) ^ table[Int(UInt8(sum >> 8) ^ byte)] }
  }

  private static let table: [UInt16] = (0..<256).map { index in
    (0..<8).reduce(UInt16(index) << 8) { sum, _ in sum & 0x8000 == 0 ? sum << 1 : (sum << 1) ^ 0x1021 }
  }
}
