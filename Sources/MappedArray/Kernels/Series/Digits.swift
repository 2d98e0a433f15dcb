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

  /// How many bits are counted by.
  var digitBits: Int { min(16, width) }
  var digitCount: Int { 1 << digitBits }

  /// The position of the prefix that these bits begin with.
  @inline(__always)
  func group(of bits: UInt64, _ prefixes: UnsafeBufferPointer<UInt64>) -> Int? {
    guard depth > 0 else { return 0 }
    let prefix = bits &>> UInt64(width &- depth)
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
    pass.prefixes.withUnsafeBufferPointer { prefixes in
      pass.isCollected ? .bits(collect(slice, pass, prefixes)) : .counts(count(slice, pass, prefixes))
    }
  }

  @inline(__always)
  private static func count(
    _ slice: ElementView<Self>, _ pass: DigitPass, _ prefixes: UnsafeBufferPointer<UInt64>
  ) -> [UInt32] {
    let shift = UInt64(pass.width &- pass.depth &- pass.digitBits)
    let mask = UInt64(pass.digitCount &- 1)
    var counts = [UInt32](repeating: 0, count: pass.digitCount * max(1, prefixes.count))
    counts.withUnsafeMutableBufferPointer { counts in
      guard let counts = counts.baseAddress else { return }
      // In bounds: a digit is masked, a group is one of the prefixes.
      if pass.depth == 0 {
        for index in 0..<slice.count { counts[Int((slice[index].orderedBits &>> shift) & mask)] &+= 1 }
      } else {
        for index in 0..<slice.count {
          let bits = slice[index].orderedBits
          guard let group = pass.group(of: bits, prefixes) else { continue }
          counts[group &* pass.digitCount &+ Int((bits &>> shift) & mask)] &+= 1
        }
      }
    }
    return counts
  }

  @inline(__always)
  private static func collect(
    _ slice: ElementView<Self>, _ pass: DigitPass, _ prefixes: UnsafeBufferPointer<UInt64>
  ) -> [UInt64] {
    let most = min(slice.count, pass.expected)
    return [UInt64](unsafeUninitializedCapacity: most &+ 1) { output, count in
      guard let output = output.baseAddress else { return }
      for index in 0..<slice.count {
        let bits = slice[index].orderedBits
        // Each is stored, and kept if it belongs to a group: there is room for one more than are kept.
        output[count] = bits
        count &+= pass.group(of: bits, prefixes) != nil && count < most ? 1 : 0
      }
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
