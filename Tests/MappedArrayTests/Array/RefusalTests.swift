import Testing

@testable import MappedArray

/// What an array refuses, whatever its type: nothing is changed then.
struct RefusalTests {
  @Test("bytes that are no whole elements", arguments: ElementType.tested, [FileFormat.npy, .raw])
  func partialElements(type: ElementType, format: FileFormat) throws {
    func check<Element: MappableElement>(_: Element.Type) throws {
      let workspace = try Workspace()
      var array = try workspace.map(as: Element.self, isRaw: format == .raw)
      try array.append([.zero, .zero])
      let before = try workspace.read()
      let size = type.size
      for count in 1...33 where count % size != 0 {
        let bytes = [UInt8](repeating: 1, count: count)
        for index in [0, 1, 2, 9] {
          #expect(throws: MappedArrayError.partialElement(bytes: count, elementSize: size)) {
            try bytes.withUnsafeBytes { try array.write(packed: $0, at: index) }
          }
        }
        #expect(throws: MappedArrayError.partialElement(bytes: count, elementSize: size)) {
          try bytes.withUnsafeBytes { try array.append(packed: $0) }
        }
      }
      #expect(array.count == 2)
      #expect(try workspace.read() == before)
    }
    try check(type.swiftType)
  }

  @Test("negative counts and indexes", arguments: [FileFormat.npy, .raw])
  func negative(format: FileFormat) throws {
    let workspace = try Workspace()
    var array = try workspace.map(as: Int16.self, isRaw: format == .raw)
    try array.append([1, 2, 3])
    let before = try workspace.read()
    for number in [-1, -3, -4, -1_000_000, Int.min / 2, Int.min + 1, Int.min] {
      #expect(throws: MappedArrayError.negative(number)) { try array.resize(to: number) }
      #expect(throws: MappedArrayError.negative(number)) { try array.beginResize(to: number) }
      #expect(throws: MappedArrayError.negative(number)) { try array.write([7], at: number) }
      #expect(try array.element(at: number) == nil)
      #expect(array[checked: number] == nil)
      #expect(try !array.update(at: number, to: 7))
    }
    for range in [-5..<2, Int.min..<Int.max, 3..<Int.max, -9 ..< -3] {
      #expect(
        array.withPackedElements(in: range) { Array($0) }
          == packed(([1, 2, 3] as [Int16]).filter { range.contains(Int($0) - 1) }))
    }
    #expect(array.count == 3)
    #expect(try workspace.read() == before)
  }

  @Test("no elements change nothing, wherever they are written", arguments: [FileFormat.npy, .raw])
  func nothing(format: FileFormat) throws {
    let workspace = try Workspace()
    var array = try workspace.map(as: Int16.self, isRaw: format == .raw)
    try array.append([1, 2, 3])
    let before = try workspace.read()
    for index in [0, 3, 4, 1000, Int.max] { try array.write([], at: index) }
    try array.append([])
    try array.fill(3..<1000, with: 7)
    try array.fill(1..<1, with: 7)
    #expect(array.count == 3)
    #expect(try workspace.read() == before)
  }

  @Test("a read-only array", arguments: [FileFormat.npy, .raw])
  func readOnly(format: FileFormat) throws {
    let workspace = try Workspace()
    do {
      var array = try workspace.map(as: Float.self, isRaw: format == .raw)
      try array.append([1, 2, 3])
    }
    let before = try workspace.read()
    var array = try workspace.map(as: Float.self, access: .readOnly)
    #expect(array.file.access == .readOnly)
    let error = MappedArrayError.readOnly
    #expect(throws: error) { _ = try array.update(at: 0, to: 7) }
    #expect(throws: error) { try array.append(7) }
    #expect(throws: error) { try array.append([7, 8]) }
    #expect(throws: error) { try array.append([]) }
    #expect(throws: error) { try array.write([7], at: 1) }
    #expect(throws: error) { try array.write([7], at: 9) }
    #expect(throws: error) { _ = try array.popLast() }
    #expect(throws: error) { try array.resize(to: 1) }
    #expect(throws: error) { try array.resize(to: 3) }
    #expect(throws: error) { try array.resize(to: 4) }
    #expect(throws: error) { try array.beginResize(to: 1) }
    #expect(throws: error) { try array.removeAll() }
    #expect(throws: error) { try array.fill(0..<2, with: 7) }
    #expect(throws: error) { try array.reserveSpace(in: 0..<2) }
    try array.trim()
    #expect(try array.element(at: 2) == 3)
    #expect(try array.element(at: 3) == nil)
    #expect(array.contents == packed([1, 2, 3] as [Float]))
    #expect(try workspace.read() == before)
  }
}
