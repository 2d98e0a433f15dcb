import MappedArray
import Testing

/// The plainest way to compute each result.
private struct Reference<Element: TestedElement> {
  let elements: [Element]

  func index(of extreme: Extreme) -> Int? {
    if let index = elements.firstIndex(where: { $0 != $0 }) { return index }
    guard var best = elements.first else { return nil }
    for element in elements where extreme == .minimum ? element < best : element > best {
      best = element
    }
    return elements.firstIndex(of: best)
  }

  var mean: Double { elements.reduce(0) { $0 + $1.doubleValue } / Double(elements.count) }

  var variance: Double {
    elements.reduce(0) { $0 + ($1.doubleValue - mean) * ($1.doubleValue - mean) } / Double(elements.count)
  }
}

extension AggregateResult {
  fileprivate var value: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .element(let value): value.doubleValue
    case .double(let value): value
    case .index(let value): Double(value)
    case .none: nil
    }
  }
}

private func isClose(_ value: Double?, _ expected: Double, scale: Double, _ tolerance: Double) -> Bool {
  guard let value else { return false }
  return value == expected || abs(value - expected) <= tolerance * scale || (value.isNaN && expected.isNaN)
}

@Suite struct AggregationTests {
  @Test(arguments: TestedType.all, [0, 1, 2, 3, 7, 8, 9, 40, 129, 300, 1023])
  func agreesWithTheReference(_ element: TestedType, count: Int) {
    check(element.type, count: count, offset: count % 9, seed: UInt64(count) + 1)
  }

  private func check<Element: TestedElement>(_: Element.Type, count: Int, offset: Int, seed: UInt64) {
    let elements = Element.randomElements(count: count, seed: seed)
    let reference = Reference(elements: elements)
    let results = aggregate(elements, offset: offset, startIndex: 5)
    let comment: Comment = "seed \(seed), count \(count), offset \(offset)"
    guard count > 0 else {
      #expect(results[1..<10].allSatisfy { $0 == .none }, comment)
      #expect(results[0].value == 0, comment)
      #expect(results[10] == .index(0), comment)
      return
    }
    let tolerance = Element.self == Float16.self ? 1e-3 : Element.self == Float.self ? 1e-6 : 1e-12
    // What is replied in the elements' own type may be too large for it.
    func rounded(_ value: Double) -> Double { Element.self == Float16.self ? Double(Float16(value)) : value }
    let magnitude = elements.reduce(0) { $0 + abs($1.doubleValue) }
    let sum = elements.reduce(0) { $0 + $1.doubleValue }
    #expect(isClose(results[0].value, rounded(sum), scale: magnitude, tolerance), comment)
    #expect(results[1] == elements.min().map { .element($0) }, comment)
    #expect(results[2] == elements.max().map { .element($0) }, comment)
    #expect(isClose(results[3].value, reference.mean, scale: magnitude / Double(count), tolerance), comment)
    #expect(isClose(results[4].value, rounded(reference.variance), scale: reference.variance, tolerance), comment)
    let deviation = reference.variance.squareRoot()
    #expect(isClose(results[5].value, deviation, scale: deviation, tolerance), comment)
    #expect(results[6] == reference.index(of: .minimum).map { .index($0 + 5) }, comment)
    #expect(results[7] == reference.index(of: .maximum).map { .index($0 + 5) }, comment)
    #expect(results[8...] == [.element(elements[0]), .element(elements[count - 1]), .index(count)], comment)
  }

  @Test(arguments: TestedType.integers, [1, 5, 300])
  func integerSumsAndMeansAreExact(_ element: TestedType, count: Int) {
    func check<Element: TestedElement>(_: Element.Type) {
      for edge in Element.edges {
        guard let exact = Int128(exactly: edge.doubleValue.rounded()) else { continue }
        // Doubles hold the edges of the 64-bit types only rounded, so those are taken from the element itself.
        let value = (edge as? any FixedWidthInteger).map { Int128(truncatingIfNeeded: $0) } ?? exact
        let results = aggregate([Element](repeating: edge, count: count), [.sum, .mean, .variance], offset: 1)
        #expect(results[0] == .integer(value * Int128(count)))
        #expect(results[1] == .double(edge.doubleValue))
        #expect(results[2] == .double(0))
      }
    }
    check(element.type)
  }

  @Test(arguments: TestedType.integers)
  func aFullBlockOfExtremesDoesNotOverflowTheLanes(_ element: TestedType) {
    func check<Element: TestedElement>(_: Element.Type) {
      let edges = Element.edges
      for edge in [edges[0], edges[edges.count - 1]] {
        let count = ElementView<Element>.blockCount + 3
        let single = aggregate([edge], [.sum])
        guard case .integer(let value) = single[0] else {
          Issue.record("the sum of integers is an integer")
          return
        }
        #expect(aggregate([Element](repeating: edge, count: count), [.sum]) == [.integer(value * Int128(count))])
      }
    }
    check(element.type)
  }

  private func mean<Element: AggregatableElement>(_ elements: [Element]) -> AggregateResult<Element>? {
    aggregate(elements, [.mean]).first
  }

  @Test func meansOfIntegersAreRoundedOnce() {
    // 2⁵³ + 1 is no double, but the mean, half of 2⁵⁴ + 4, is one.
    let power: Int64 = 1 << 53
    #expect(mean([power + 1, power + 3]) == .double(0x1p53 + 2))
    // The halves between two doubles go to the even one.
    #expect(mean([power + 1]) == .double(0x1p53))
    #expect(mean([power + 1, power + 1, power + 2]) == .double(0x1p53 + 2))
    #expect(mean([Int64(1), 0, 0]) == .double(1.0 / 3.0))
    #expect(mean([Int64(-1), 0, 0]) == .double(-1.0 / 3.0))
    #expect(mean([UInt64.max, .max]) == .double(0x1p64))
    #expect(mean([Int64.min, .max]) == .double(-0.5))
  }

  @Test(arguments: TestedType.all)
  func slicingDoesNotChangeABit(_ element: TestedType) {
    func check<Element: TestedElement>(_: Element.Type) {
      let block = ElementView<Element>.blockCount
      let elements = Element.randomElements(count: 3 * block / 2 + 17, seed: 3)
      let whole = aggregate(elements, offset: 3)
      #expect(aggregate(elements, offset: 3, slice: block) == whole)
      #expect(aggregate(elements, offset: 0, slice: 2 * block) == whole)
    }
    check(element.type)
  }

  @Test(arguments: TestedType.all, [1, 2, 4])
  func partsDoNotChangeABit(_ element: TestedType, blocks: Int) {
    func check<Element: TestedElement>(_: Element.Type) {
      let size = blocks * ElementView<Element>.blockCount
      let elements = Element.randomElements(count: 5 * ElementView<Element>.blockCount + 17, seed: 4)
      let whole = aggregate(elements, startIndex: 9)
      let parts = withView(elements, offset: 0) { view in
        var aggregation = Aggregation<Element>(AggregateOperation.allCases, startIndex: 9)
        for pass in 0..<aggregation.passCount {
          if pass > 0 { aggregation.beginNextPass() }
          let starts = stride(from: 0, to: view.count, by: size)
          // Computed from the last to the first.
          let parts = starts.reversed().map { start in
            var part = aggregation.part(from: 9 + start)
            part.consume(view.slice(from: start, limit: size))
            return part
          }
          for part in parts.reversed() { aggregation.add(part) }
        }
        return aggregation.finish()
      }
      #expect(parts == whole)
    }
    check(element.type)
  }

  @Test(arguments: TestedType.numbers)
  func theFirstOfEqualExtremesWinsAcrossBlocks(_ element: TestedType) {
    func check<Element: TestedElement>(_: Element.Type) {
      let block = ElementView<Element>.blockCount
      var elements = [Element](repeating: Element(5), count: block + 100)
      for index in [70, 71, block + 1] {
        elements[index] = Element(2)
        elements[index + 10] = Element(9)
      }
      #expect(aggregate(elements, [.indexOfMinimum, .indexOfMaximum]) == [.index(70), .index(80)])
      elements[block + 50] = Element(1)
      #expect(aggregate(elements, [.indexOfMinimum, .minimum]) == [.index(block + 50), .element(Element(1))])
    }
    check(element.type)
  }

  @Test(arguments: TestedType.floats, [0, 7, 8, 31, 33, 99])
  func notANumberWins(_ element: TestedType, position: Int) {
    func check<Element: TestedElement & BinaryFloatingPoint>(_: Element.Type) {
      var elements = Element.randomElements(count: 100, seed: 4)
      elements[50] = .infinity
      elements[position] = .nan
      if position < 90 {
        elements[position + 1] = .nan
      }
      let results = aggregate(elements)
      for result in results[..<6] {
        #expect(result.value?.isNaN == true)
      }
      #expect(results[6] == .index(position))
      #expect(results[7] == .index(position))
    }
    if let type = element.type as? any (TestedElement & BinaryFloatingPoint).Type {
      check(type)
    }
  }

  @Test func infinitiesAreAsInNumPy() {
    let one = aggregate([1, Double.infinity, 2])
    #expect(one[..<4] == [.element(.infinity), .element(1), .element(.infinity), .element(.infinity)])
    #expect(one[4].value?.isNaN == true)
    #expect(one[6..<8] == [.index(0), .index(1)])
    let both = aggregate([Float.infinity, -.infinity], [.sum, .minimum, .maximum])
    #expect(both[0].value?.isNaN == true)
    #expect(both[1...] == [.element(-.infinity), .element(.infinity)])
    let all = aggregate([Double](repeating: .infinity, count: 20), [.minimum, .indexOfMinimum, .indexOfMaximum])
    #expect(all == [.element(.infinity), .index(0), .index(0)])
  }

  @Test func meansOfIntegersAreRoundedOnceAlsoWhenTheRemainderIsFarBelow() {
    let count = 1 << 40 + 1
    let tie = (Int128(1) << 53 + 1) * Int128(count)
    #expect(Int64.mean(of: tie, count: count) == 0x1p53)
    #expect(Int64.mean(of: tie + 1, count: count) == 0x1p53 + 2)
    #expect(Int64.mean(of: -tie - 1, count: count) == -0x1p53 - 2)
  }

  @Test func pairwiseSumsOfEqualTermsAreExact() {
    var sum = PairwiseSum()
    for _ in 0..<1 << 12 {
      sum.add(0.1)
    }
    #expect(sum.sum == 0.1 * 0x1p12)
  }

  @Test func pairwiseSumsStayNearTheExactSum() {
    let tenths = aggregate([Double](repeating: 0.1, count: 100_000), [.sum])
    #expect(isClose(tenths[0].value, 10_000, scale: 10_000, 1e-15))
    // Summed up in single precision this would end at 2²⁴.
    #expect(aggregate([Float](repeating: 1, count: 1 << 16) + [0x1p24, 0.5], [.sum]) == [.element(0x1.01p24)])
  }

  @Test func onlyWhatNeedsTheMeanTakesTwoPasses() {
    #expect(Aggregation<Int8>([.sum, .mean, .minimum, .indexOfMaximum]).passCount == 1)
    #expect(Aggregation<Int8>([.sum, .variance]).passCount == 2)
    #expect(Aggregation<Int8>([.standardDeviation]).passCount == 2)
    #expect(Aggregation<Int8>([.variance]).finish() == [.none])
  }
}
