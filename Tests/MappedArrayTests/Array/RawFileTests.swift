import SystemPackage
import TestSupport
import Testing

@testable import MappedArray

/// Raw files, which other programs may lengthen and shorten at any time.
struct RawFileTests {
  @Test("what another program appends is there", arguments: ElementType.tested)
  func appended(type: ElementType) throws {
    try appended(type.swiftType)
  }

  private func appended<Element: MappableElement>(_: Element.Type) throws {
    var random = SeededGenerator(seed: 1)
    let elements = (0..<6).map { _ in Element.anyBits(using: &random) }
    let workspace = try Workspace()
    var array = try workspace.map(as: Element.self, isRaw: true)
    try workspace.append(packed([elements[0]]))
    #expect(array.count == 0)
    #expect(array[checked: 0] == nil)
    #expect(packed([try #require(try array.element(at: 0))]) == packed([elements[0]]))
    #expect(array.count == 1)
    try workspace.append(packed([elements[1]]))
    #expect(try array.element(at: 5) == nil)
    #expect(array.count == 2)
    try workspace.append(packed([elements[2]]))
    #expect(try array.update(at: 2, to: elements[3]))
    try workspace.append(packed([elements[4]]))
    // Here and there in turns.
    try array.append(elements[5])
    #expect(array.contents == packed([elements[0], elements[1], elements[3], elements[4], elements[5]]))
    #expect(try workspace.read() == array.contents)
    try workspace.append(packed([elements[2]]))
    #expect(packed([try #require(try array.popLast())]) == packed([elements[2]]))
    try workspace.append(packed([elements[2]]))
    try array.refresh()
    #expect(array.count == 6)
    try workspace.append(packed([elements[2]]))
    try array.write([elements[0]], at: 8)
    #expect(
      array.contents.suffix(3 * type(of: elements[0]).elementType.size)
        == packed([elements[2], .zero, elements[0]])[...])
    try workspace.append(packed([elements[2]]))
    try array.resize(to: 1)
    #expect(try workspace.read() == packed([elements[0]]))
    try workspace.append(packed([elements[2]]))
    try array.removeAll()
    #expect(try workspace.size() == 0)
  }

  @Test("what another program cuts off is gone")
  func cut() throws {
    let workspace = try Workspace()
    try workspace.write(packed(Array(0..<100) as [Int64]))
    var array = try workspace.map(as: Int64.self)
    try workspace.truncate(to: 80)
    try array.refresh()
    #expect(array.count == 10)
    #expect(try array.element(at: 10) == nil)
    try workspace.truncate(to: 40)
    #expect(try array.popLast() == 4)
    try workspace.truncate(to: 16)
    try array.append(7)
    #expect(array.contents == packed([0, 1, 7] as [Int64]))
  }

  @Test("a file that grows beyond the mapping while it is mapped")
  func beyondMapping() throws {
    let workspace = try Workspace()
    var array = try workspace.map(as: UInt8.self, isRaw: true)
    // The first mapping has a mebibyte.
    for size in [1 << 20, (1 << 20) + 1, 3 << 20, 100 << 20, (1 << 30) + 5] {
      try workspace.truncate(to: size - 1)
      try workspace.append([UInt8(truncatingIfNeeded: size % 251)])
      #expect(try array.element(at: size - 1) == UInt8(size % 251))
      #expect(array.count == size)
    }
    #expect(try array.element(at: 1 << 20) == UInt8(((1 << 20) + 1) % 251))
  }

  @Test("a trailing part of an element", arguments: ElementType.tested.filter { $0.size > 1 })
  func trailingPart(type: ElementType) throws {
    try trailingPart(type.swiftType)
  }

  private func trailingPart<Element: MappableElement>(_: Element.Type) throws {
    var random = SeededGenerator(seed: 2)
    let (first, second) = (Element.anyBits(using: &random), Element.anyBits(using: &random))
    let size = Element.elementType.size
    for part in 1..<size {
      let workspace = try Workspace()
      try workspace.write(packed([first, second]))
      var array = try workspace.map(as: Element.self)
      let trailing = [UInt8](repeating: 0x5A, count: part)
      try workspace.append(trailing)
      // Reads ignore it.
      #expect(try array.element(at: 2) == nil)
      try array.refresh()
      #expect(array.count == 2)
      #expect(array.contents == packed([first, second]))
      // What changes the length is refused.
      let error = MappedArrayError.trailingBytes(part, elementSize: size)
      #expect(throws: error) { try array.append(first) }
      #expect(throws: error) { try array.append([first, second]) }
      #expect(throws: error) { _ = try array.popLast() }
      #expect(throws: error) { try array.resize(to: 1) }
      #expect(throws: error) { try array.resize(to: 3) }
      #expect(throws: error) { try array.removeAll() }
      #expect(throws: error) { try array.write([first, second], at: 1) }
      #expect(throws: error) { try array.write([first], at: 2) }
      #expect(throws: error) { try array.write([first], at: 20) }
      #expect(try workspace.read() == packed([first, second]) + trailing)
      // What does not is done.
      try array.resize(to: 2)
      try array.append([])
      #expect(try array.update(at: 1, to: first))
      try array.write([second, second], at: 0)
      #expect(try workspace.read() == packed([second, second]) + trailing)
      // The other program completes the element.
      try workspace.append([UInt8](repeating: 0x5A, count: size - part))
      #expect(try array.element(at: 2) != nil || Element.self == Float.self)
      try array.append(first)
      #expect(array.count == 4)
    }
  }

  @Test("a file that ends in a part of an element when it is mapped")
  func partFromTheStart() throws {
    let workspace = try Workspace()
    for (bytes, count) in [(1, 0), (7, 0), (9, 1), (23, 2)] {
      try workspace.write([UInt8](repeating: 1, count: bytes))
      var array = try workspace.map(as: Double.self)
      #expect(array.count == count)
      #expect(throws: MappedArrayError.trailingBytes(bytes % 8, elementSize: 8)) { try array.append(1) }
    }
  }
}
