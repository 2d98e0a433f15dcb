/// Reads bytes from the first to the last. Whoever has a cursor keeps the bytes alive.
struct ByteCursor {
  // Every read is preceded by a comparison with `end`.
  private(set) var position: UnsafePointer<UInt8>
  private let end: UnsafePointer<UInt8>

  /// nil if there are no bytes.
  @inline(__always)
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 0, let start = bytes.baseAddress else { return nil }
    position = start.assumingMemoryBound(to: UInt8.self)
    end = position + bytes.count
  }

  /// How many bytes are left.
  @inline(__always)
  var remaining: Int { end - position }

  /// The byte that was moved past.
  @inline(__always)
  mutating func next() -> UInt8? {
    guard position < end else { return nil }
    defer { position += 1 }
    return position.pointee
  }

  /// Moves past the next byte if there is one and it is `byte`.
  @inline(__always)
  mutating func skip(_ byte: UInt8) -> Bool {
    guard position < end, position.pointee == byte else { return false }
    position += 1
    return true
  }

  /// Moves past a sign, if there is one.
  ///
  /// - Returns: whether it is `-`.
  @inline(__always)
  mutating func skipSign() -> Bool {
    if skip(UInt8(ascii: "-")) { return true }
    _ = skip(UInt8(ascii: "+"))
    return false
  }

  /// The value of the next byte if there is one and it is a digit, which is moved past.
  @inline(__always)
  mutating func skipDigit() -> UInt64? {
    guard position < end else { return nil }
    let digit = UInt64(position.pointee) &- UInt64(UInt8(ascii: "0"))
    guard digit <= 9 else { return nil }
    position += 1
    return digit
  }

  /// The number that the next eight bytes spell if there are as many and all are digits, which are moved past.
  @inline(__always)
  mutating func skipEightDigits() -> UInt64? {
    guard remaining >= 8 else { return nil }
    let word = UnsafeRawPointer(position).loadUnaligned(as: UInt64.self)
    guard let value = DigitBytes.value(word) else { return nil }
    position += 8
    return value
  }

  /// Whether the rest is `word`, which is lowercase letters, in any case.
  func isRest(_ word: StaticString) -> Bool {
    guard remaining == word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { letters in
      letters.indices.allSatisfy { position[$0] | 0x20 == letters[$0] }
    }
  }
}
