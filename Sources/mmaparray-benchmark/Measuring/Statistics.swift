/// The middle of some figures and how far they spread: half of them lie between the quartiles.
struct Spread: Codable, Equatable {
  let median: Double
  let lowerQuartile: Double
  let upperQuartile: Double

  /// nil if there are no figures.
  init?(_ figures: [Double]) {
    let sorted = figures.sorted()
    guard let median = quantile(0.5, of: sorted), let lower = quantile(0.25, of: sorted),
      let upper = quantile(0.75, of: sorted)
    else { return nil }
    self.median = median
    lowerQuartile = lower
    upperQuartile = upper
  }
}

/// The value below which a part of the figures lies, interpolated between neighbours; nil if there are none.
///
/// - Parameters:
///   - part: 0 to 1.
///   - sorted: in ascending order.
func quantile(_ part: Double, of sorted: [Double]) -> Double? {
  guard let last = sorted.indices.last else { return nil }
  let position = min(max(part, 0), 1) * Double(last)
  let index = Int(position)
  let next = min(index + 1, last)
  return sorted[index] + (sorted[next] - sorted[index]) * (position - Double(index))
}

/// Splitmix64: the same figures in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed &>> 31)
  }
}
