/// Between what elements are counted.
public enum HistogramBounds: Equatable, Sendable {
  case integers(Int128, Int128)
  case doubles(Double, Double)
}

/// Why there is no histogram.
public enum HistogramError: Error, Equatable, Sendable {
  /// The least or the greatest element is infinite or NaN.
  case infinite(least: Double, greatest: Double)
  /// So many bins between these bounds would have no width in the type of their edges.
  case narrow(low: Double, high: Double)
}

/// How many elements of a range are in each of some bins of equal width, the last of which is closed: `numpy.histogram`.
///
/// The edges of the bins are NumPy's. Integers are compared with them as integers; where these are beyond 2⁵³, which is
/// as far as doubles tell them apart, the edges are exact too.
public struct Histogram<Element: AggregatableElement>: RangeComputation {
  public enum Pass: Sendable {
    case extremes
    case counts(HistogramBins)
  }

  public enum Part: Sendable {
    case extremes(minimum: Element, maximum: Element)
    case nothing
    case counts([UInt32])
  }

  private enum Stage {
    case begun, looking, counting
  }

  private let bounds: HistogramBounds?
  private let isEmpty: Bool
  private var stage = Stage.begun
  private var extremes: (minimum: Element, maximum: Element)?
  /// How many elements are in each bin.
  public private(set) var counts: [UInt64]
  public private(set) var error: HistogramError?

  /// - Parameters:
  ///   - binCount: at least 1.
  ///   - bounds: the least and the greatest element if nil; of none, 0 and 1.
  ///   - isEmpty: whether the range is.
  public init(binCount: Int, between bounds: HistogramBounds?, isEmpty: Bool) {
    self.bounds = bounds
    self.isEmpty = isEmpty
    counts = [UInt64](repeating: 0, count: max(binCount, 1))
  }

  public var mostBytes: Int { counts.count &* MemoryLayout<UInt64>.stride }

  public mutating func nextPass() -> Pass? {
    guard !isEmpty, error == nil else { return nil }
    switch stage {
    case .begun where bounds == nil:
      stage = .looking
      return .extremes
    case .begun, .looking:
      stage = .counting
      // Nothing was found: the elements are gone by now.
      guard bounds != nil || extremes != nil else { return nil }
      do throws(HistogramError) {
        return .counts(try Element.bins(counts.count, between: bounds, extremes: extremes))
      } catch {
        self.error = error
        return nil
      }
    case .counting: return nil
    }
  }

  public static func read(_ slice: ElementView<Element>, at index: Int, in pass: Pass) -> Part {
    switch pass {
    case .counts(let bins): return .counts(Element.binCounts(of: slice, in: bins))
    case .extremes:
      var extremes: (minimum: Element, maximum: Element)?
      slice.forEachSlice(of: ElementView<Element>.blockCount) { block, _ in
        let (minimum, maximum) = Element.extremes(of: block)
        extremes = widest(extremes, (minimum.value, maximum.value))
        return true
      }
      return extremes.map { .extremes(minimum: $0.minimum, maximum: $0.maximum) } ?? .nothing
    }
  }

  public mutating func take(_ part: Part) {
    switch part {
    case .nothing: break
    case .extremes(let minimum, let maximum): extremes = Self.widest(extremes, (minimum, maximum))
    case .counts(let part): for (bin, count) in part.enumerated() { counts[bin] &+= UInt64(count) }
    }
  }

  private static func widest(
    _ extremes: (minimum: Element, maximum: Element)?, _ others: (minimum: Element, maximum: Element)
  ) -> (minimum: Element, maximum: Element) {
    guard let extremes else { return others }
    // NaN stays.
    if extremes.minimum != extremes.minimum || others.minimum != others.minimum {
      return extremes.minimum != extremes.minimum ? extremes : others
    }
    return (min(extremes.minimum, others.minimum), max(extremes.maximum, others.maximum))
  }
}
