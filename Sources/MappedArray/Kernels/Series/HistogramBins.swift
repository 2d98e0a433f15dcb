/// Bins of equal width.
public struct HistogramBins: Sendable {
  /// How many there are.
  let count: Int
  /// Of floats: where each bin begins, and where the last one ends.
  fileprivate var edges: [Double] = []
  /// Of integers: how far behind the least one that counts each bin begins. Those that no element can be in are left out.
  fileprivate var offsets: [UInt64] = []
  /// The least integer that counts, as its lowest 64 bits, and how far the greatest is behind it; nil if none counts.
  fileprivate var base: UInt64 = 0
  fileprivate var width: UInt64?
  /// How many bins there are to a unit, and where the least integer that counts would be.
  fileprivate var scale = 0.0
  fileprivate var shift = 0.0

  /// The bin that a number is in, or one nearby.
  @inline(__always)
  fileprivate func guess(_ place: Double, _ last: Int) -> Int {
    // False also for NaN.
    place > 0 ? (place < Double(last) ? Int(place) : last) : 0
  }
}

/// The last edge that is not above a value, which the guess most often is.
@inline(__always)
private func lastEdge<Value: Comparable>(
  _ value: Value, near guess: Int, _ edges: UnsafePointer<Value>, last: Int
) -> Int {
  if edges[guess] <= value, guess == last || value < edges[guess &+ 1] { return guess }
  var (low, high) = (0, last)
  while low < high {
    let middle = (low &+ high &+ 1) &>> 1
    if edges[middle] <= value { low = middle } else { high = middle &- 1 }
  }
  return low
}

/// The edges of bins as `numpy.linspace` computes them in a type; nil if they are not finite or not apart.
private func linearEdges<Value: BinaryFloatingPoint>(from start: Value, to stop: Value, count: Int) -> [Value]? {
  let step = (stop - start) / Value(count)
  var edges = (0...count).map { Value($0) * step + start }
  edges[count] = stop
  guard start.isFinite, stop.isFinite, step.isFinite else { return nil }
  return zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 } ? edges : nil
}

extension AggregatableElement where Key: FixedWidthInteger, Total == Int128 {
  public static func bins(
    _ count: Int, between bounds: HistogramBounds?, extremes: (minimum: Self, maximum: Self)?
  ) throws(HistogramError) -> HistogramBins {
    let bounds = bounds ?? .integers(Int128(extremes?.minimum.key ?? 0), Int128(extremes?.maximum.key ?? 0))
    switch bounds {
    case .integers(let low, let high):
      guard Swift.max(low.magnitude, high.magnitude) > 1 << 53 else {
        return try bins(count, from: Double(low), to: Double(high))
      }
      // Two equal bounds are moved apart by a half each.
      let (unit, start, span) = low == high ? (Int128(2), low * 2 - 1, Int128(2)) : (1, low, high - low)
      let (parts, divisor) = (Int128(count), unit * Int128(count))
      // Small beside 2¹²⁷: the bounds are of 65 bits, and there are no more bins than memory has room for.
      let thresholds = (0..<count).map { quotient(roundedUp: start * parts + Int128($0) * span, divisor) }
      return bins(thresholds, upTo: high, from: Double(start) / Double(unit), width: Double(span) / Double(unit))
    case .doubles(let low, let high): return try bins(count, from: low, to: high)
    }
  }

  private static func bins(_ count: Int, from low: Double, to high: Double) throws(HistogramError) -> HistogramBins {
    let (start, stop) = low == high ? (low - 0.5, high + 0.5) : (low, high)
    guard let edges = linearEdges(from: start, to: stop, count: count) else { throw .narrow(low: low, high: high) }
    return bins(
      edges.dropLast().map { integer($0.rounded(.up)) }, upTo: integer(stop.rounded(.down)), from: start,
      width: stop - start)
  }

  /// - Parameter thresholds: the least integer of each bin, or what would be that.
  private static func bins(
    _ thresholds: [Int128], upTo high: Int128, from start: Double, width: Double
  ) -> HistogramBins {
    var bins = HistogramBins(count: thresholds.count)
    let least = Swift.max(thresholds[0], Int128(Key.min))
    let greatest = Swift.min(high, Int128(Key.max))
    guard least <= greatest else { return bins }
    bins.base = UInt64(truncatingIfNeeded: least)
    bins.width = UInt64(clamping: greatest - least)
    bins.offsets = thresholds.prefix { $0 <= greatest }.map { UInt64(clamping: $0 - least) }
    bins.scale = Double(thresholds.count) / width
    bins.shift = (Double(least) - start) * bins.scale
    return bins
  }

  private static func quotient(roundedUp dividend: Int128, _ divisor: Int128) -> Int128 {
    let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
    return remainder > 0 ? quotient + 1 : quotient
  }

  /// Far enough outside of all types where it would not fit.
  private static func integer(_ value: Double) -> Int128 { Int128(Swift.max(-0x1p100, Swift.min(value, 0x1p100))) }

  /// How many elements of a slice are in each bin. O(n).
  public static func binCounts(of slice: ElementView<Self>, in bins: HistogramBins) -> [UInt32] {
    var counts = [UInt32](repeating: 0, count: bins.count)
    guard let width = bins.width, let last = bins.offsets.indices.last else { return counts }
    counts.withUnsafeMutableBufferPointer { counts in
      bins.offsets.withUnsafeBufferPointer { offsets in
        guard let counts = counts.baseAddress, let offsets = offsets.baseAddress else { return }
        let isNarrow = width <= UInt64(Int64.max)
        for index in 0..<slice.count {
          // One that is below the least wraps around to more than the width.
          let offset = UInt64(truncatingIfNeeded: slice[index].key) &- bins.base
          guard offset <= width else { continue }
          let place = isNarrow ? Double(Int64(bitPattern: offset)) : Double(offset)
          let bin = lastEdge(offset, near: bins.guess(place * bins.scale + bins.shift, last), offsets, last: last)
          counts[bin] &+= 1
        }
      }
    }
    return counts
  }
}

extension AggregatableElement where Self: BinaryFloatingPoint, Total == PairwiseSum {
  public static func bins(
    _ count: Int, between bounds: HistogramBounds?, extremes: (minimum: Self, maximum: Self)?
  ) throws(HistogramError) -> HistogramBins {
    var bins = HistogramBins(count: count)
    if case .doubles(var low, var high)? = bounds {
      if low == high { (low, high) = (low - 0.5, high + 0.5) }
      // Computed as doubles, and then of the elements' type.
      let edges = linearEdges(from: low, to: high, count: count)?.map { Double(Self($0)) } ?? []
      guard !edges.isEmpty, edges.allSatisfy(\.isFinite), zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }) else {
        throw .narrow(low: low, high: high)
      }
      bins.edges = edges
    } else {
      var (low, high) = extremes ?? (0, 1)
      guard low.isFinite, high.isFinite else {
        throw .infinite(least: low.doubleValue, greatest: high.doubleValue)
      }
      if low == high { (low, high) = (low - 0.5, high + 0.5) }
      guard let edges = linearEdges(from: low, to: high, count: count) else {
        throw .narrow(low: low.doubleValue, high: high.doubleValue)
      }
      bins.edges = edges.map(Double.init)
    }
    bins.scale = Double(count) / (bins.edges[count] - bins.edges[0])
    return bins
  }

  /// How many elements of a slice are in each bin. O(n).
  public static func binCounts(of slice: ElementView<Self>, in bins: HistogramBins) -> [UInt32] {
    var counts = [UInt32](repeating: 0, count: bins.count)
    counts.withUnsafeMutableBufferPointer { counts in
      bins.edges.withUnsafeBufferPointer { edges in
        guard let counts = counts.baseAddress, let edges = edges.baseAddress else { return }
        let last = bins.count &- 1
        let (low, high) = (edges[0], edges[bins.count])
        for index in 0..<slice.count {
          let value = slice[index].doubleValue
          guard value >= low, value <= high else { continue }
          let bin = lastEdge(value, near: bins.guess((value - low) * bins.scale, last), edges, last: last)
          counts[bin] &+= 1
        }
      }
    }
    return counts
  }
}
