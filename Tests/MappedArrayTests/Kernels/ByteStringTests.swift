import TestSupport
import Testing

@testable import MappedArray

/// Elements whose size is known at run time only.
struct ByteStringTests {
  private func type(_ size: Int) throws -> any MappableElement.Type { try #require(StringSize(size)).elementType }

  @Test("every size has a type of that size, and always the same")
  func sizes() throws {
    for size in 1...StringSize.most {
      let type = try type(size)
      #expect(size == type.elementType.size && type.elementType.name == "S\(size)")
      #expect(try type == self.type(size))
      #expect(ElementType(named: "s\(size)") == type.elementType)
    }
    #expect([0, -1, 4097, .min, .max].allSatisfy { StringSize($0) == nil })
  }

  @Test("text comes back, up to the size", arguments: [1, 2, 3, 7, 64, 1001, 4096])
  func texts(size: Int) throws {
    func check<Element: MappableElement>(_: Element.Type) throws {
      for count in Set([0, 1, size - 1, size]) where count >= 0 {
        let text = String(repeating: "x", count: count)
        let element = try Element.parse(text)
        #expect(element.text == text)
        #expect(packed([element]) == Array(text.utf8) + [UInt8](repeating: 0, count: size - count))
      }
      #expect((try? Element.parse(String(repeating: "x", count: size + 1))) == nil)
      #expect(Element.zero.text == "")
    }
    try check(type(size))
  }

  @Test("kernels agree with arrays", arguments: [1, 3, 8, 300])
  func kernels(size: Int) throws {
    func check<Element: MappableElement>(_: Element.Type) throws {
      var random = SeededGenerator(seed: UInt64(size))
      let elements = try (0..<500).map { _ in
        let letters = (0..<Int.random(in: 0...min(size, 3), using: &random)).map { _ in
          random.pick(["a", "b", "c"], or: "a")
        }
        return try Element.parse(letters.joined())
      }
      let probe = elements[17]
      withView(elements, offset: 3) { view in
        let (least, greatest) = (Element.extreme(.minimum, of: view), Element.extreme(.maximum, of: view))
        #expect(least?.value == elements.min() && least?.index == elements.min().flatMap(elements.firstIndex))
        #expect(greatest?.value == elements.max() && greatest?.index == elements.max().flatMap(elements.firstIndex))
        #expect(Element.firstIndex(of: probe, in: view) == elements.firstIndex(of: probe))
        for (comparison, holds) in [
          (.less, { $0 < probe }), (.lessOrEqual, { $0 <= probe }), (.greater, { $0 > probe }),
          (.greaterOrEqual, { $0 >= probe }), (.equal, { $0 == probe }), (.notEqual, { $0 != probe }),
        ] as [(Comparison, (Element) -> Bool)] {
          var found: [Int] = []
          Element.appendMatches(of: comparison, with: probe, in: view, offset: 5, limit: 90, to: &found)
          #expect(found == Array(elements.indices.filter { holds(elements[$0]) }.map { $0 + 5 }.prefix(90)))
        }
      }
      withView(elements.sorted(), offset: 1) { view in
        let sorted = elements.sorted()
        #expect(Element.insertionIndex(of: probe, in: view, side: .left) == sorted.firstIndex(of: probe))
        #expect(
          Element.insertionIndex(of: probe, in: view, side: .right)
            == (sorted.firstIndex { $0 > probe } ?? sorted.count))
      }
      // There is no sum of strings, and nothing traps.
      #expect(aggregate(elements, [.sum, .mean, .variance, .count]) == [.none, .none, .none, .index(500)])
    }
    try check(type(size))
  }
}
