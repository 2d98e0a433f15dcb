/// A quantile.
public enum QuantileResult<Element: AggregatableElement>: Equatable, Sendable {
  /// Of floats, in their own type.
  case element(Element)
  /// Of integers.
  case double(Double)
}

/// Quantiles of a range, exactly, with linear interpolation as `numpy.quantile` does it, in bounded memory.
///
/// Elements are told apart by their bits, 16 at a time from the highest on: a pass counts how many have which, and the next
/// one looks closer at those among which the quantiles are. Once these are few they are collected.
public struct Quantiles<Element: AggregatableElement>: RangeComputation {
  /// How many elements are collected at most.
  private let mostCollected: Int
  /// How many groups are counted at the same time: 256 KiB each.
  static var mostCounted: Int { 16 }

  private let parts: [Double]
  private let count: Int
  private var hasNaN = false
  /// Elements whose first bits are the same, among which ranks are that are not known yet.
  private var groups: [DigitGroup]
  private var pass: DigitPass?
  private var passGroups: [DigitGroup] = []
  private var counts: [UInt64] = []
  private var collected: [UInt64] = []
  /// The elements of ranks.
  private var found: [Int: Element] = [:]

  /// - Parameters:
  ///   - parts: from 0 to 1.
  ///   - count: how many elements the range has.
  public init(_ parts: [Double], count: Int) {
    // 4 MiB of bits.
    self.init(parts, count: count, mostCollected: 1 << 19)
  }

  package init(_ parts: [Double], count: Int, mostCollected: Int) {
    self.parts = parts
    self.mostCollected = mostCollected
    self.count = count
    let ranks = Set(parts.flatMap { [Self.place($0, of: count).lower, Self.place($0, of: count).upper] })
    groups = count > 0 ? [DigitGroup(prefix: 0, depth: 0, count: count, before: 0, ranks: ranks.sorted())] : []
  }

  public var mostBytes: Int {
    let counted = count > mostCollected ? Self.mostCounted << 16 : 0
    return (min(count, mostCollected) &+ counted &+ 2 &* parts.count) &* MemoryLayout<UInt64>.stride
  }

  /// Between which two ranks a quantile is, and how far behind the first.
  static func place(_ part: Double, of count: Int) -> (lower: Int, upper: Int, part: Double) {
    let last = max(count &- 1, 0)
    let place = Double(last) * part
    // What NumPy multiplies a difference of nothing by matters not, unless it is infinite.
    guard place < Double(last) else { return (last, last, 1) }
    let lower = min(Int(max(place, 0)), last)
    return (lower, min(lower &+ 1, last), place - Double(lower))
  }

  public mutating func nextPass() -> DigitPass? {
    finishPass()
    guard !hasNaN, let depth = groups.first?.depth else { return nil }
    // Those of one depth, and first of all what can be collected.
    let candidates = groups.filter { $0.depth == depth }.sorted { ($0.count, $0.prefix) < ($1.count, $1.prefix) }
    var (total, chosen) = (0, [DigitGroup]())
    for group in candidates where group.count <= mostCollected &- total {
      total &+= group.count
      chosen.append(group)
    }
    let isCollected = !chosen.isEmpty
    if !isCollected { chosen = Array(candidates.prefix(Self.mostCounted)) }
    let prefixes = Set(chosen.map(\.prefix))
    groups.removeAll { $0.depth == depth && prefixes.contains($0.prefix) }
    passGroups = chosen.sorted { $0.prefix < $1.prefix }
    let pass = DigitPass(
      prefixes: passGroups.map(\.prefix), depth: depth, width: MemoryLayout<Element>.size * 8, isCollected: isCollected,
      expected: min(total, mostCollected))
    counts = isCollected ? [] : [UInt64](repeating: 0, count: pass.digitCount * passGroups.count)
    self.pass = pass
    return pass
  }

  public static func read(_ slice: ElementView<Element>, at index: Int, in pass: DigitPass) -> DigitPart {
    Element.digits(of: slice, in: pass)
  }

  public mutating func take(_ part: DigitPart) {
    switch part {
    case .counts(let part): for (index, count) in part.enumerated() { counts[index] &+= UInt64(count) }
    // Of elements that change meanwhile there may be more than were counted.
    case .bits(let bits): collected += bits.prefix(max(0, mostCollected &- collected.count))
    }
  }

  private mutating func finishPass() {
    guard let pass else { return }
    self.pass = nil
    if pass.isCollected { finishCollecting() } else { finishCounting(pass) }
    (passGroups, counts, collected) = ([], [], [])
  }

  private mutating func finishCollecting() {
    // Groups are ranges of bits, so that all their elements together are in the order of the groups.
    var ranks: [(rank: Int, place: Int)] = []
    var before = 0
    for group in passGroups {
      for rank in group.ranks { ranks.append((rank, before &+ rank &- group.before)) }
      before &+= group.count
    }
    if Element.isNaN(collected.max() ?? 0) { hasNaN = true }
    guard let last = collected.indices.last else { return }
    let places = ranks.map { max(0, min($0.place, last)) }
    let bits = collected.selecting(places)
    for (rank, bits) in zip(ranks, bits) { found[rank.rank] = Element(orderedBits: bits) }
  }

  private mutating func finishCounting(_ pass: DigitPass) {
    for (position, group) in passGroups.enumerated() {
      let counts = counts[(position * pass.digitCount)..<((position + 1) * pass.digitCount)]
      if pass.depth == 0, Element.hasNaN, counts.last ?? 0 > 0 { hasNaN = true }
      var ranks = group.ranks[...]
      var before = group.before
      let last = counts.lastIndex { $0 > 0 }.map { $0 - counts.startIndex }
      for (digit, count) in counts.enumerated() where count > 0 {
        let end = before &+ Int(clamping: count)
        // If the array has been cut meanwhile, the last element is that of all ranks that are gone.
        let inside = digit == last ? ranks : ranks.prefix { $0 < end }
        if !inside.isEmpty {
          ranks = ranks.dropFirst(inside.count)
          settle(
            DigitGroup(
              prefix: group.prefix << UInt64(pass.digitBits) | UInt64(digit), depth: pass.depth &+ pass.digitBits,
              count: end &- before, before: before, ranks: Array(inside)), width: pass.width)
        }
        before = end
      }
    }
  }

  private mutating func settle(_ group: DigitGroup, width: Int) {
    guard group.depth == width else { return groups.append(group) }
    for rank in group.ranks { found[rank] = Element(orderedBits: group.prefix) }
  }

  /// The quantiles, in the order of the parts; NaN of nothing.
  public func finish() -> [QuantileResult<Element>] {
    parts.map { part in
      let place = Self.place(part, of: count)
      guard !hasNaN, let first = found[place.lower], let second = found[place.upper] else {
        return Element.hasNaN ? .element(Element(orderedBits: .max)) : .double(.nan)
      }
      return Element.interpolated(from: first, to: second, part: place.part)
    }
  }
}

/// Elements whose first bits are the same.
struct DigitGroup {
  /// Those bits, and how many there are.
  let prefix: UInt64
  let depth: Int
  /// How many elements there are, and how many of the whole range are less.
  let count: Int
  let before: Int
  /// The ranks in the whole range that are looked for, in ascending order.
  let ranks: [Int]
}

extension AggregatableElement {
  /// Whether elements can be NaN.
  static var hasNaN: Bool { Self(orderedBits: .max) != Self(orderedBits: .max) }

  static func isNaN(_ bits: UInt64) -> Bool {
    let element = Self(orderedBits: bits)
    return element != element
  }
}
