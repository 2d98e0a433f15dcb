import MappedArray
import TestSupport
import Testing

@Suite struct BucketTests {
  @Test func boundsAreThoseOfEqualParts() {
    var random = SeededGenerator(seed: 17)
    for _ in 0..<200 {
      let start = Int.random(in: 0...1000, using: &random)
      let range = start..<start + Int.random(in: 0...50, using: &random)
      let bounds = BucketBounds(range, count: Int.random(in: 1...60, using: &random))
      #expect(bounds.start(of: 0) == range.lowerBound && bounds.start(of: bounds.count) == range.upperBound)
      for bucket in 0..<bounds.count {
        #expect(bounds.start(of: bucket) == start + bucket * range.count / bounds.count)
        for index in bounds.start(of: bucket)..<bounds.start(of: bucket + 1) {
          #expect(bounds.bucket(of: index) == bucket, "\(index) of \(range), \(bounds.count)")
        }
      }
    }
    let most = BucketBounds(0..<Int.max, count: .max)
    #expect(most.start(of: Int.max - 1) == Int.max - 1 && most.bucket(of: Int.max - 1) == Int.max - 1)
    #expect(BucketBounds(5..<5, count: 3).count == 0)
  }

  @Test(arguments: TestedType.all, [1, 2, 3, 10, 64, 999])
  func aBucketHoldsWhatTheAggregatesOfItsRangeAre(_ element: TestedType, count: Int) {
    func check<Element: TestedElement>(_: Element.Type) {
      let elements = Element.randomElements(count: 999, seed: UInt64(count))
      let bounds = BucketBounds(100..<1099, count: count)
      let buckets = compute(
        Buckets(AggregateOperation.allCases, in: bounds), of: elements, offset: count % 9, startIndex: 100)
      #expect(buckets.count == count)
      for bucket in 0..<buckets.count {
        let range = bounds.start(of: bucket)..<bounds.start(of: bucket + 1)
        let expected = aggregate(
          Array(elements[range.lowerBound - 100..<range.upperBound - 100]), startIndex: range.lowerBound)
        let found = buckets.results(of: bucket)
        // In one block all is added up in the same order.
        for (found, expected) in zip(found, expected) { #expect(found == expected, "bucket \(bucket) of \(count)") }
      }
    }
    check(element.type)
  }

  @Test(arguments: TestedType.all)
  func slicingDoesNotChangeABit(_ element: TestedType) {
    func check<Element: TestedElement>(_: Element.Type) {
      let block = ElementView<Element>.blockCount
      let elements = Element.randomElements(count: 3 * block + 17, seed: 5)
      for count in [1, 2, 7, 1000] {
        let buckets = Buckets<Element>(
          AggregateOperation.allCases, in: BucketBounds(3..<3 + elements.count, count: count))
        let whole = compute(buckets, of: elements, offset: 3, startIndex: 3)
        for slice in [block, 2 * block] {
          let sliced = compute(buckets, of: elements, startIndex: 3, slice: slice)
          #expect((0..<count).allSatisfy { sliced.results(of: $0) == whole.results(of: $0) }, "\(count), \(slice)")
        }
      }
    }
    check(element.type)
  }

  @Test(arguments: TestedType.numbers)
  func theFirstOfEqualExtremesWinsAcrossBlocks(_ element: TestedType) {
    func check<Element: TestedElement>(_: Element.Type) {
      let block = ElementView<Element>.blockCount
      var elements = [Element](repeating: Element(5), count: 2 * block)
      for index in [70, block + 1] { (elements[index], elements[index + 9]) = (Element(2), Element(9)) }
      let buckets = compute(
        Buckets([.indexOfMinimum, .indexOfMaximum, .minimum, .count], in: BucketBounds(0..<2 * block, count: 1)),
        of: elements, slice: block)
      #expect(buckets.results(of: 0) == [.index(70), .index(79), .element(Element(2)), .index(2 * block)])
    }
    check(element.type)
  }

  @Test func theFirstNaNWinsInItsBucketOnly() {
    let block = ElementView<Double>.blockCount
    var elements = (0..<4 * block).map(Double.init)
    (elements[block + 5], elements[block + 9], elements[1]) = (.nan, .nan, -.infinity)
    let buckets = compute(
      Buckets(
        [.minimum, .indexOfMinimum, .indexOfMaximum, .mean, .variance], in: BucketBounds(0..<4 * block, count: 2)),
      of: elements, slice: block)
    let first = buckets.results(of: 0)
    #expect(first[1...2] == [.index(block + 5), .index(block + 5)])
    for result in [first[0], first[3], first[4]] {
      guard case .element(let value) = result else {
        Issue.record("\(result)")
        continue
      }
      #expect(value.isNaN)
    }
    #expect(buckets.results(of: 1)[..<3] == [.element(Double(2 * block)), .index(2 * block), .index(4 * block - 1)])
  }

  @Test func sumsOfManyBlocksAreExactOrNearlySo() {
    let tenths = compute(
      Buckets([.sum, .variance], in: BucketBounds(0..<100_000, count: 1)), of: [Double](repeating: 0.1, count: 100_000))
    guard case .element(let sum) = tenths.results(of: 0)[0], case .element(let variance) = tenths.results(of: 0)[1]
    else {
      Issue.record("floats have floats for sums")
      return
    }
    #expect(abs(sum - 10_000) <= 2e-12)
    #expect(variance < 1e-28)
    let large = compute(
      Buckets([.sum, .mean], in: BucketBounds(0..<100_001, count: 1)),
      of: [UInt64](repeating: .max, count: 100_001))
    #expect(large.results(of: 0) == [.integer(Int128(UInt64.max) * 100_001), .double(0x1p64)])
  }
}
