/// A natural number of any size, for the few places that must be exact: the table of powers of ten and halfway cases.
struct NaturalNumber {
  /// 64-bit words, least significant first; the last one is not zero.
  private(set) var words: [UInt64]

  init(_ value: UInt64) {
    words = value == 0 ? [] : [value]
  }

  /// Replaces `self` by `self * factor + addend`. O(words).
  mutating func multiply(by factor: UInt64, adding addend: UInt64 = 0) {
    var carry = addend
    for index in words.indices {
      let product = words[index].multipliedFullWidth(by: factor)
      let (low, overflow) = product.low.addingReportingOverflow(carry)
      words[index] = low
      // A product's high half is at most 2^64 - 2, so there is room for the carry.
      carry = product.high &+ (overflow ? 1 : 0)
    }
    if carry != 0 { words.append(carry) }
    trim()
  }

  /// Replaces `self` by `self * 10^exponent`. O(words * exponent).
  mutating func multiply(byTenToThe exponent: Int) {
    var remaining = exponent
    while remaining >= 19 {
      multiply(by: 10_000_000_000_000_000_000)
      remaining -= 19
    }
    for _ in 0..<max(remaining, 0) { multiply(by: 10) }
  }

  /// Replaces `self` by the floor of `self / divisor`; `divisor` is not zero. O(words).
  mutating func divide(by divisor: UInt64) {
    var remainder: UInt64 = 0
    for index in words.indices.reversed() {
      (words[index], remainder) = divisor.dividingFullWidth((remainder, words[index]))
    }
    trim()
  }

  /// Replaces `self` by `self * 2^count`. O(words).
  mutating func shiftLeft(by count: Int) {
    multiply(by: 1 &<< UInt64(count & 63))
    words.insert(contentsOf: repeatElement(0, count: words.isEmpty ? 0 : count / 64), at: 0)
  }

  /// The 128 bits that follow the leading zeros, more significant half first.
  var leadingBits: (high: UInt64, low: UInt64) {
    var top: [UInt64] = [0, 0, 0]
    for (index, word) in words.suffix(3).reversed().enumerated() { top[index] = word }
    let shift = UInt64(top[0].leadingZeroBitCount & 63)
    if shift == 0 { return (top[0], top[1]) }
    return (top[0] &<< shift | top[1] &>> (64 &- shift), top[1] &<< shift | top[2] &>> (64 &- shift))
  }

  /// -1, 0 or 1 as `self` is less than, equal to or greater than `other`. O(words).
  func compared(to other: NaturalNumber) -> Int {
    if words.count != other.words.count { return words.count < other.words.count ? -1 : 1 }
    for (mine, theirs) in zip(words, other.words).reversed() where mine != theirs {
      return mine < theirs ? -1 : 1
    }
    return 0
  }

  private mutating func trim() {
    while words.last == 0 { words.removeLast() }
  }
}
