/// The digits and the exponent of a text.
struct ScannedDecimal {
  /// The first 19 digits, from the first that is not zero.
  let significand: UInt64
  /// The number is `significand * 10^exponent`, or more if ``isTruncated``. Not limited to what floats can hold.
  let exponent: Int
  /// Whether digits were left out, zeros or not. Then the number is less than `(significand + 1) * 10^exponent`.
  let isTruncated: Bool

  /// Scans the rest of a text; nil unless all of it is a decimal number.
  @inline(__always)
  init?(_ text: ByteCursor) {
    var scan = text
    var significand: UInt64 = 0
    Self.skipDigits(&scan, into: &significand)
    var digitCount = scan.position - text.position
    var exponent = 0
    if scan.skip(UInt8(ascii: ".")) {
      let point = scan.position
      while let eight = scan.skipEightDigits() { significand = significand &* 100_000_000 &+ eight }
      Self.skipDigits(&scan, into: &significand)
      exponent = point - scan.position
      digitCount &-= exponent
    }
    guard digitCount > 0 else { return nil }
    var written = 0
    if scan.skip(UInt8(ascii: "e")) || scan.skip(UInt8(ascii: "E")) {
      guard let exponent = Self.exponent(&scan) else { return nil }
      written = exponent
    }
    guard scan.remaining == 0 else { return nil }
    self =
      digitCount <= 19
      ? ScannedDecimal(significand: significand, exponent: exponent &+ written, isTruncated: false)
      : Self.limited(text, written: written)
  }

  @inline(__always)
  private init(significand: UInt64, exponent: Int, isTruncated: Bool) {
    self.significand = significand
    self.exponent = exponent
    self.isTruncated = isTruncated
  }

  /// Moves past digits. More than 19 overflow `significand`, for good.
  @inline(__always)
  private static func skipDigits(_ scan: inout ByteCursor, into significand: inout UInt64) {
    while let digit = scan.skipDigit() { significand = significand &* 10 &+ digit }
  }

  /// The exponent after the `e`; one that no text's digits could make up for is not made any larger.
  private static func exponent(_ scan: inout ByteCursor) -> Int? {
    let isNegative = scan.skipSign()
    guard var magnitude = scan.skipDigit() else { return nil }
    while let digit = scan.skipDigit() {
      if magnitude < 1 &<< 56 { magnitude = magnitude &* 10 &+ digit }
    }
    let exponent = Int(truncatingIfNeeded: magnitude)
    return isNegative ? 0 &- exponent : exponent
  }

  /// Scans again, for the first 19 digits from the first that is not zero.
  ///
  /// - Parameter written: the exponent after the `e`.
  @inline(never)
  private static func limited(_ text: ByteCursor, written: Int) -> ScannedDecimal {
    var scan = text
    var isFraction = false
    var isTruncated = false
    var kept = 0
    var significand: UInt64 = 0
    var exponent = written
    while true {
      if let digit = scan.skipDigit() {
        if kept < 19 {
          significand = significand &* 10 &+ digit
          if significand != 0 { kept &+= 1 }
          if isFraction { exponent &-= 1 }
        } else {
          isTruncated = true
          if !isFraction { exponent &+= 1 }
        }
      } else if !isFraction && scan.skip(UInt8(ascii: ".")) {
        isFraction = true
      } else {
        return ScannedDecimal(significand: significand, exponent: exponent, isTruncated: isTruncated)
      }
    }
  }

  /// All digits from the first that is not zero, as a number, up to a count that tells any number from the halfway case
  /// next to it (which has at most 767 digits).
  ///
  /// - Parameter text: what the decimal was scanned from.
  /// - Returns: the number, its power of ten, and whether anything but zeros was left out.
  func allDigits(of text: ByteCursor) -> (digits: NaturalNumber, exponent: Int, hasMore: Bool) {
    guard isTruncated else { return (NaturalNumber(significand), exponent, false) }
    var digits = NaturalNumber(0)
    var count = 0
    var chunk: UInt64 = 0
    var scan = text
    while let byte = scan.next() {
      let digit = UInt64(truncatingIfNeeded: byte &- UInt8(ascii: "0"))
      if digit > 9 {
        if byte == UInt8(ascii: ".") { continue }
        break
      }
      if count == 0 && digit == 0 { continue }
      if count == Self.chunkDigits * Self.maximumChunks {
        if digit != 0 { return (digits, exponent - count + 19, true) }
        continue
      }
      chunk = chunk * 10 + digit
      count += 1
      if count % Self.chunkDigits == 0 {
        digits.multiply(by: Self.chunkPower, adding: chunk)
        chunk = 0
      }
    }
    for _ in 0..<(count % Self.chunkDigits) { digits.multiply(by: 10) }
    digits.multiply(by: 1, adding: chunk)
    return (digits, exponent - count + 19, false)
  }

  private static let chunkDigits = 16
  private static let chunkPower: UInt64 = 10_000_000_000_000_000
  private static let maximumChunks = 50
}
