import TestSupport
import Testing

@testable import mmaparray_benchmark

struct StatisticsTests {
  @Test(
    "quantiles, as NumPy's",
    arguments: [
      ([3], 0.5, 3), ([1, 2], 0.5, 1.5), ([1, 2, 3, 4], 0.25, 1.75), ([1, 2, 3, 4, 5], 0.75, 4), ([1, 9], 0, 1),
      ([1, 9], 1, 9), ([1, 9], 2, 9), ([1, 9], -1, 1),
    ] as [([Double], Double, Double)])
  func quantiles(sorted: [Double], part: Double, expected: Double) {
    #expect(quantile(part, of: sorted) == expected)
  }

  @Test("the spread of figures in any order")
  func spread() throws {
    let spread = try #require(Spread([5, 1, 4, 2, 3]))
    #expect(spread == Spread([1, 2, 3, 4, 5]))
    #expect((spread.lowerQuartile, spread.median, spread.upperQuartile) == (2, 3, 4))
    #expect(Spread([]) == nil)
  }

  @Test("random figures are the same in every run")
  func generator() {
    // The first figures of the reference implementation, https://prng.di.unimi.it/splitmix64.c.
    var random = SeededGenerator(seed: 1_234_567)
    #expect(random.next() == 6_457_827_717_110_365_317)
    #expect(random.next() == 3_203_168_211_198_807_973)
  }
}
