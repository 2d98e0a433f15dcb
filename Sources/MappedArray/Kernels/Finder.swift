/// Finds the elements of a range that compare so with a value. The range is handed over in slices of any size.
package struct Finder<Element: AggregatableElement>: Sendable {
  private let comparison: Comparison
  private let value: Element
  private var remaining: Int
  private var position: Int
  private var indexes: [Int] = []

  /// Looks for at most `limit` elements; the first one that is handed over has the index `startIndex`.
  package init(_ comparison: Comparison, _ value: Element, startIndex: Int = 0, limit: Int = .max) {
    self.comparison = comparison
    self.value = value
    self.remaining = max(limit, 0)
    self.position = startIndex
  }

  /// Whether the limit is reached, so that more elements would make no difference.
  package var isFinished: Bool { remaining == 0 }

  /// Looks through the next elements of the range. O(n), and 8 bytes for each found.
  // As `Aggregation.consume`.
  @export(interface)
  package mutating func consume(_ elements: ElementView<Element>) {
    let before = indexes.count
    Element.appendMatches(
      of: comparison, with: value, in: elements, offset: position, limit: remaining, to: &indexes
    )
    remaining &-= indexes.count &- before
    position &+= elements.count
  }

  /// The same search, which begins at an index of its own.
  package func moved(to startIndex: Int) -> Finder {
    Finder(comparison, value, startIndex: startIndex, limit: remaining)
  }

  /// Hands over the indexes found since the last call, in ascending order. After the last slice this is the result; in
  /// between it keeps the memory in use bounded.
  package mutating func takeIndexes() -> [Int] {
    defer { indexes = [] }
    return indexes
  }
}
