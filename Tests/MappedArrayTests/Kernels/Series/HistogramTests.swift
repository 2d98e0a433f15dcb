import MappedArray
import TestSupport
import Testing

@Suite struct HistogramTests {
  private func histogram<Element: AggregatableElement>(
    _ elements: [Element], _ count: Int, _ bounds: HistogramBounds? = nil, slice: Int = .max
  ) -> Histogram<Element> {
    compute(
      Histogram(binCount: count, between: bounds, isEmpty: elements.isEmpty), of: elements, offset: 1, slice: slice)
  }

  @Test(arguments: TestedType.numbers)
  func binsAreHalfOpenAndTheLastOneIsClosed(_ element: TestedType) {
    func check<Element: TestedElement>(_: Element.Type) {
      let elements = [0, 1, 1, 2, 3, 4, 4, 4].map { Element(Int8($0)) }
      #expect(histogram(elements, 4).counts == [1, 2, 1, 4])
      #expect(histogram(elements, 2).counts == [3, 5])
      #expect(histogram(elements, 8).counts == [1, 0, 2, 0, 1, 0, 1, 3])
      #expect(histogram(elements, 2, .doubles(1, 3)).counts == [2, 2])
      #expect(histogram(elements, 3, .doubles(0.5, 3.5)).counts == [2, 1, 1])
      #expect(histogram(elements, 2, .doubles(-10, 10)).counts == [0, 8])
      #expect(histogram(elements, 3, .doubles(9, 12)).counts == [0, 0, 0])
      #expect(histogram([Element(7), Element(7)], 4).counts == [0, 0, 2, 0])
      #expect(histogram([Element](), 3).counts == [0, 0, 0])
    }
    check(element.type)
  }

  @Test(arguments: TestedType.integers, [1, 2, 7, 10, 255, 1000])
  func integersOfAllSizesAreInTheBinThatArithmeticSays(_ element: TestedType, count: Int) {
    func check<Element: TestedElement & FixedWidthInteger>(_: Element.Type) {
      let elements = Element.randomElements(count: 3000, seed: UInt64(count)) + [.min, .max]
      var expected = [UInt64](repeating: 0, count: count)
      let width = Int128(Element.max) - Int128(Element.min)
      for element in elements {
        // With these bounds no edge but the outer ones is an integer, or it is one exactly.
        let bin = Int((Int128(element) - Int128(Element.min)) * Int128(count) / width)
        expected[min(bin, count - 1)] += 1
      }
      #expect(histogram(elements, count).counts == expected)
      #expect(
        histogram(elements, count, .integers(Int128(Element.min), Int128(Element.max))).counts == expected)
    }
    if let type = element.type as? any (TestedElement & FixedWidthInteger).Type { check(type) }
  }

  @Test func integersThatDoublesDoNotTellApartAreCountedApart() {
    let base = Int64(1) << 60
    let elements = (0..<100).map { base + $0 }
    #expect(histogram(elements, 10).counts == [UInt64](repeating: 10, count: 10))
    #expect(
      histogram(elements, 100, .integers(Int128(base), Int128(base) + 100)).counts == [UInt64](repeating: 1, count: 100)
    )
    #expect(histogram([base + 1, base + 1], 3).counts == [0, 2, 0])
    #expect(histogram([UInt64.max, UInt64.max - 1], 2).counts == [1, 1])
    #expect(histogram([UInt64.max, 0, 5], 2, .integers(-5, Int128(1) << 70)).counts == [3, 0])
  }

  @Test(arguments: TestedType.all)
  func slicingDoesNotChangeACount(_ element: TestedType) {
    func check<Element: TestedElement>(_: Element.Type) {
      let block = ElementView<Element>.blockCount
      let elements = (0..<3 * block + 5).map { Element(Int8($0 % 101)) }
      let whole = histogram(elements, 17)
      #expect(whole.counts.reduce(0, +) == UInt64(elements.count))
      #expect(histogram(elements, 17, slice: block).counts == whole.counts)
    }
    check(element.type)
  }

  @Test func whatHasNoBinsIsAnError() {
    #expect(histogram([1, Double.infinity], 3).error == .infinite(least: 1, greatest: .infinity))
    #expect(histogram([1e300], 3).error == .narrow(low: 1e300, high: 1e300))
    #expect(histogram([Float(1), 2], 3, .doubles(1, 1.0000001)).error != nil)
    guard case .infinite(let least, _) = histogram([1, Float.nan], 3).error else {
      Issue.record("NaN has no bin")
      return
    }
    #expect(least.isNaN)
    // With bounds it is left out.
    #expect(histogram([1, Float.nan, .infinity, 2], 2, .doubles(0, 2)).counts == [0, 2])
  }
}
