import TestSupport
import Testing

@testable import MappedArray

/// Random steps on a mapped array and on a plain one, which must stay equal.
struct ArrayModelTests {
  @Test("random steps", arguments: ElementType.tested.filter { $0.size <= 16 }, [FileFormat.npy, .raw])
  func randomSteps(type: ElementType, format: FileFormat) throws {
    let index = try #require(ElementType.tested.firstIndex(of: type))
    try randomSteps(type.swiftType, format, seed: UInt64(index) + (format == .raw ? 100 : 0))
  }

  private func randomSteps<Element: MappableElement>(_: Element.Type, _ format: FileFormat, seed: UInt64) throws {
    var model = ArrayModel<Element>(seed: seed)
    let workspace = try Workspace()
    for session in 0..<8 {
      do {
        var array = try workspace.map(as: Element.self, isRaw: format == .raw)
        for step in 0..<200 {
          let name = try model.step(on: &array)
          let context: Comment = "seed \(seed), session \(session), step \(step): \(name)"
          try #require(array.count == model.elements.count, context)
          try #require(array.file.capacity >= array.count, context)
          let size = try workspace.size()
          try #require(size == array.file.mappedBytes, context)
          if format == .raw {
            try #require(size == model.bytes, context)
          } else {
            try #require(size >= 128 + model.bytes, context)
            let header = try NPYHeaderParser.parse(Array(workspace.beginning(128)), fileSize: size)
            try #require(header.shape == [array.count] && header.elementType == Element.elementType, context)
          }
          if step % 32 == 0 { try #require(array.contents == packed(model.elements), context) }
        }
        try #require(array.contents == packed(model.elements), "seed \(seed), session \(session)")
      }
      var expected = packed(model.elements)
      if format == .npy {
        let header = try #require(NPYHeader(Element.elementType).with(rows: model.elements.count))
        expected = header.bytes + expected
      }
      try #require(try workspace.read() == expected, "seed \(seed), session \(session)")
    }
  }
}

/// The plain array, and random steps on it and on a mapped one.
private struct ArrayModel<Element: MappableElement> {
  private(set) var elements: [Element] = []
  private var random: SeededGenerator

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
  }

  /// In the file.
  var bytes: Int { elements.count * MemoryLayout<Element>.size }

  private mutating func elements(_ counts: ClosedRange<Int>) -> [Element] {
    (0..<Int.random(in: counts, using: &random)).map { _ in Element.anyBits(using: &random) }
  }

  /// Mostly near the end, sometimes behind it.
  private mutating func index() -> Int {
    let count = elements.count
    return switch Int.random(in: 0..<4, using: &random) {
    case 0: Int.random(in: 0...count, using: &random)
    case 1: count + Int.random(in: 0...30, using: &random)
    default: max(0, count - Int.random(in: 0...10, using: &random))
    }
  }

  private mutating func resize(to count: Int) {
    elements = Array(elements.prefix(count)) + Array(repeating: .zero, count: max(0, count - elements.count))
  }

  private mutating func newCount() -> Int {
    switch Int.random(in: 0..<10, using: &random) {
    case 0: Int.random(in: 0...50_000, using: &random)
    case 1: 0
    case 2...5: max(0, elements.count - Int.random(in: 0...20, using: &random))
    default: elements.count + Int.random(in: 0...200, using: &random)
    }
  }

  /// Does one step on both and answers what it was.
  mutating func step(on array: inout MappedArray<Element>) throws -> String {
    switch Int.random(in: 0..<16, using: &random) {
    case 0...2: return try append(to: &array)
    case 3: return try appendMany(to: &array)
    case 4, 5: return try pop(from: &array)
    case 6, 7: return try update(&array)
    case 8: return try read(&array)
    case 9, 10: return try write(to: &array)
    case 11, 12: return try resize(&array)
    case 13: return try resizeInSteps(&array)
    case 14: return try fill(&array)
    default:
      try array.trim()
      if array.file.format == .npy { #expect(array.file.mappedBytes == 128 + bytes) }
      return "trim"
    }
  }

  private mutating func append(to array: inout MappedArray<Element>) throws -> String {
    let element = Element.anyBits(using: &random)
    try array.append(element)
    elements.append(element)
    return "append"
  }

  private mutating func appendMany(to array: inout MappedArray<Element>) throws -> String {
    let new = elements(0...40)
    try array.append(new)
    elements += new
    return "append \(new.count)"
  }

  private mutating func pop(from array: inout MappedArray<Element>) throws -> String {
    let popped = try array.popLast()
    #expect(popped.map { packed([$0]) } == elements.popLast().map { packed([$0]) })
    return "pop"
  }

  private mutating func update(_ array: inout MappedArray<Element>) throws -> String {
    let (index, element) = (index(), Element.anyBits(using: &random))
    #expect(try array.update(at: index, to: element) == elements.indices.contains(index))
    if elements.indices.contains(index) { elements[index] = element }
    return "update at \(index)"
  }

  private mutating func read(_ array: inout MappedArray<Element>) throws -> String {
    let index = index()
    let expected = elements.indices.contains(index) ? packed([elements[index]]) : nil
    #expect(try array.element(at: index).map { packed([$0]) } == expected)
    #expect(array[checked: index].map { packed([$0]) } == expected)
    let range = min(index, self.index())..<index + 5
    let read = array.withPackedElements(in: range) { Array($0) }
    #expect(read == packed(Array(elements[range.clamped(to: elements.indices)])))
    return "read at \(index) and \(range)"
  }

  private mutating func write(to array: inout MappedArray<Element>) throws -> String {
    let (index, new) = (index(), elements(0...30))
    try array.write(new, at: index)
    if !new.isEmpty {
      resize(to: max(elements.count, index + new.count))
      elements.replaceSubrange(index..<index + new.count, with: new)
    }
    return "write \(new.count) at \(index)"
  }

  private mutating func resize(_ array: inout MappedArray<Element>) throws -> String {
    let count = newCount()
    try array.resize(to: count)
    resize(to: count)
    return "resize to \(count)"
  }

  private mutating func resizeInSteps(_ array: inout MappedArray<Element>) throws -> String {
    let count = newCount()
    try array.beginResize(to: count)
    resize(to: count)
    #expect(array.count == count)
    if Bool.random(using: &random) {
      while try array.continueShrink(by: 3000) { #expect(array.count == count) }
    } else {
      // Whatever changes the array next completes it.
      try array.write([Element.zero], at: count)
      elements.append(.zero)
    }
    return "resize to \(count) in steps"
  }

  private mutating func fill(_ array: inout MappedArray<Element>) throws -> String {
    let (start, value) = (index(), Element.anyBits(using: &random))
    let range = start..<start + 9
    try array.fill(range, with: value)
    for index in range.clamped(to: elements.indices) { elements[index] = value }
    return "fill \(range)"
  }
}
