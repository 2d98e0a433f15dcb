/// What is counted or collected of the elements: those that begin with one of several bit patterns.
public struct DigitPass: Sendable {
  /// In ascending order.
  let prefixes: [UInt64]
  /// How many bits they have.
  let depth: Int
  /// How many bits an element has.
  let width: Int
  let isCollected: Bool
  /// How many are collected.
  let expected: Int
  /// For each digit that bits can begin with: whether a prefix does. Most elements need no closer look.
  private let leading: [Bool]

  init(prefixes: [UInt64], depth: Int, width: Int, isCollected: Bool, expected: Int) {
    (self.prefixes, self.depth, self.width) = (prefixes, depth, width)
    (self.isCollected, self.expected) = (isCollected, expected)
    let digitBits = min(16, width)
    var leading = [Bool](repeating: depth == 0, count: 1 << digitBits)
    if depth > 0 { for prefix in prefixes { leading[Int(prefix >> UInt64(depth - digitBits))] = true } }
    self.leading = leading
  }

  /// Calls `body` with what tells the position of the prefix that some bits begin with.
  @inline(__always)
  func withGroups<Result>(_ body: (DigitGroups) -> Result) -> Result {
    prefixes.withUnsafeBufferPointer { prefixes in
      leading.withUnsafeBufferPointer { leading in
        body(
          DigitGroups(
            prefixes: prefixes, leading: leading, leadingShift: UInt64(width &- digitBits),
            prefixShift: UInt64(width &- depth), isAll: depth == 0))
      }
    }
  }

  /// How many bits are counted by.
  var digitBits: Int { min(16, width) }
  var digitCount: Int { 1 << digitBits }
}

/// The prefixes of a pass, while it is made.
struct DigitGroups {
  let prefixes: UnsafeBufferPointer<UInt64>
  fileprivate let leading: UnsafeBufferPointer<Bool>
  fileprivate let leadingShift: UInt64
  fileprivate let prefixShift: UInt64
  fileprivate let isAll: Bool

  /// The position of the prefix that these bits begin with.
  @inline(__always)
  func position(of bits: UInt64) -> Int? {
    guard !isAll else { return 0 }
    // In bounds: bits have no more digits.
    guard leading[Int(truncatingIfNeeded: bits &>> leadingShift)] else { return nil }
    let prefix = bits &>> prefixShift
    var (low, high) = (0, prefixes.count)
    while low < high {
      let middle = (low &+ high) &>> 1
      if prefixes[middle] < prefix { low = middle &+ 1 } else { high = middle }
    }
    return low < prefixes.count && prefixes[low] == prefix ? low : nil
  }
}

/// What was found in a slice.
public enum DigitPart: Sendable {
  /// How many elements have each digit behind each prefix.
  case counts([UInt32])
  /// The elements' bits.
  case bits([UInt64])
}

extension AggregatableElement {
  /// Counts or collects the elements of a slice by their ordered bits. O(n), for several prefixes O(n log prefixes).
  public static func digits(of slice: ElementView<Self>, in pass: DigitPass) -> DigitPart {
    pass.withGroups { groups in
      pass.isCollected ? .bits(collect(slice, pass, groups)) : .counts(count(slice, pass, groups))
    }
  }

  @inline(__always)
  private static func count(
    _ slice: ElementView<Self>, _ pass: DigitPass, _ groups: DigitGroups
  ) -> [UInt32] {
    let shift = UInt64(pass.width &- pass.depth &- pass.digitBits)
    let mask = UInt64(pass.digitCount &- 1)
    var counts = [UInt32](repeating: 0, count: pass.digitCount * max(1, groups.prefixes.count))
    counts.withUnsafeMutableBufferPointer { counts in
      guard let counts = counts.baseAddress else { return }
      // In bounds: a digit is masked, a group is one of the prefixes.
      if pass.depth == 0 {
        for index in 0..<slice.count { counts[Int((slice[index].orderedBits &>> shift) & mask)] &+= 1 }
      } else {
        for index in 0..<slice.count {
          let bits = slice[index].orderedBits
          guard let group = groups.position(of: bits) else { continue }
          counts[group &* pass.digitCount &+ Int((bits &>> shift) & mask)] &+= 1
        }
      }
    }
    return counts
  }

  @inline(__always)
  private static func collect(
    _ slice: ElementView<Self>, _ pass: DigitPass, _ groups: DigitGroups
  ) -> [UInt64] {
    let most = min(slice.count, pass.expected)
    return [UInt64](unsafeUninitializedCapacity: most &+ 1) { output, count in
      guard let output = output.baseAddress else { return }
      // Each is stored, and kept if it belongs to a group: there is room for one more than are kept.
      var kept = 0
      for index in 0..<slice.count {
        let bits = slice[index].orderedBits
        output[kept] = bits
        kept &+= groups.position(of: bits) != nil && kept < most ? 1 : 0
      }
      count = kept
    }
  }
}

extension [UInt64] {
  /// The numbers that would be at these places, which are ascending, if all were sorted. O(n), whatever the numbers are.
  func selecting(_ places: [Int]) -> [UInt64] {
    var result: [UInt64] = []
    select(places[...], before: 0, shift: 56, &result)
    return result
  }

  private func select(_ places: ArraySlice<Int>, before: Int, shift: Int, _ result: inout [UInt64]) {
    guard !places.isEmpty else { return }
    guard count > 64, shift >= 0 else {
      let sorted = sorted()
      for place in places { result.append(sorted[place &- before]) }
      return
    }
    // By the next eight bits.
    var ends = [Int](repeating: 0, count: 256)
    for number in self { ends[Int((number &>> UInt64(shift)) & 255)] &+= 1 }
    var (rest, end) = (places, before)
    for digit in 0..<256 where ends[digit] > 0 {
      end &+= ends[digit]
      let inside = rest.prefix { $0 < end }
      rest = rest.dropFirst(inside.count)
      guard !inside.isEmpty else { continue }
      let part = ends[digit] == count ? self : filter { ($0 &>> UInt64(shift)) & 255 == UInt64(digit) }
      part.select(inside, before: end &- ends[digit], shift: shift &- 8, &result)
    }
  }
}
