import MappedArray
import Testing

@Suite struct SortedSearchTests {
  @Test(arguments: TestedType.all, [0, 1, 2, 3, 10, 101])
  func findsTheInsertionIndex(_ element: TestedType, count: Int) {
    func check<Element: TestedElement>(_: Element.Type) {
      func precedes(_ first: Element, _ second: Element) -> Bool {
        first < second || (second != second && first == first)
      }
      let random = Element.randomElements(count: count, seed: 8)
      let elements = (random + random.prefix(count / 3)).sorted()
      withView(elements, offset: 7) { view in
        for value in Element.edges + random.prefix(5) {
          let left = elements.firstIndex { !precedes($0, value) } ?? elements.count
          let right = elements.firstIndex { precedes(value, $0) } ?? elements.count
          #expect(Element.insertionIndex(of: value, in: view, side: .left) == left, "\(value)")
          #expect(Element.insertionIndex(of: value, in: view, side: .right) == right, "\(value)")
        }
      }
    }
    check(element.type)
  }

  @Test func notANumberComesLast() {
    withView([1, 2, .infinity, .nan, .nan]) { (view: ElementView<Double>) in
      #expect(Double.insertionIndex(of: .nan, in: view, side: .left) == 3)
      #expect(Double.insertionIndex(of: .nan, in: view, side: .right) == 5)
      #expect(Double.insertionIndex(of: .infinity, in: view, side: .right) == 3)
    }
  }
}

@Suite struct FillTests {
  @Test(arguments: TestedType.all, [0, 1, 15, 16, 100])
  func storesTheValueInWholeElementsOnly(_ element: TestedType, count: Int) {
    func check<Element: TestedElement>(_: Element.Type) {
      for (offset, value) in Element.edges.enumerated() {
        let stride = MemoryLayout<Element>.stride
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count * stride + 32, alignment: 16)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0xA5)
        let partial = stride - 1
        Element.fill(.init(rebasing: memory[offset..<offset + count * stride + partial]), with: value)
        guard let base = memory.baseAddress else { return }
        let view = ElementView<Element>(base: UnsafeRawPointer(base) + offset, count: count)
        #expect((0..<count).allSatisfy { view[$0] == value || value != value && view[$0] != view[$0] })
        #expect(memory[..<offset].allSatisfy { $0 == 0xA5 })
        #expect(memory[(offset + count * stride)...].allSatisfy { $0 == 0xA5 })
      }
    }
    check(element.type)
  }
}

@Suite struct IncrementTests {
  @Test func smallIntegersAgreeWithWideArithmeticEverywhere() {
    func check<Element: FixedWidthInteger & AggregatableElement>(_: Element.Type) where Element.Delta == Int128 {
      for value in Element.min ... .max {
        for delta in stride(from: Int128(-600), through: 600, by: 7) {
          let sum = Int128(value) + delta
          #expect(value.incremented(by: delta, overflow: .fail) == Element(exactly: sum))
          #expect(value.incremented(by: delta, overflow: .wrap) == Element(truncatingIfNeeded: sum))
          #expect(value.incremented(by: delta, overflow: .saturate) == Element(clamping: sum))
        }
      }
    }
    check(Int8.self)
    check(UInt8.self)
  }

  @Test func deltasMayExceedTheType() {
    #expect(UInt64.max.incremented(by: -Int128(UInt64.max), overflow: .fail) == 0)
    #expect(UInt64(0).incremented(by: Int128(UInt64.max), overflow: .fail) == .max)
    #expect(UInt64(1).incremented(by: Int128(UInt64.max), overflow: .fail) == nil)
    #expect(Int64.min.incremented(by: Int128(UInt64.max), overflow: .fail) == .max)
    #expect(Int64.max.incremented(by: 1, overflow: .wrap) == .min)
    #expect(Int64(-2).incremented(by: Int128(Int64.min), overflow: .saturate) == .min)
    #expect(UInt16(5).incremented(by: -6, overflow: .wrap) == .max)
    #expect(Int64(1).incremented(by: .max, overflow: .fail) == nil)
    #expect(Int64(1).incremented(by: .max, overflow: .wrap) == 0)
    #expect(Int64(1).incremented(by: .max, overflow: .saturate) == .max)
    #expect(Int64(-1).incremented(by: .min, overflow: .saturate) == .min)
  }

  @Test func floatsOverflowToInfinity() {
    func check<Element: TestedElement & BinaryFloatingPoint>(_: Element.Type) where Element.Delta == Element {
      let greatest = Element.greatestFiniteMagnitude
      #expect(greatest.incremented(by: greatest, overflow: .fail) == nil)
      #expect(greatest.incremented(by: greatest, overflow: .wrap) == .infinity)
      #expect(greatest.incremented(by: greatest, overflow: .saturate) == greatest)
      #expect((-greatest).incremented(by: -greatest, overflow: .saturate) == -greatest)
      for policy in OverflowPolicy.allCases {
        #expect(Element(1.5).incremented(by: 2, overflow: policy) == 3.5)
        #expect(Element.infinity.incremented(by: 1, overflow: policy) == .infinity)
        #expect(Element(1).incremented(by: -.infinity, overflow: policy) == -.infinity)
        #expect(Element.infinity.incremented(by: -.infinity, overflow: policy)?.isNaN == true)
      }
    }
    check(Float16.self)
    check(Float.self)
    check(Double.self)
  }
}

@Suite struct ElementViewTests {
  @Test func slicesStayInside() {
    withView([Int16](0..<10), offset: 1) { view in
      #expect(view.slice(from: 8, limit: 5).count == 2)
      #expect(view.slice(from: 8, limit: 5)[1] == 9)
      #expect(view.slice(from: 10, limit: 5).count == 0)
      #expect(view.slice(from: .max, limit: .max).count == 0)
      #expect(view.slice(from: .min, limit: .min).count == 0)
      #expect(ElementView<Int16>(base: view.base, count: -1).count == 0)
    }
  }
}
