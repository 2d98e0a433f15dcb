import MappedArray
import TestSupport
import Testing

@Suite struct QuantileTests {
  private func quantiles<Element: AggregatableElement>(
    _ elements: [Element], _ parts: [Double], most: Int = 100, slice: Int = .max
  ) -> [QuantileResult<Element>] {
    compute(
      Quantiles(parts, count: elements.count, mostCollected: most), of: elements, offset: 3, slice: slice
    ).finish()
  }

  private static let parts = [0.5, 0, 1, 0.25, 0.999, 0.001, 0.5, 1.0 / 3]

  /// By sorting all.
  private func sorted<Element: AggregatableElement>(
    _ elements: [Element], _ parts: [Double] = QuantileTests.parts
  ) -> [QuantileResult<Element>] {
    let elements = elements.map(\.orderedBits).sorted().map(Element.init(orderedBits:))
    return parts.map { part in
      let place = Double(elements.count - 1) * part
      let first = min(Int(place), elements.count - 1)
      let second = min(first + 1, elements.count - 1)
      return Element.interpolated(
        from: elements[first], to: elements[second], part: first == second ? 1 : place - Double(first))
    }
  }

  @Test(arguments: TestedType.all)
  func bitsAreInTheOrderOfTheElements(_ element: TestedType) {
    func check<Element: TestedElement>(_: Element.Type) {
      let elements = (Element.randomElements(count: 2000, seed: 8) + Element.edges).filter { $0 == $0 }
      for element in elements { #expect(Element(orderedBits: element.orderedBits) == element) }
      for (first, second) in zip(elements, elements.dropFirst()) where first != second {
        #expect((first < second) == (first.orderedBits < second.orderedBits))
      }
    }
    check(element.type)
  }

  @Test(arguments: TestedType.all, [1, 2, 3, 10, 1000])
  func theyAreAsSorted(_ element: TestedType, count: Int) {
    func check<Element: TestedElement>(_: Element.Type) {
      let elements = Element.randomElements(count: count, seed: UInt64(count))
      for most in [100, 1 << 19] { #expect(quantiles(elements, Self.parts, most: most) == sorted(elements)) }
    }
    check(element.type)
  }

  @Test(arguments: TestedType.all)
  func slicingChangesNothing(_ element: TestedType) {
    func check<Element: TestedElement>(_: Element.Type) {
      let block = ElementView<Element>.blockCount
      let elements = Element.randomElements(count: 2 * block + 9, seed: 4)
      #expect(quantiles(elements, Self.parts, slice: block) == sorted(elements))
    }
    check(element.type)
  }

  @Test func elementsThatDifferInTheirLastBitsOnlyAreToldApart() {
    var random = SeededGenerator(seed: 5)
    let integers = (0..<3000).map { _ in Int64.max - Int64.random(in: 0...40, using: &random) }
    #expect(quantiles(integers, Self.parts) == sorted(integers))
    let doubles = (0..<3000).map { _ in
      Double(bitPattern: 0x3FF0_0000_0000_0000 + UInt64.random(in: 0...9, using: &random))
    }
    #expect(quantiles(doubles, Self.parts) == sorted(doubles))
    #expect(quantiles([Float](repeating: -2.5, count: 3000), [0.3, 0.9]) == [.element(-2.5), .element(-2.5)])
  }

  @Test func morePartsThanAreCountedAtOnceAreFoundToo() {
    var random = SeededGenerator(seed: 6)
    let elements = (0..<8000).map { _ in UInt64.random(in: .min ... .max, using: &random) }
    let parts = (0...100).map { Double($0) / 100 }
    #expect(quantiles(elements, parts, most: 1000) == sorted(elements, parts))
    // Forty heaps that are too large to be collected, with parts in each.
    let heaps = elements.map { $0 & 0xFFFF_FFFF | ($0 % 40) << 48 }
    #expect(quantiles(heaps, parts) == sorted(heaps, parts))
  }

  @Test(arguments: TestedType.floats, [10, 1000])
  func notANumberSpoilsAll(_ element: TestedType, count: Int) {
    func check<Element: TestedElement & BinaryFloatingPoint>(_: Element.Type) {
      var elements = [Element](repeating: 1, count: count)
      elements[count / 2] = -.nan
      for result in quantiles(elements, [0, 0.5, 1]) {
        guard case .element(let value) = result else {
          Issue.record("\(result)")
          continue
        }
        #expect(value.isNaN)
      }
      elements[count / 2] = .infinity
      #expect(quantiles(elements, [0, 0.5]) == [.element(1), .element(1)])
    }
    if let type = element.type as? any (TestedElement & BinaryFloatingPoint).Type { check(type) }
  }

  @Test func differencesOfIntegersDoNotWrapAround() {
    #expect(quantiles([Int8.min, .max], [0.5]) == [.double(-0.5)])
    #expect(quantiles([Int64.min, .max], [0.25]) == [.double(-0x1p62)])
    #expect(quantiles([0, UInt64.max], [0.5]) == [.double(0x1p63)])
  }

  @Test func thereIsNoneOfNothing() {
    guard case .double(let integer) = quantiles([Int32](), [0.5])[0],
      case .element(let float) = quantiles([Float](), [0.5])[0]
    else {
      Issue.record("integers have doubles, floats their own type")
      return
    }
    #expect(integer.isNaN && float.isNaN)
  }
}
