import MappedArray
import TestSupport
import Testing

extension ElementType {
  /// The Swift type of the elements.
  var swiftType: any MappableElement.Type { accept(TypeVisitor()) }

  private struct TypeVisitor: ElementTypeVisitor {
    func visit<Element: MappableElement>(_ type: Element.Type) -> any MappableElement.Type { type }
  }
}

extension ElementType: CustomTestStringConvertible {
  public var testDescription: String { name }

  /// Numbers, and strings of some sizes.
  static let tested = numbers + [1, 5, 16, 4095, 4096].compactMap(StringSize.init).map(ElementType.string)
}

extension MappableElement {
  /// Any bit pattern.
  static func anyBits(using random: inout SeededGenerator) -> Self {
    let words = (0..<(MemoryLayout<Self>.size + 7) / 8).map { _ in random.next() }
    return words.withUnsafeBytes { $0.loadUnaligned(as: Self.self) }
  }

  /// The element of this text.
  static func parse(_ text: String) throws -> Self {
    try Array(text.utf8).withUnsafeBytes { try Self.parse($0) }
  }
}

/// Elements as the bytes of a file.
func packed<Element: BitwiseCopyable>(_ elements: [Element]) -> [UInt8] {
  elements.withUnsafeBytes { Array($0) }
}

extension MappedArray where Element: MappableElement {
  /// All elements, as the bytes of a file.
  var contents: [UInt8] { withPackedElements(in: 0..<count) { Array($0) } }

  mutating func append(_ elements: [Element]) throws {
    try append(contentsOf: elements.span)
  }

  mutating func write(_ elements: [Element], at index: Int) throws {
    try elements.withUnsafeBytes { try write(packed: $0, at: index) }
  }
}
