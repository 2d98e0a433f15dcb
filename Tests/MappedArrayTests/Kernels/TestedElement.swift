import MappedArray
import TestSupport
import Testing

/// What the tests need to know of each type, and to make elements of it.
protocol TestedElement: MappableElement, RandomElement {
  /// All that is understood, the one that is replied first.
  static var names: [String] { get }
  init(_ small: Int8)
}

// The tests' list of types: what is not in it is found missing by all of them.
extension Int8: TestedElement { static var names: [String] { ["i8", "int8"] } }
extension Int16: TestedElement { static var names: [String] { ["i16", "int16"] } }
extension Int32: TestedElement { static var names: [String] { ["i32", "int32"] } }
extension Int64: TestedElement { static var names: [String] { ["i64", "int64"] } }
extension UInt8: TestedElement { static var names: [String] { ["u8", "uint8"] } }
extension UInt16: TestedElement { static var names: [String] { ["u16", "uint16"] } }
extension UInt32: TestedElement { static var names: [String] { ["u32", "uint32"] } }
extension UInt64: TestedElement { static var names: [String] { ["u64", "uint64"] } }
extension Float16: TestedElement { static var names: [String] { ["f16", "float16", "half"] } }
extension Float: TestedElement { static var names: [String] { ["f32", "float32", "float"] } }
extension Double: TestedElement { static var names: [String] { ["f64", "float64", "double"] } }

extension Bool8: TestedElement {
  static var names: [String] { ["bool", "bool8"] }
  init(_ small: Int8) { self.init(small != 0) }
}

extension TestedElement where Self: FixedWidthInteger {
  init(_ small: Int8) { self.init(truncatingIfNeeded: small) }
}

/// An element type as a test argument.
struct TestedType: CustomTestStringConvertible, Sendable {
  let type: any TestedElement.Type

  var testDescription: String { "\(type)" }

  private init(_ elementType: ElementType) {
    guard let type = elementType.swiftType as? any TestedElement.Type else {
      preconditionFailure("\(elementType.name) is not in the tests' list of types")
    }
    self.type = type
  }

  static let all = ElementType.numbers.map(TestedType.init)
  /// Those that have more than two values.
  static let numbers = ElementType.numbers.filter { $0.kind != .boolean }.map(TestedType.init)
  static let integers = ElementType.numbers.filter { $0.kind != .floatingPoint }.map(TestedType.init)
  static let floats = ElementType.numbers.filter { $0.kind == .floatingPoint }.map(TestedType.init)
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
