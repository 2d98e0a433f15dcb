import MappedArray
import TestSupport
import Testing

/// What the tests need to make elements of each type.
protocol TestedElement: AggregatableElement, RandomElement {
  init(_ small: Int8)
}

extension Int8: TestedElement {}
extension Int16: TestedElement {}
extension Int32: TestedElement {}
extension Int64: TestedElement {}
extension UInt8: TestedElement {
  init(_ small: Int8) { self.init(truncatingIfNeeded: small) }
}
extension UInt16: TestedElement {
  init(_ small: Int8) { self.init(truncatingIfNeeded: small) }
}
extension UInt32: TestedElement {
  init(_ small: Int8) { self.init(truncatingIfNeeded: small) }
}
extension UInt64: TestedElement {
  init(_ small: Int8) { self.init(truncatingIfNeeded: small) }
}
extension Float: TestedElement {}
extension Double: TestedElement {}

/// An element type as a test argument.
struct TestedType: CustomTestStringConvertible, Sendable {
  let type: any TestedElement.Type

  var testDescription: String { "\(type)" }

  static let integers: [TestedType] = [
    Int8.self, Int16.self, Int32.self, Int64.self, UInt8.self, UInt16.self, UInt32.self, UInt64.self,
  ].map { TestedType(type: $0) }
  static let floats = [TestedType(type: Float.self), TestedType(type: Double.self)]
  static let all = integers + floats
}

extension TestedElement {
  static func randomElements(count: Int, seed: UInt64) -> [Self] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in random(using: &generator) }
  }
}

/// Lends the elements as a view whose base is `offset` bytes after an aligned address.
func withView<Element: AggregatableElement, Result>(
  _ elements: [Element], offset: Int = 0, _ body: (ElementView<Element>) throws -> Result
) rethrows -> Result {
  let byteCount = elements.count * MemoryLayout<Element>.stride
  let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount + offset + 1, alignment: 64)
  defer { memory.deallocate() }
  elements.withUnsafeBytes { bytes in
    UnsafeMutableRawBufferPointer(start: memory + offset, count: byteCount).copyMemory(from: bytes)
  }
  return try body(ElementView(base: UnsafeRawPointer(memory) + offset, count: elements.count))
}

/// Runs operations over elements handed over in slices.
func aggregate<Element: AggregatableElement>(
  _ elements: [Element], _ operations: [AggregateOperation] = AggregateOperation.allCases, offset: Int = 0,
  startIndex: Int = 0, slice: Int = .max
) -> [AggregateResult<Element>] {
  withView(elements, offset: offset) { view in
    var aggregation = Aggregation<Element>(operations, startIndex: startIndex)
    for pass in 0..<aggregation.passCount {
      if pass > 0 {
        aggregation.beginNextPass()
      }
      var start = 0
      while start < view.count {
        aggregation.consume(view.slice(from: start, limit: slice))
        start += min(slice, view.count)
      }
    }
    return aggregation.finish()
  }
}
