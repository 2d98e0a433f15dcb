import Testing

@testable import DecimalText

@Suite struct PowersOfTenTests {
  /// Each entry times 2^k is at most the power, and the entry plus one is more. Exact entries are equal.
  @Test func entriesAreFloors() {
    for exponent in PowersOfTen.exponents {
      let (high, low) = PowersOfTen.shared[exponent]
      #expect(high >> 63 == 1)
      // The exact steps round inexact powers up by adding one to the lower word.
      #expect(low < .max)
      let scale = PowersOfTen.binaryExponent(exponent) - 127
      #expect(order(high, low, scale, exponent) <= 0, "10^\(exponent)")
      #expect(order(high, low + 1, scale, exponent) > 0, "10^\(exponent)")
      let isExact = order(high, low, scale, exponent) == 0
      #expect(isExact == PowersOfTen.exactExponents.contains(exponent), "10^\(exponent)")
    }
  }

  /// Compares `(high * 2^64 + low) * 2^scale` with `10^exponent`.
  private func order(_ high: UInt64, _ low: UInt64, _ scale: Int, _ exponent: Int) -> Int {
    var entry = NaturalNumber(high)
    entry.shiftLeft(by: 64)
    entry.multiply(by: 1, adding: low)
    entry.shiftLeft(by: max(scale, 0))
    entry.multiply(byTenToThe: max(-exponent, 0))
    var power = NaturalNumber(1)
    power.multiply(byTenToThe: max(exponent, 0))
    power.shiftLeft(by: max(-scale, 0))
    return entry.compared(to: power)
  }
}
