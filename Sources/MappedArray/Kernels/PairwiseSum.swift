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

/// What is summed of each element; eight at a time.
protocol Term {
  func callAsFunction(_ elements: SIMD8<Double>) -> SIMD8<Double>
}

/// The element itself.
struct Identity: Term {
  @inline(__always)
  func callAsFunction(_ elements: SIMD8<Double>) -> SIMD8<Double> { elements }
}

/// The square of the distance from a value.
struct SquaredDeviation: Term {
  let mean: Double

  @inline(__always)
  func callAsFunction(_ elements: SIMD8<Double>) -> SIMD8<Double> {
    let deviations = elements - mean
    return deviations * deviations
  }
}

extension AggregatableElement {
  /// The sum of the squared distances from `mean` in a block.
  @_documentation(visibility: internal)
  public static func squaredDeviations(of block: ElementView<Self>, from mean: Double) -> Double {
    pairwiseSum(of: block, SquaredDeviation(mean: mean))
  }

  /// The sum of a term over a block, pairwise down to runs of 128 elements, and these in eight lanes.
  @inline(__always)
  static func pairwiseSum<SomeTerm: Term>(of block: ElementView<Self>, _ term: SomeTerm) -> Double {
    let octets = Octets(block)
    var lanes = laneSums(of: octets, in: 0..<octets.count, term)
    for (lane, index) in octets.rest.enumerated() {
      lanes[lane] += term(SIMD8(repeating: block[index].doubleValue))[0]
    }
    let pairs = lanes.evenHalf + lanes.oddHalf
    let quads = pairs.evenHalf + pairs.oddHalf
    return quads.x + quads.y
  }

  // One run after the other: side by side they would be several streams of memory.
  private static func laneSums<SomeTerm: Term>(
    of octets: Octets<Self>, in range: Range<Int>, _ term: SomeTerm
  ) -> SIMD8<Double> {
    guard range.count <= 16 else {
      let middle = range.lowerBound &+ range.count / 2
      return laneSums(of: octets, in: range.lowerBound..<middle, term)
        + laneSums(of: octets, in: middle..<range.upperBound, term)
    }
    var sums = SIMD8<Double>.zero
    var octet = range.lowerBound
    while octet < range.upperBound {
      sums += term(octets[octet])
      octet &+= 1
    }
    return sums
  }
}
