import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import MappedArray

/// A disk without space: an error, and everything is as before.
@Suite(.enabled(if: SmallDisk.Kind.tmpfs.isAvailable, "mounting a small disk needs root"))
struct FullDiskTests {
  @Test("growing on a full disk", arguments: ElementType.numbers, [FileFormat.npy, .raw])
  func growing(type: ElementType, format: FileFormat) throws {
    try growing(type.swiftType, format)
  }

  private func growing<Element: MappableElement>(_: Element.Type, _ format: FileFormat) throws {
    var random = SeededGenerator(seed: 1)
    let elements = (0..<1000).map { _ in Element.anyBits(using: &random) }
    let many = (0..<40_000).map { _ in Element.anyBits(using: &random) }
    for pages in [0, 1, 5] {
      let disk = try SmallDisk()
      let workspace = try Workspace(in: disk.path)
      var array = try workspace.map(as: Element.self, isRaw: format == .raw)
      try array.append(elements)
      try disk.fill(leaving: pages)
      try GrowthFailure.check(&array, elements, many, workspace, .noSpace)
      // What needs no space goes on.
      #expect(try array.update(at: 999, to: elements[0]))
      #expect(packed([try #require(try array.popLast())]) == packed([elements[0]]))
      try array.append(elements[999])
      #expect(array.contents == packed(elements))
      try disk.clear()
      try array.append(many)
      try array.resize(to: 100_000)
      try array.resize(to: 41_000)
      #expect(array.contents == packed(elements + many))
    }
  }

  @Test("a new file on a full disk is not left behind")
  func newFile() throws {
    let disk = try SmallDisk()
    let workspace = try Workspace(in: disk.path)
    try disk.fill()
    #expect(try failure { _ = try workspace.open("array", MappingRequest(elementType: .f64)) } == .noSpace)
    #expect(!workspace.exists())
    // One that was there is as empty as before.
    try workspace.write([])
    #expect(try failure { _ = try workspace.open("array", MappingRequest(elementType: .f64)) } == .noSpace)
    #expect(try workspace.size() == 0)
    try disk.clear()
    #expect(try workspace.open("array", MappingRequest(elementType: .f64)).format == .npy)
  }

  /// Two elements in the first page, a hole, and two in the last.
  private func sparseFile(_ workspace: Workspace, size: Int = 256 << 10) throws -> [UInt8] {
    try workspace.write([1, 0, 0, 0, 2, 0, 0, 0])
    try workspace.truncate(to: size - 8)
    try workspace.append([3, 0, 0, 0, 4, 0, 0, 0])
    return try workspace.read()
  }

  @Test("stores into the holes of a sparse file")
  func holes() throws {
    let disk = try SmallDisk()
    let workspace = try Workspace(in: disk.path)
    let before = try sparseFile(workspace)
    var array = try workspace.map(as: Int32.self)
    try disk.fill()
    let count = array.count
    #expect(try failure { _ = try array.update(at: 20_000, to: 5) } == .noSpace)
    #expect(try failure { try array.write([5], at: 20_000) } == .noSpace)
    #expect(try failure { try array.write([Int32](repeating: 5, count: 5000), at: 0) } == .noSpace)
    #expect(try failure { try array.write([Int32](repeating: 5, count: 5000), at: count - 4999) } == .noSpace)
    #expect(try failure { try array.write([Int32](repeating: 5, count: 5000), at: count - 4998) } == .noSpace)
    #expect(try failure { try array.fill(0..<count, with: 5) } == .noSpace)
    #expect(try failure { try array.reserveSpace(in: 0..<count) } == .noSpace)
    #expect(try workspace.read() == before)
    // Where there are pages, there is space.
    #expect(try array.update(at: 1, to: 6))
    #expect(try array.update(at: count - 1, to: 7))
    try disk.clear()
    #expect(try array.update(at: 20_000, to: 8))
    try array.write([9, 9], at: count - 2)
    #expect(try array.element(at: 1) == 6)
    #expect(try array.element(at: 20_000) == 8)
    try array.fill(0..<count, with: 10)
    #expect(try workspace.read() == packed([Int32](repeating: 10, count: count)))
  }

  @Test("holes that another program appends later")
  func laterHoles() throws {
    let disk = try SmallDisk()
    let workspace = try Workspace(in: disk.path)
    try workspace.write([1, 2, 3])
    var array = try workspace.map(as: UInt8.self)
    #expect(try array.update(at: 0, to: 7))
    try workspace.truncate(to: 100_000)
    try disk.fill()
    try array.refresh()
    #expect(array.count == 100_000)
    // On this kind of disk even reading through the mapping fills a hole: nothing does that here.
    #expect(try failure { _ = try array.update(at: 99_999, to: 1) } == .noSpace)
    #expect(try array.update(at: 1, to: 8))
    #expect(array.withPackedElements(in: 0..<4) { Array($0) } == [7, 8, 3, 0])
    try disk.clear()
    #expect(try array.update(at: 99_999, to: 9))
  }

  @Test("a file system that cannot reserve space", arguments: [FileFormat.npy, .raw])
  func noReservation(format: FileFormat) throws {
    let disk = try SmallDisk(.ramfs)
    let workspace = try Workspace(in: disk.path)
    let numbers = Array(0..<3000) as [Int64]
    do {
      var array = try workspace.map(as: Int64.self, isRaw: format == .raw)
      try array.append(numbers)
      try array.resize(to: 5000)
      try array.write([1, 2, 3], at: 6000)
      try array.write([4, 5, 6], at: 6002)
      try array.resize(to: 200_000)
      let zeros = [Int64](repeating: 0, count: 1000)
      #expect(array.contents.prefix(48_040) == (packed(numbers + zeros + zeros + zeros + [1, 2, 4, 5, 6]))[...])
      #expect(array.contents.dropFirst(48_040).allSatisfy { $0 == 0 })
      try array.resize(to: 3000)
    }
    #expect(try workspace.read().suffix(24_000) == packed(numbers)[...])
    #expect(try workspace.size() == 24_000 + (format == .raw ? 0 : 128))
  }
}

/// Growth that fails for want of space.
enum GrowthFailure {
  /// Tries all kinds of it on an array of `elements` when there is no space for `many` more.
  static func check<Element: MappableElement>(
    _ array: inout MappedArray<Element>, _ elements: [Element], _ many: [Element], _ workspace: Workspace, _ code: Errno
  ) throws {
    let header = array.file.format == .raw ? 0 : 128
    let count = elements.count
    func isAsBefore(_ array: borrowing MappedArray<Element>) throws -> Bool {
      let file = try workspace.read()
      return array.count == count && array.contents == packed(elements)
        && file[header...].starts(with: packed(elements))
        && (array.file.format == .npy || file.count == packed(elements).count)
    }
    try #require(try isAsBefore(array))
    #expect(try failure { try array.append(many) } == code)
    #expect(try isAsBefore(array))
    for size in [count + many.count, 1 << 20, 10 << 20] {
      #expect(try failure { try array.resize(to: size) } == code)
      #expect(try isAsBefore(array))
    }
    for index in [0, count - 10, count, count + 10, count + many.count, 1 << 20] {
      #expect(try failure { try array.write(many, at: index) } == code, "at \(index)")
      #expect(try isAsBefore(array), "at \(index)")
    }
    #expect(try failure { try array.write([many[0]], at: 1 << 20) } == code)
    #expect(try isAsBefore(array))
  }
}
