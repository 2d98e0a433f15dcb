/// What can be computed over a range.
public enum AggregateOperation: Sendable, CaseIterable {
  case sum
  case minimum
  case maximum
  case mean
  /// Of the population, as NumPy's `var`.
  case variance
  /// Of the population, as NumPy's `std`.
  case standardDeviation
  case indexOfMinimum
  case indexOfMaximum
  case first
  case last
  case count
}

/// The result of one operation.
public enum AggregateResult<Element: AggregatableElement>: Equatable, Sendable {
  /// The exact sum of integers.
  case integer(Int128)
  /// A value in the element's type: extremes of all types, and all values computed of floats.
  case element(Element)
  /// The mean, variance or deviation of integers.
  case double(Double)
  /// The index of an extreme, or a count.
  case index(Int)
  /// There is none: the range is empty.
  case none
}

/// Several operations over one range, in as few passes as they need. For each pass all elements of the range are handed
/// over in slices:
///
///     for pass in 0..<aggregation.passCount {
///       if pass > 0 { aggregation.beginNextPass() }
///       for slice in slices { aggregation.consume(slice) }
///     }
///     let results = aggregation.finish()
///
/// Every slice but the last should be a multiple of `ElementView.blockCount` elements: then the results are the same
/// to the last bit for every slicing.
@_documentation(visibility: internal)
public struct Aggregation<Element: AggregatableElement>: Sendable {
  private let operations: [AggregateOperation]
  private var startIndex: Int
  private var isFirstPass = true
  private var count = 0
  private var first: Element?
  private var last: Element?
  private var total = Element.emptyTotal
  private var isTotalled = false
  private var minimum: RunningExtreme<Element>?
  private var maximum: RunningExtreme<Element>?
  private var mean = 0.0
  private var squares: PairwiseSum?
  private var squareCount = 0

  /// Prepares the operations; the first element that is handed over has the index `startIndex`.
  package init(_ operations: [AggregateOperation], startIndex: Int = 0) {
    self.operations = operations
    self.startIndex = startIndex
    for operation in operations {
      switch operation {
      case .sum, .mean, .variance, .standardDeviation: isTotalled = true
      case .minimum, .indexOfMinimum: minimum = RunningExtreme(.minimum)
      case .maximum, .indexOfMaximum: maximum = RunningExtreme(.maximum)
      case .first, .last, .count: break
      }
    }
  }

  /// How often the range has to be handed over: 2 for a variance or deviation, as the mean comes first, else 1.
  package var passCount: Int {
    operations.contains { $0 == .variance || $0 == .standardDeviation } ? 2 : 1
  }

  /// Takes in the next elements of the range; all operations see a block while it is in the cache. O(n).
  // Compiled here, where the kernels behind it are specialised: an importing module's copies of them would not be.
  @export(interface)
  package mutating func consume(_ elements: ElementView<Element>) { Element.aggregate(elements, into: &self) }

  @inline(__always)
  fileprivate mutating func take(_ block: ElementView<Element>) {
    if isFirstPass {
      add(block)
    } else {
      squares?.add(Element.squaredDeviations(of: block, from: mean))
      squareCount &+= block.count
    }
  }

  private mutating func add(_ block: ElementView<Element>) {
    if isTotalled {
      Element.add(block, to: &total)
    }
    guard block.count > 0 else { return }
    first = first ?? block[0]
    last = block[block.count &- 1]
    addExtremes(of: block, at: startIndex &+ count)
    count &+= block.count
  }

  private mutating func addExtremes(of block: ElementView<Element>, at position: Int) {
    if minimum != nil, maximum != nil {
      let extremes = Element.extremes(of: block)
      minimum?.add(extremes.minimum, at: position)
      maximum?.add(extremes.maximum, at: position)
    } else {
      minimum?.add(block, at: position)
      maximum?.add(block, at: position)
    }
  }

  // MARK: Parts

  /// The same operations in the same pass over a part of the range, for which nothing has been handed over: parts can be
  /// computed anywhere and in any order, and are added in the order of their elements.
  ///
  /// - Parameter startIndex: the index of the part's first element.
  package func part(from startIndex: Int) -> Aggregation {
    var part = Aggregation(operations, startIndex: startIndex)
    part.isFirstPass = isFirstPass
    part.mean = mean
    if !isFirstPass { part.squares = PairwiseSum() }
    return part
  }

  /// Takes in a part, whose elements follow those that have been taken in. Where each part but the last consists of the
  /// same power of two of blocks, results are the same to the last bit as those of the elements one after the other.
  package mutating func add(_ part: Aggregation) {
    if isFirstPass {
      Element.add(part.total, to: &total)
      first = first ?? part.first
      last = part.last ?? last
      if let other = part.minimum { minimum?.add(other) }
      if let other = part.maximum { maximum?.add(other) }
      count &+= part.count
    } else {
      if let other = part.squares { squares?.add(other) }
      squareCount &+= part.squareCount
    }
  }

  /// Ends the first pass: the range follows once more from its first element on.
  package mutating func beginNextPass() {
    isFirstPass = false
    mean = totalMean ?? 0
    squares = PairwiseSum()
    squareCount = 0
  }

  /// The results, in the order of the operations.
  package func finish() -> [AggregateResult<Element>] {
    operations.map { operation in
      switch operation {
      case .sum: Element.sum(of: total)
      case .mean: totalMean.map(Element.statistic) ?? .none
      case .variance: variance.map(Element.statistic) ?? .none
      case .standardDeviation: variance.map { Element.statistic($0.squareRoot()) } ?? .none
      case .minimum: minimum?.value.map(AggregateResult.element) ?? .none
      case .maximum: maximum?.value.map(AggregateResult.element) ?? .none
      case .indexOfMinimum: minimum?.index.map(AggregateResult.index) ?? .none
      case .indexOfMaximum: maximum?.index.map(AggregateResult.index) ?? .none
      case .first: first.map(AggregateResult.element) ?? .none
      case .last: last.map(AggregateResult.element) ?? .none
      case .count: .index(count)
      }
    }
  }

  private var totalMean: Double? {
    count > 0 ? Element.mean(of: total, count: count) : nil
  }

  private var variance: Double? {
    guard let squares, squareCount > 0 else { return nil }
    return squares.sum / Double(squareCount)
  }
}

extension AggregatableElement {
  public static func aggregate(_ elements: ElementView<Self>, into aggregation: inout Aggregation<Self>) {
    elements.forEachSlice(of: ElementView<Self>.blockCount) { block, _ in
      aggregation.take(block)
      return true
    }
  }
}
