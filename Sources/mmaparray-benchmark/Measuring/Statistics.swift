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
