import CBlockKernels
import TestSupport
import Testing

@testable import MappedArray

/// The kernels for blocks, beside plain loops: each set of instructions.
@Suite struct BlockKernelTests {
  /// Around what is added, compared and searched at once: octets, runs of 128, vectors, groups of 4 KiB and blocks.
  private static func counts<Element: TestedElement>(_: Element.Type) -> [Int] {
    let group = 4096 / MemoryLayout<Element>.stride
    return [1, 2, 7, 8, 9, 15, 33, 64, 65, 127, 128, 129, 136, 1000, group - 1, group, group + 1]
      + [2 * group + 37]
  }

  private func kernels<Element: TestedElement>(_: Element.Type) throws -> [block_kernel] {
    let code = CChar(bitPattern: try #require(Element.kernelCode))
    func kernel(_ set: Int32) -> block_kernel? {
      block_kernel_find(code, MemoryLayout<Element>.size, set)?.pointee
    }
    return [try #require(kernel(0))] + [1, -1].compactMap(kernel)
  }

  // MARK: Sums

  /// The sum of terms: pairwise down to runs of 16 octets, and these lane by lane.
  private func treeSum(_ terms: [Double]) -> Double {
    func lanes(_ octets: Range<Int>) -> [Double] {
      guard octets.count <= 16 else {
        let middle = octets.lowerBound + octets.count / 2
        return zip(lanes(octets.lowerBound..<middle), lanes(middle..<octets.upperBound)).map { $0 + $1 }
      }
      return (0..<8).map { lane in octets.reduce(0) { $0 + terms[8 * $1 + lane] } }
    }
    var sums = lanes(0..<terms.count / 8)
    for (lane, term) in terms[(terms.count / 8 * 8)...].enumerated() { sums[lane] += term }
    while sums.count > 1 { sums = stride(from: 0, to: sums.count, by: 2).map { sums[$0] + sums[$0 + 1] } }
    return sums[0]
  }

  private func bits(_ sum: Double) -> UInt64 { sum.isNaN ? 0 : sum.bitPattern }

  @Test(arguments: TestedType.all)
  func sumsAreThoseOfTheTreeToTheLastBit(_ element: TestedType) throws {
    func check<Element: TestedElement>(_: Element.Type) throws {
      for count in [0] + Self.counts(Element.self) + [ElementView<Element>.blockCount] {
        let elements = Element.randomElements(count: count, seed: UInt64(count))
        let doubles = elements.map(\.doubleValue)
        let sum = treeSum(doubles)
        let squares = treeSum(doubles.map { ($0 - 0.37) * ($0 - 0.37) })
        try withView(elements, offset: count % 9) { view in
          for (set, kernel) in try kernels(Element.self).enumerated() {
            let comment: Comment = "\(count) elements, set \(set)"
            #expect(bits(kernel.pairwise_sum(view.base, count)) == bits(sum), comment)
            #expect(bits(kernel.squared_deviations(view.base, count, 0.37)) == bits(squares), comment)
          }
        }
      }
    }
    try check(element.type)
  }

  private func exact<Element: TestedElement>(_ element: Element) -> Int128 {
    if let integer = element as? any FixedWidthInteger { return Int128(truncatingIfNeeded: integer) }
    return Int128(element.doubleValue)
  }

  @Test(arguments: TestedType.integers)
  func exactSumsAreExact(_ element: TestedType) throws {
    func check<Element: TestedElement>(_: Element.Type) throws {
      for count in [0] + Self.counts(Element.self) + [ElementView<Element>.blockCount] {
        let random = Element.randomElements(count: count, seed: UInt64(count))
        let edges = Element.edges.map { [Element](repeating: $0, count: count) }
        for elements in [random] + edges {
          let sum = elements.reduce(0) { $0 + exact($1) }
          try withView(elements, offset: count % 9) { view in
            for (set, kernel) in try kernels(Element.self).enumerated() {
              let exactSum = try #require(kernel.exact_sum)
              let halves = exactSum(view.base, count)
              let found = Int128(halves.high) << 64 | Int128(halves.low)
              #expect(found == sum, "\(count) elements, set \(set)")
            }
          }
        }
      }
    }
    try check(element.type)
  }

  // MARK: Extremes

  private func checkExtremes<Element: TestedElement>(_ elements: [Element], _ what: Comment) throws {
    func first(_ isBetter: (Element, Element) -> Bool) -> Int {
      if let index = elements.firstIndex(where: { $0 != $0 }) { return index }
      return elements.indices.dropFirst().reduce(0) { isBetter(elements[$1], elements[$0]) ? $1 : $0 }
    }
    let (least, greatest) = (first(<), first(>))
    try withView(elements, offset: elements.count % 9) { view in
      for kernel in try kernels(Element.self) {
        var (lower, upper, onlyLower, onlyUpper) = (block_extreme(), block_extreme(), block_extreme(), block_extreme())
        kernel.extremes(view.base, view.count, &lower, &upper)
        kernel.extremes(view.base, view.count, &onlyLower, nil)
        kernel.extremes(view.base, view.count, nil, &onlyUpper)
        #expect(lower.index == least && upper.index == greatest, what)
        #expect(onlyLower.index == least && onlyUpper.index == greatest, what)
        #expect(lower.key == onlyLower.key && upper.key == onlyUpper.key, what)
      }
      let found = Element.extremes(of: view)
      #expect(found.minimum.index == least && found.maximum.index == greatest, what)
      for (found, index) in [(found.minimum, least), (found.maximum, greatest)] {
        // To the last bit: of equal zeros it is the first one's sign.
        let expected = elements[index]
        #expect("\(found.value)" == (expected == expected ? "\(expected)" : "nan"), what)
      }
      #expect(Element.extreme(.minimum, of: view)?.index == least, what)
      #expect(Element.extreme(.maximum, of: view)?.index == greatest, what)
    }
  }

  @Test(arguments: TestedType.all)
  func extremesAreThoseOfAPlainLoop(_ element: TestedType) throws {
    func check<Element: TestedElement>(_: Element.Type) throws {
      var random = SeededGenerator(seed: 23)
      for count in Self.counts(Element.self) {
        let elements = Element.randomElements(count: count, seed: UInt64(count))
        try checkExtremes(elements, "random, \(count)")
        try checkExtremes([Element](repeating: elements[0], count: count), "all equal, \(count)")
        try checkExtremes(elements.sorted(), "ascending, \(count)")
        try checkExtremes(elements.sorted(by: >), "descending, \(count)")
        let numbers = Element.edges.filter { $0 == $0 }
        try checkExtremes(elements.map { _ in random.pick(numbers, or: elements[0]) }, "edges, \(count)")
      }
    }
    try check(element.type)
  }

  @Test(arguments: TestedType.all)
  func anExtremeIsFoundWhereverItIs(_ element: TestedType) throws {
    func check<Element: TestedElement>(_: Element.Type) throws {
      let group = 4096 / MemoryLayout<Element>.stride
      let count = 2 * group + 37
      for index in [0, 7, 63, 64, group - 1, group, 2 * group, count - 1] {
        // An equal one behind it changes nothing.
        for other in [nil, index + 1, index + group] as [Int?] {
          for (most, rest) in [(Element(1), Element(0)), (Element(0), Element(1))] {
            var elements = [Element](repeating: rest, count: count)
            elements[index] = most
            if let other, elements.indices.contains(other) { elements[other] = most }
            try checkExtremes(elements, "at \(index) and \(other ?? index)")
          }
        }
      }
    }
    try check(element.type)
  }

  @Test(arguments: TestedType.floats)
  func theFirstNaNIsBothExtremes(_ element: TestedType) throws {
    func check<Element: TestedElement & BinaryFloatingPoint>(_: Element.Type) throws {
      let group = 4096 / MemoryLayout<Element>.stride
      let count = 2 * group + 37
      let random = Element.randomElements(count: count, seed: 31)
      for index in [0, 1, 7, 8, 63, 64, group - 1, group, group + 1, 2 * group, count - 1] {
        for second in [min(index + 1, count - 1), count - 1] {
          var elements = random
          (elements[3], elements[count - 2]) = (.infinity, -.infinity)
          (elements[index], elements[second]) = (.nan, -.nan)
          try checkExtremes(elements, "at \(index) and \(second)")
        }
      }
      try checkExtremes([Element](repeating: .nan, count: count), "nothing else")
    }
    if let type = element.type as? any (TestedElement & BinaryFloatingPoint).Type { try check(type) }
  }

  @Test(arguments: TestedType.floats)
  func zerosAreEqualAndTheFirstIsTheExtreme(_ element: TestedType) throws {
    func check<Element: TestedElement & BinaryFloatingPoint>(_: Element.Type) throws {
      for count in Self.counts(Element.self) {
        for period in [2, 3, 8, 17] {
          try checkExtremes((0..<count).map { $0 % period == 0 ? -Element.zero : 0 }, "\(count), \(period)")
          try checkExtremes((0..<count).map { $0 % period == 0 ? Element.zero : -0.0 }, "\(count), \(period)")
        }
      }
    }
    if let type = element.type as? any (TestedElement & BinaryFloatingPoint).Type { try check(type) }
  }

  @Test func whatIsNoTypeHasNoKernels() {
    #expect(block_kernel_find(CChar(UInt8(ascii: "f")), 1, -1) == nil)
    #expect(block_kernel_find(CChar(UInt8(ascii: "S")), 8, -1) == nil)
    #expect(block_kernel_find(CChar(UInt8(ascii: "i")), 16, 0) == nil)
    #expect(block_kernel_find(CChar(UInt8(ascii: "i")), 8, 9) == nil)
  }
}
