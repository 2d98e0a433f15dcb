import MappedArray
import Testing

@Suite struct FinderTests {
  private func holds<Element: Comparable>(_ comparison: Comparison, _ element: Element, _ value: Element) -> Bool {
    switch comparison {
    case .greater: element > value
    case .greaterOrEqual: element >= value
    case .less: element < value
    case .lessOrEqual: element <= value
    case .equal: element == value
    case .notEqual: element != value
    }
  }

  @Test(arguments: TestedType.all, Comparison.allCases)
  func findsWhatTheReferenceFinds(_ element: TestedType, comparison: Comparison) {
    func check<Element: TestedElement>(_: Element.Type) {
      var elements = Element.randomElements(count: 1500, seed: 6)
      for (index, edge) in Element.edges.enumerated() {
        elements[index * 40] = edge
        elements[1499 - index] = edge
      }
      for value in Element.edges + [elements[3]] {
        let expected = elements.indices.filter { holds(comparison, elements[$0], value) }.map { $0 + 10 }
        withView(elements, offset: 5) { view in
          var finder = Finder(comparison, value, startIndex: 10)
          finder.consume(view)
          #expect(finder.takeIndexes() == expected, "\(value)")

          var sliced = Finder(comparison, value, startIndex: 10, limit: 4)
          var found: [Int] = []
          for start in stride(from: 0, to: view.count, by: 100) where !sliced.isFinished {
            sliced.consume(view.slice(from: start, limit: 100))
            found += sliced.takeIndexes()
          }
          #expect(found == Array(expected.prefix(4)), "\(value)")
          #expect(sliced.isFinished == (expected.count >= 4), "\(value)")
        }
      }
    }
    check(element.type)
  }

  @Test(arguments: [0, -1])
  func aLimitOfNothingFindsNothing(_ limit: Int) {
    var finder = Finder(.equal, Int8(1), limit: limit)
    #expect(finder.isFinished)
    withView([Int8(1), 1]) { finder.consume($0) }
    #expect(finder.takeIndexes().isEmpty)
  }

  @Test func anEmptyRangeHoldsNothing() {
    var finder = Finder(.notEqual, 1.0)
    withView([Double]()) { finder.consume($0) }
    #expect(!finder.isFinished)
    #expect(finder.takeIndexes().isEmpty)
  }
}
