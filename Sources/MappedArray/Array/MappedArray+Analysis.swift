// What is computed of many elements: in vectorised loops, whatever their alignment. A range is cut to the elements that
// there are, and all of it is the default.
extension MappedArray where Element: MappableElement {
  /// The least element, as NumPy's `min`: NaN if there is one; nil of nothing.
  ///
  /// - Throws: `.fault` if a part of the range is gone.
  /// - Complexity: O(n).
  public borrowing func min(in range: Range<Int> = 0..<Int.max) throws(MappedArrayError) -> Element? {
    try extreme(.minimum, in: range)
  }

  /// The greatest element, as NumPy's `max`: NaN if there is one; nil of nothing.
  ///
  /// - Throws: `.fault` if a part of the range is gone.
  /// - Complexity: O(n).
  public borrowing func max(in range: Range<Int> = 0..<Int.max) throws(MappedArrayError) -> Element? {
    try extreme(.maximum, in: range)
  }

  /// The arithmetic mean; nil of nothing. Of integers it is that of the exact sum, rounded once.
  ///
  /// - Throws: `.fault` if a part of the range is gone.
  /// - Complexity: O(n).
  public borrowing func mean(in range: Range<Int> = 0..<Int.max) throws(MappedArrayError) -> Double? {
    let count = range.clamped(to: indices).count
    let total = try total(of: range)
    return count > 0 ? Element.mean(of: total, count: count) : nil
  }

  /// Several results over one range, in as few passes as they need.
  ///
  ///     let results = try prices.aggregate([.mean, .standardDeviation, .indexOfMaximum])
  ///
  /// - Returns: a result for each operation, in their order. Types and NaN are as NumPy has them.
  /// - Throws: `.fault` if a part of the range is gone.
  /// - Complexity: O(n), twice if there is a variance or a standard deviation among them.
  public borrowing func aggregate(
    _ operations: [AggregateOperation], in range: Range<Int> = 0..<Int.max
  ) throws(MappedArrayError) -> [AggregateResult<Element>] {
    let range = range.clamped(to: indices)
    var aggregation = Aggregation<Element>(operations, startIndex: range.lowerBound)
    for pass in 0..<aggregation.passCount {
      if pass > 0 { aggregation.beginNextPass() }
      withElements(in: range) { aggregation.consume($0) }
    }
    try file.checkFault()
    return aggregation.finish()
  }

  /// The index of the first element that equals `value`; NaN equals NaN here.
  ///
  /// - Throws: `.fault` if a part of the range is gone.
  /// - Complexity: O(n).
  public borrowing func firstIndex(
    of value: Element, in range: Range<Int> = 0..<Int.max
  ) throws(MappedArrayError) -> Int? {
    let range = range.clamped(to: indices)
    let index = withElements(in: range) { Element.firstIndex(of: value, in: $0) }
    try file.checkFault()
    return index.map { range.lowerBound + $0 }
  }

  /// The indexes of the elements that compare so with a value, in ascending order.
  ///
  ///     let losses = try returns.indexes(where: .less, than: 0)
  ///
  /// - Parameters:
  ///   - comparison: how an element must compare. Nothing is less than NaN, or equal to it.
  ///   - value: what it is compared with.
  ///   - range: where to look.
  ///   - limit: how many indexes are wanted at most.
  /// - Throws: `.fault` if a part of the range is gone.
  /// - Complexity: O(n), and 8 bytes for each index.
  public borrowing func indexes(
    where comparison: Comparison, than value: Element, in range: Range<Int> = 0..<Int.max, limit: Int = .max
  ) throws(MappedArrayError) -> [Int] {
    let range = range.clamped(to: indices)
    var finder = Finder<Element>(comparison, value, startIndex: range.lowerBound, limit: limit)
    withElements(in: range) { finder.consume($0) }
    try file.checkFault()
    return finder.takeIndexes()
  }

  /// Where `value` belongs in elements that are sorted, as `numpy.searchsorted`: NaN comes after every number.
  ///
  /// - Throws: `.fault` if a part of what was looked at is gone.
  /// - Complexity: O(log n).
  @inlinable
  @inline(__always)
  public borrowing func insertionIndex(
    of value: Element, side: SearchSide = .left
  ) throws(MappedArrayError) -> Int {
    let index = withElements(in: indices) { Element.insertionIndex(of: value, in: $0, side: side) }
    try file.checkFault()
    return index
  }

  private borrowing func extreme(_ extreme: Extreme, in range: Range<Int>) throws(MappedArrayError) -> Element? {
    var best = RunningExtreme<Element>(extreme)
    withElements(in: range) { elements in
      elements.forEachSlice(of: ElementView<Element>.blockCount) { block, start in
        best.add(block, at: start)
        return true
      }
    }
    try file.checkFault()
    return best.value
  }

  fileprivate borrowing func total(of range: Range<Int>) throws(MappedArrayError) -> Element.Total {
    var total = Element.emptyTotal
    withElements(in: range) { elements in
      elements.forEachSlice(of: ElementView<Element>.blockCount) { block, _ in
        Element.add(block, to: &total)
        return true
      }
    }
    try file.checkFault()
    return total
  }
}

extension MappedArray where Element: MappableElement, Element.Key: FixedWidthInteger, Element.Total == Int128 {
  /// The exact sum, of truth values how many are true; 0 of nothing.
  ///
  /// - Throws: `.fault` if a part of the range is gone.
  /// - Complexity: O(n).
  public borrowing func sum(in range: Range<Int> = 0..<Int.max) throws(MappedArrayError) -> Int128 {
    try total(of: range)
  }
}

extension MappedArray where Element: MappableElement & BinaryFloatingPoint, Element.Total == PairwiseSum {
  /// The sum, added up in pairs and in double precision, then rounded to the element's; 0 of nothing.
  ///
  /// - Throws: `.fault` if a part of the range is gone.
  /// - Complexity: O(n).
  public borrowing func sum(in range: Range<Int> = 0..<Int.max) throws(MappedArrayError) -> Element {
    Element(try total(of: range).sum)
  }
}
