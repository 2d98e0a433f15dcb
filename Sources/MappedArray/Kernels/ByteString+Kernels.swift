import Glibc

// Strings have an order and are no numbers: where one is asked for it is NaN, and there are no sums.

extension ByteString: AggregatableElement {
  static func extreme(_ extreme: Extreme, of block: ElementView<ByteString>) -> LocatedElement<ByteString>? {
    guard block.count > 0 else { return nil }
    var best = 0
    for index in 1..<max(block.count, 1) {
      let order = order(block.base + index &* size, block.base + best &* size)
      if extreme == .minimum ? order < 0 : order > 0 { best = index }
    }
    return LocatedElement(value: block[best], index: best)
  }

  static func firstIndex(of value: ByteString, in view: ElementView<ByteString>) -> Int? {
    value.withBytes { value in
      (0..<view.count).first { order(view.base + $0 &* size, value.baseAddress) == 0 }
    }
  }

  static func appendMatches(
    of comparison: Comparison, with value: ByteString, in view: ElementView<ByteString>, offset: Int, limit: Int,
    to indexes: inout [Int]
  ) {
    value.withBytes { value in
      var remaining = limit
      var index = 0
      while index < view.count, remaining > 0 {
        if comparison.holds(order(view.base + index &* size, value.baseAddress)) {
          indexes.append(offset &+ index)
          remaining &-= 1
        }
        index &+= 1
      }
    }
  }

  static func insertionIndex(of value: ByteString, in view: ElementView<ByteString>, side: SearchSide) -> Int {
    value.withBytes { value in
      var (low, high) = (0, view.count)
      while low < high {
        let middle = low &+ (high &- low) / 2
        let order = order(view.base + middle &* size, value.baseAddress)
        if order < 0 || side == .right && order == 0 { low = middle &+ 1 } else { high = middle }
      }
      return low
    }
  }

  static func fill(_ destination: UnsafeMutableRawBufferPointer, with value: ByteString) {
    guard let base = destination.baseAddress else { return }
    value.withBytes { value in
      guard let value = value.baseAddress else { return }
      for index in 0..<destination.count / size { memcpy(base + index &* size, value, size) }
    }
  }

  static func extremes(
    of block: ElementView<ByteString>
  ) -> (minimum: LocatedElement<ByteString>, maximum: LocatedElement<ByteString>) {
    let none = LocatedElement(value: ByteString.zero, index: 0)
    return (extreme(.minimum, of: block) ?? none, extreme(.maximum, of: block) ?? none)
  }

  // MARK: - What numbers have

  var doubleValue: Double { .nan }
  static var emptyTotal: Int128 { 0 }
  static func add(_ block: ElementView<ByteString>, to total: inout Int128) {}
  static func add(_ total: Int128, to sum: inout Int128) {}
  static func sum(of total: Int128) -> AggregateResult<ByteString> { .none }
  static func mean(of total: Int128, count: Int) -> Double { .nan }
  static func statistic(_ value: Double) -> AggregateResult<ByteString> { .none }
  func incremented(by delta: Int128, overflow: OverflowPolicy) -> ByteString? { nil }
  static func pieceSum(of piece: ElementView<ByteString>) -> PieceSum { PieceSum() }
  static func sum(of sum: PieceSum) -> AggregateResult<ByteString> { .none }
  static func mean(of sum: PieceSum, count: Int) -> Double { .nan }
  var orderedBits: UInt64 { .max }
  init(orderedBits: UInt64) { self = .zero }
  static func interpolated(from first: ByteString, to second: ByteString, part: Double) -> QuantileResult<ByteString> {
    .double(.nan)
  }

  static func bins(
    _ count: Int, between bounds: HistogramBounds?, extremes: (minimum: ByteString, maximum: ByteString)?
  ) throws(HistogramError) -> HistogramBins { throw .infinite(least: .nan, greatest: .nan) }

  static func binCounts(of slice: ElementView<ByteString>, in bins: HistogramBins) -> [UInt32] { [] }
}

extension Comparison {
  /// Whether it holds for what is so ordered.
  @inline(__always)
  fileprivate func holds(_ order: Int32) -> Bool {
    switch self {
    case .greater: order > 0
    case .greaterOrEqual: order >= 0
    case .less: order < 0
    case .lessOrEqual: order <= 0
    case .equal: order == 0
    case .notEqual: order != 0
    }
  }
}
