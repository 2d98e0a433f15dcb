import Glibc
import SystemPackage
import Testing

@testable import MappedArray

/// How files grow and shrink: the room they get, and what is in it.
struct GrowthTests {
  /// Bytes of disk space.
  private func diskSpace(_ workspace: Workspace) throws -> Int {
    var status = stat()
    try call { lstat(workspace.path(), &status) }
    return status.st_blocks * 512
  }

  @Test("a new file is visible at once", arguments: ElementType.tested)
  func newFile(type: ElementType) throws {
    func check<Element: MappableElement>(_: Element.Type) throws {
      let workspace = try Workspace()
      let array = try workspace.map(as: Element.self)
      let raw = try workspace.map("raw", as: Element.self, isRaw: true)
      #expect(try workspace.size() == 128)
      #expect(try workspace.size("raw") == 0)
      #expect(array.isEmpty && raw.isEmpty)
      #expect(array.file.shape == [0] && raw.file.shape == [0])
    }
    try check(type.swiftType)
  }

  @Test("appending is amortised with a header, and exact without", arguments: [FileFormat.npy, .raw])
  func appending(format: FileFormat) throws {
    let workspace = try Workspace()
    var sizes: Set<Int> = []
    do {
      var array = try workspace.map(as: Int32.self, isRaw: format == .raw)
      for number in 0..<20_000 {
        try array.append(Int32(number))
        let size = try workspace.size()
        if format == .raw { #expect(size == 4 * (number + 1)) } else { sizes.insert(size) }
      }
      #expect(array.contents == packed(Array(0..<20_000) as [Int32]))
    }
    #expect(sizes.count < 10)
    #expect(try workspace.size() == 4 * 20_000 + (format == .raw ? 0 : 128))
  }

  @Test("growing across the mapping's length", arguments: [FileFormat.npy, .raw])
  func mappingLength(format: FileFormat) throws {
    let workspace = try Workspace()
    var array = try workspace.map(as: Int64.self, isRaw: format == .raw)
    let block = Array(0..<10_000) as [Int64]
    // The first mapping has a mebibyte, the next two, and so on.
    for round in 1...80 {
      try array.append(block)
      #expect(try array.element(at: 10_000 * round - 1) == 9_999)
      #expect(try array.element(at: 10_000 * (round - 1)) == 0)
      #expect(try array.element(at: 10_000 * round) == nil)
    }
    #expect(array.contents == packed((0..<80).flatMap { _ in block }))
  }

  @Test("spare room has a limit")
  func spareRoom() throws {
    let limit = 64 << 20
    let workspace = try Workspace()
    do {
      var array = try workspace.map(as: UInt64.self)
      for count in [1, 1000, 1 << 20, 8 << 20, 9 << 20, 18 << 20, 40 << 20] {
        try array.resize(to: count)
        try array.append(UInt64(count))
        let (needed, size) = (128 + 8 * array.count, try workspace.size())
        #expect(size >= needed)
        #expect(size <= needed + min(max(needed, 4096), limit))
        #expect(try diskSpace(workspace) >= size)
        #expect(array.file.capacity == (size - 128) / 8)
      }
      // A little less keeps the room, a lot less gives it back, nothing at all keeps none.
      let size = try workspace.size()
      try array.resize(to: array.count - 1000)
      #expect(try workspace.size() == size)
      try array.resize(to: 1 << 20)
      #expect(try workspace.size() == 128 + (8 << 20) + limit)
      try array.removeAll()
      #expect(try workspace.size() == 128)
    }
    #expect(try workspace.size() == 128)
  }

  @Test("new room is zeros, whatever was there before", arguments: [FileFormat.npy, .raw])
  func zeros(format: FileFormat) throws {
    let workspace = try Workspace()
    var array = try workspace.map(as: UInt8.self, isRaw: format == .raw)
    for count in [10, 5000, 1 << 20, (1 << 20) + 1, 5 << 20] {
      try array.resize(to: 0)
      try array.append([UInt8](repeating: 0xFF, count: count))
      try array.resize(to: 3)
      try array.resize(to: count)
      #expect(array.contents == [0xFF, 0xFF, 0xFF] + [UInt8](repeating: 0, count: count - 3))
      try array.append([UInt8](repeating: 0xFF, count: count))
      try array.resize(to: 3)
      try array.write([1, 2], at: count)
      #expect(array.contents == [0xFF, 0xFF, 0xFF] + [UInt8](repeating: 0, count: count - 3) + [1, 2])
    }
  }

  @Test("what lies behind the elements of a file with header is room")
  func foreignRoom() throws {
    let workspace = try Workspace()
    let header = try #require(NPYHeader(.u16).with(rows: 2)).bytes
    for tail in [1, 2, 100, 100_000] {
      try workspace.write(header + [1, 0, 2, 0] + [UInt8](repeating: 0xEE, count: tail))
      do {
        let array = try workspace.map(as: UInt16.self, access: .readOnly)
        #expect(array.contents == [1, 0, 2, 0])
      }
      #expect(try workspace.size() == 132 + tail)
      do {
        var array = try workspace.map(as: UInt16.self)
        #expect(array.contents == [1, 0, 2, 0])
        try array.resize(to: 60)
        #expect(array.contents == [1, 0, 2, 0] + [UInt8](repeating: 0, count: 116))
        try array.resize(to: 2)
        #expect(try workspace.size() >= 132 + tail)
      }
      #expect(try workspace.read() == header + [1, 0, 2, 0])
    }
  }

  @Test("cut in pieces, and what happens in between", arguments: [FileFormat.npy, .raw])
  func cutInPieces(format: FileFormat) throws {
    let workspace = try Workspace()
    let headerSize = format == .raw ? 0 : 128
    for ending in 0..<4 {
      do {
        var array = try workspace.map(as: Int64.self, isRaw: format == .raw)
        try array.resize(to: 100_000)
        _ = try array.update(at: 4, to: 4)
        try array.beginResize(to: 5)
        #expect(array.count == 5)
        #expect(try array.element(at: 5) == nil)
        switch ending {
        case 0: while try array.continueShrink(by: 100_000) {}
        case 1:
          if try array.continueShrink(by: 100_000) { try array.append(9) }
        case 2: #expect(try array.popLast() == 4)
        default: break  // The end of the array's life completes it.
        }
        if ending < 3, format == .raw { #expect(try workspace.size() == 8 * array.count) }
      }
      let last = [[4], [4], [], [4]][ending] as [Int64]
      let elements = [0, 0, 0, 0] + last
      let size = try workspace.size()
      #expect(
        [headerSize + 8 * elements.count, headerSize + 8 * elements.count + 8].contains(size), "ending \(ending)")
      #expect(try workspace.read()[headerSize...].starts(with: packed(elements)))
    }
  }

  @Test("lengths that no file can have", arguments: [FileFormat.npy, .raw])
  func tooLarge(format: FileFormat) throws {
    let workspace = try Workspace()
    var array = try workspace.map(as: Int64.self, isRaw: format == .raw)
    try array.append([1, 2, 3])
    let size = try workspace.size()
    for index in [Int.max, Int.max - 1, Int.max / 2, Int.max / 8, Int.max / 16 + 1] {
      #expect(throws: MappedArrayError.tooLarge) { try array.resize(to: index) }
      #expect(throws: MappedArrayError.tooLarge) { try array.write([1], at: index) }
      #expect(try array.element(at: index) == nil)
      #expect(try !array.update(at: index, to: 1))
    }
    // A file could be so long, an address space or a disk is not.
    for index in [Int.max / 16 - 1000, 1 << 58, 1 << 50] {
      #expect(try failure { try array.resize(to: index) } != nil)
      #expect(try failure { try array.write([1], at: index) } != nil)
    }
    #expect(array.contents == packed([1, 2, 3] as [Int64]))
    // Only spare room may have gone.
    #expect(try workspace.size() <= size)
    try array.append(4)
  }
}
