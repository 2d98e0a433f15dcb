/// A binding as the server saves it, made by hand: anything may be in it, and its checksums are right.
struct SavedBinding {
  var path: [UInt8]
  var type: [UInt8] = Array("i8".utf8)
  /// 1: raw. 2: READONLY. 4, which is set by itself: with contents.
  var flags: UInt64 = 1
  /// Of one dimension.
  var contents: [UInt8]?

  /// What RESTORE takes.
  ///
  /// - Parameter dump: the DUMP of another key, for how the server names the data type and its version.
  func payload(like dump: [UInt8]) -> [UInt8] {
    let bytes = body(like: dump) + dump.suffix(10).prefix(2)
    return bytes + CRC64.bytes(of: bytes)
  }

  /// An RDB file with these bindings.
  static func snapshot(_ bindings: [(key: String, binding: SavedBinding)], like dump: [UInt8]) -> [UInt8] {
    var bytes = Array("REDIS0010".utf8) + [0xFE, 0]
    for (key, binding) in bindings {
      let body = binding.body(like: dump)
      bytes += [body[0]] + length(key.utf8.count) + Array(key.utf8) + body.dropFirst()
    }
    bytes.append(0xFF)
    return bytes + CRC64.bytes(of: bytes)
  }

  /// The type, the name of the module's type, the fields, and the mark of their end.
  private func body(like dump: [UInt8]) -> [UInt8] {
    var fields = SavedFields()
    fields.add(path)
    fields.add(type)
    fields.add(flags | (contents == nil ? 0 : 4))
    if let contents {
      for number in [contents.count, 1, contents.count] { fields.add(UInt64(number)) }
      if !contents.isEmpty { fields.add(contents) }
    }
    fields.add(fields.digest)
    return Array(dump.prefix(10)) + fields.bytes + [0]
  }

  /// A length as RDB files have it.
  fileprivate static func length(_ value: Int) -> [UInt8] { number(UInt64(value)) }

  fileprivate static func number(_ value: UInt64) -> [UInt8] {
    value < 64 ? [UInt8(value)] : [0x81] + (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
  }
}

/// The fields that a module saves, and the digest that this one does.
private struct SavedFields {
  private(set) var bytes: [UInt8] = []
  private(set) var digest: UInt64 = 0x9E37_79B9_7F4A_7C15

  mutating func add(_ number: UInt64) {
    bytes += [2] + SavedBinding.number(number)
    mix(number)
  }

  mutating func add(_ string: [UInt8]) {
    bytes += [5] + SavedBinding.length(string.count) + string
    mix(UInt64(string.count))
    let words = string.count / 8
    for word in 0..<words {
      mix(string[8 * word..<8 * word + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }
    for byte in string[(8 * words)...] { mix(UInt64(byte)) }
  }

  private mutating func mix(_ number: UInt64) {
    digest = (digest ^ number) &* 0xFF51_AFD7_ED55_8CCD
    digest ^= digest >> 32
  }
}

/// The checksum of RDB files and DUMP: "Jones", 64 bits.
enum CRC64 {
  static func bytes(of bytes: [UInt8]) -> [UInt8] {
    var checksum: UInt64 = 0
    for byte in bytes {
      checksum ^= UInt64(byte)
      for _ in 0..<8 { checksum = checksum >> 1 ^ (checksum & 1 == 1 ? 0x95AC_9329_AC4B_C9B5 : 0) }
    }
    return (0..<8).map { UInt8(truncatingIfNeeded: checksum >> (8 * $0)) }
  }
}
