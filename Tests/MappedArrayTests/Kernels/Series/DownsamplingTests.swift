import MappedArray
import TestSupport
import Testing

/// The algorithm as it was published: https://github.com/sveinn-steinarsson/flot-downsample.
private func published(_ values: [Double], _ threshold: Int) -> [Int] {
  guard threshold < values.count else { return Array(values.indices) }
  guard threshold > 2 else { return [0, values.count - 1] }
  let every = Double(values.count - 2) / Double(threshold - 2)
  func start(_ bucket: Int) -> Int { min(Int(Double(bucket) * every) + 1, values.count) }
  var (chosen, corner) = ([0], 0)
  for bucket in 0..<threshold - 2 {
    let next = start(bucket + 1)..<start(bucket + 2)
    let x = next.reduce(0) { $0 + Double($1) } / Double(next.count)
    let y = next.reduce(0) { $0 + values[$1] } / Double(next.count)
    var greatest = -1.0
    var best = start(bucket)
    for index in start(bucket)..<start(bucket + 1) {
      let area = abs(
        (Double(corner) - x) * (values[index] - values[corner]) - (Double(corner) - Double(index))
          * (y - values[corner]))
      if area > greatest { (greatest, best) = (area, index) }
    }
    chosen.append(best)
    corner = best
  }
  return chosen + [values.count - 1]
}

@Suite struct DownsamplingTests {
  private func downsample<Element: AggregatableElement>(
    _ elements: [Element], _ count: Int, slice: Int = .max, startIndex: Int = 0
  ) -> [SeriesPoint<Element>] {
    compute(
      Downsampling(startIndex..<startIndex + elements.count, count: count), of: elements, offset: count % 9,
      startIndex: startIndex, slice: slice
    ).points
  }

  @Test(arguments: TestedType.all, [2, 3, 4, 10, 333, 998, 999, 1000, 1001])
  func itIsThePublishedAlgorithm(_ element: TestedType, count: Int) {
    func check<Element: TestedElement>(_: Element.Type) {
      // Few digits, so that sums are exact in any order.
      var random = SeededGenerator(seed: UInt64(count))
      let elements = (0..<1000).map { _ in Element(Int8.random(in: 0...100, using: &random)) }
      let points = downsample(elements, count, startIndex: 50)
      #expect(points.map(\.index) == published(elements.map(\.doubleValue), count).map { $0 + 50 })
      #expect(points.allSatisfy { $0.value == elements[$0.index - 50] })
    }
    check(element.type)
  }

  @Test func aWalkIsFollowedToo() {
    var random = SeededGenerator(seed: 3)
    var place = 0.0
    let walk = (0..<20_000).map { _ in
      place += Double.random(in: -1...1, using: &random)
      return place
    }
    for count in [3, 50, 1000, 9000] { #expect(downsample(walk, count).map(\.index) == published(walk, count)) }
  }

  @Test(arguments: TestedType.all)
  func slicingDoesNotChangeAPoint(_ element: TestedType) {
    func check<Element: TestedElement>(_: Element.Type) {
      let block = ElementView<Element>.blockCount
      let elements = Element.randomElements(count: 3 * block + 17, seed: 9)
      for count in [3, 5, 700] {
        let whole = downsample(elements, count, startIndex: 7)
        #expect(whole.count == count)
        #expect(downsample(elements, count, slice: block, startIndex: 7) == whole)
        #expect(downsample(elements, count, slice: 2 * block, startIndex: 7) == whole)
      }
    }
    check(element.type)
  }

  @Test func aRangeOfNoMorePointsIsAllOfIt() {
    for length in 0...5 {
      let elements = (0..<length).map { Int16($0 * $0) }
      #expect(downsample(elements, 5, startIndex: 2).map(\.index) == Array(2..<2 + length))
    }
  }

  @Test func whatIsNoNumberIsLeftOut() {
    var values = (0..<100).map { Double($0 % 7) }
    for index in [3, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 70] { values[index] = .nan }
    let points = downsample(values, 12)
    #expect(points.count == 12)
    // Of the bucket that has nothing else, the first.
    #expect(points.filter { $0.value.isNaN }.map(\.index) == [20])
    let nothing = downsample([Double](repeating: .nan, count: 50), 5)
    #expect(nothing.count == 5 && nothing.allSatisfy { $0.value.isNaN })
  }
}
