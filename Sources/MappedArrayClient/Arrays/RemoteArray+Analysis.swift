extension RemoteArray {
  /// Aggregates of the elements of `range` that there are, computed by the server in one go.
  ///
  /// ```swift
  /// let (least, mean) = try temperatures.aggregate(.minimum, .mean, over: 0..<86_400)
  /// ```
  ///
  /// - Complexity: O(elements) on the server, a few bytes on the way.
  public func aggregate<each Value: ReplyValue & Sendable>(
    _ aggregates: repeat Aggregate<Element, each Value>, over range: Range<Int> = 0..<Int.max
  ) throws(ClientError) -> (repeat each Value) {
    var words = positions(of: range)
    for aggregate in repeat each aggregates { words.append(Argument(aggregate.name)) }
    var replies = try call("MMAP.AGG", words, as: [Reply].self)[...]
    return (repeat try (each Value)(replies.popFirst() ?? .null))
  }

  /// The indexes in `range` of elements that compare so with `value`, in order.
  ///
  /// ```swift
  /// let hot = try temperatures.indexes(of: .greater, 30)
  /// ```
  ///
  /// - Parameters:
  ///   - comparison: what an element has to be.
  ///   - value: what it is compared with.
  ///   - range: where to look.
  ///   - limit: how many to return at most; all if nil.
  /// - Complexity: O(elements) on the server.
  public func indexes(
    of comparison: Comparison, _ value: Element, in range: Range<Int> = 0..<Int.max, limit: Int? = nil
  ) throws(ClientError) -> [Int] {
    let limit: [Argument] = limit.map { ["LIMIT", Argument($0)] } ?? []
    return try call("MMAP.FIND", positions(of: range) + [Argument(comparison.rawValue), value.argument] + limit)
  }

  /// Where `value` belongs in an array that is sorted, as `numpy.searchsorted`.
  ///
  /// - Complexity: O(log *n*) on the server.
  public func searchSorted(_ value: Element, side: SearchSide = .left) throws(ClientError) -> Int {
    try call("MMAP.SEARCHSORTED", [value.argument, Argument(side.rawValue)])
  }

  /// A range as commands want it: both ends belong to it, and negative ones would count from the end.
  func positions(of range: Range<Int>) -> [Argument] {
    let range = range.clamped(to: 0..<Int.max)
    return range.isEmpty ? [1, 0] : [Argument(range.lowerBound), Argument(range.upperBound - 1)]
  }
}

/// Something that a server computes of elements, for ``RemoteArray/aggregate(_:over:)``, and the type of the result.
public struct Aggregate<Element: ArrayElement, Value: ReplyValue & Sendable>: Sendable {
  let name: String
}

extension Aggregate where Value == Element.Sum {
  /// The sum: exact for integers; 0 of nothing.
  public static var sum: Self { Self(name: "SUM") }
}

extension Aggregate where Value == Element? {
  /// The least element, NaN if there is one; nil of nothing.
  public static var minimum: Self { Self(name: "MIN") }
  /// The greatest element, NaN if there is one; nil of nothing.
  public static var maximum: Self { Self(name: "MAX") }
}

extension Aggregate where Value == Element.Statistic? {
  /// The arithmetic mean; nil of nothing.
  public static var mean: Self { Self(name: "MEAN") }
  /// The variance of the population; nil of nothing.
  public static var variance: Self { Self(name: "VAR") }
  /// The standard deviation of the population; nil of nothing.
  public static var standardDeviation: Self { Self(name: "STD") }
}

extension Aggregate where Value == Int? {
  /// The index in the array of the first least element or NaN; nil of nothing.
  public static var indexOfMinimum: Self { Self(name: "ARGMIN") }
  /// The index in the array of the first greatest element or NaN; nil of nothing.
  public static var indexOfMaximum: Self { Self(name: "ARGMAX") }
}
