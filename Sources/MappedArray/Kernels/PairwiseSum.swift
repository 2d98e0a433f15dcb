/// A sum of doubles that adds neighbours first, then neighbouring pairs, and so on: the rounding error grows with the
/// logarithm of the count. Keeps one partial sum per level.
@_documentation(visibility: internal)
public struct PairwiseSum: Sendable {
  private var partials: [Double] = []
  private var count: UInt = 0

  /// The sum of nothing, 0.
  public init() {}

  /// Adds a term. Amortised O(1).
  public mutating func add(_ term: Double) {
    var carry = term
    // Each trailing one of the count is a finished subtree of the size that the carry has by then.
    var level = count
    while level & 1 == 1, let partial = partials.popLast() {
      carry = partial + carry
      level &>>= 1
    }
    partials.append(carry)
    count &+= 1
  }

  /// Adds the terms of another sum behind these. The result is the same to the last bit as if they had been added one by
  /// one, if there are a power of two of them, or fewer, and here a multiple of that power.
  mutating func add(_ other: PairwiseSum) {
    guard other.count > 0 else { return }
    let power =
      other.count.leadingZeroBitCount == 0 ? 0 : UInt(1) << UInt(UInt.bitWidth - (other.count - 1).leadingZeroBitCount)
    guard power > 0, count % power == 0 else { return add(other.sum) }
    if other.count < power {
      partials += other.partials
    } else {
      // A whole subtree.
      var carry = other.sum
      var level = count / power
      while level & 1 == 1, let partial = partials.popLast() {
        carry = partial + carry
        level &>>= 1
      }
      partials.append(carry)
    }
    count &+= other.count
  }

  /// The sum so far.
  public var sum: Double {
    partials.reversed().reduce(0) { $1 + $0 }
  }
}
