extension RemoteArray {
  /// Aggregates of each of `count` equal parts of `range`, computed by the server in one go; fewer parts if the range is
  /// shorter.
  ///
  /// ```swift
  /// for (least, greatest) in try temperatures.buckets(80, .minimum, .maximum) { … }
  /// ```
  ///
  /// A part has an element, so nothing of it is nil.
  ///
  /// - Complexity: O(elements) on the server, a few bytes for each part on the way.
  public func buckets<each Value: ReplyValue & Sendable>(
    _ count: Int, _ aggregates: repeat Aggregate<Element, each Value>, over range: Range<Int> = 0..<Int.max
  ) throws(ClientError) -> [(repeat each Value)] {
    var words = positions(of: range) + [Argument(count)]
    for aggregate in repeat each aggregates { words.append(Argument(aggregate.name)) }
    var buckets: [(repeat each Value)] = []
    for bucket in try call("MMAP.BUCKETS", words, as: [[Reply]].self) {
      var replies = bucket[...]
      buckets.append((repeat try (each Value)(replies.popFirst() ?? .null)))
    }
    return buckets
  }

  /// Points that look like the elements of `range`, chosen by the server: largest triangle, three buckets. All elements
  /// if there are no more than `count`.
  ///
  /// - Parameters:
  ///   - range: the elements.
  ///   - count: 2 or more.
  /// - Complexity: O(elements) on the server, a few bytes for each point on the way.
  public func downsampled(
    to count: Int, in range: Range<Int> = 0..<Int.max
  ) throws(ClientError) -> [(index: Int, value: Element)] {
    var replies = try call("MMAP.DOWNSAMPLE", positions(of: range) + [Argument(count)], as: [Reply].self)[...]
    var points: [(index: Int, value: Element)] = []
    while let index = replies.popFirst() {
      points.append((try Int(index), try Element(replies.popFirst() ?? .null)))
    }
    return points
  }

  /// The values below which parts of the elements of `range` lie, exactly, as `numpy.quantile` computes them; NaN where
  /// there is a NaN, and of nothing.
  ///
  /// ```swift
  /// let slow = try latencies.quantiles([0.5, 0.99, 0.999])
  /// ```
  ///
  /// - Parameters:
  ///   - range: the elements.
  ///   - parts: from 0 to 1.
  /// - Complexity: O(elements) on the server, in up to four passes.
  public func quantiles(
    _ parts: [Double], in range: Range<Int> = 0..<Int.max
  ) throws(ClientError) -> [Element.Statistic] {
    try call("MMAP.QUANTILE", positions(of: range) + parts.map { Argument($0) })
  }

  /// How many elements of `range` are in each of `binCount` bins of equal width, as `numpy.histogram` counts them.
  ///
  /// - Parameters:
  ///   - binCount: 1 or more.
  ///   - bounds: between what the bins are; the least and the greatest element if nil. The last bin has the upper one.
  ///   - range: which elements are counted.
  /// - Complexity: O(elements) on the server.
  public func histogram(
    _ binCount: Int, between bounds: ClosedRange<Element>? = nil, in range: Range<Int> = 0..<Int.max
  ) throws(ClientError) -> [Int] {
    let bounds = bounds.map { [$0.lowerBound.argument, $0.upperBound.argument] } ?? []
    return try call("MMAP.HISTOGRAM", positions(of: range) + [Argument(binCount)] + bounds)
  }
}

extension Aggregate where Value == Element? {
  /// The first element; nil of nothing.
  public static var first: Self { Self(name: "FIRST") }
  /// The last element; nil of nothing.
  public static var last: Self { Self(name: "LAST") }
}

extension Aggregate where Value == Int {
  /// How many elements there are.
  public static var count: Self { Self(name: "COUNT") }
}
