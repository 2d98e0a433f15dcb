import Glibc
import TestSupport
import Testing

@testable import MappedArray

/// What is done with a file whatever its elements are.
struct MappedFileTests {
  @Test("elements come and go as bytes", arguments: ElementType.tested, [FileFormat.npy, .raw])
  func withoutType(type: ElementType, format: FileFormat) throws {
    let workspace = try Workspace()
    var file = try MappedFile(
      workspace.open("array", MappingRequest(elementType: type, isRaw: format == .raw)))
    let bytes = (0..<3 * type.size).map { UInt8(truncatingIfNeeded: $0) }
    try bytes.withUnsafeBytes { try file.append(packed: $0) }
    try bytes.withUnsafeBytes { try file.write(packed: $0, at: 5) }
    let expected = bytes + Array(repeating: 0, count: 2 * type.size) + bytes
    #expect(file.withPackedElements(in: 0..<Int.max) { Array($0) } == expected)
    #expect(file.elementType == type)
    #expect(file.elementSize == type.size)
    #expect(file.format == format)
    try file.resize(to: 4)
    #expect(file.withPackedElements(in: 3..<9) { Array($0) } == Array(repeating: 0, count: type.size))
    try file.checkReadable(0..<4)
    let read = try withUnsafeTemporaryAllocation(byteCount: 6 * type.size, alignment: 16) { buffer in
      try file.readPacked(at: 1, into: buffer)
      return Array(buffer)
    }
    // Of a file with a header, what is behind the count is not known.
    #expect(Array(read.prefix(3 * type.size)) == Array(expected[type.size..<4 * type.size]))
    try file.trim()
    let info = file.info
    #expect((info.count, info.capacity) == (4, 4))
    #expect(info.shape == [4])
    #expect(info.mappedBytes == (format == .raw ? 0 : 128) + 4 * type.size)
  }

  @Test("no whole elements, and an index below zero", arguments: ElementType.tested)
  func refused(type: ElementType) throws {
    let workspace = try Workspace()
    var file = try MappedFile(workspace.open("array", MappingRequest(elementType: type)))
    let bytes = Array(repeating: UInt8(1), count: type.size + 1)
    if type.size > 1 {
      let error = MappedArrayError.partialElement(bytes: bytes.count, elementSize: type.size)
      #expect(throws: error) { try bytes.withUnsafeBytes { try file.append(packed: $0) } }
      #expect(throws: error) { try bytes.withUnsafeBytes { try file.write(packed: $0, at: 0) } }
    }
    #expect(throws: MappedArrayError.negative(-1)) {
      try bytes.dropLast().withUnsafeBytes { try file.write(packed: $0, at: -1) }
    }
    #expect(file.count == 0)
  }

  @Test("stores into pages that were made ready on another thread meet no page faults")
  func preparedStores() async throws {
    let workspace = try Workspace()
    var file = try MappedFile(workspace.open("array", MappingRequest(elementType: .u8, isRaw: true)))
    let half = 4 << 20
    try file.resize(to: 2 * half)
    let values = Array(repeating: UInt8(7), count: half)
    let preparation = file.preparation(of: half..<2 * half)
    await Task.detached { preparation?.run() }.value
    #expect(file.withPackedElements(in: half..<2 * half) { $0.allSatisfy { $0 == 0 } })
    func faults(storingAt index: Int) throws -> Int {
      // RUSAGE_THREAD, which Glibc has for GNU programs only.
      let thread = __rusage_who_t(1)
      var (before, after) = (rusage(), rusage())
      getrusage(thread, &before)
      try values.withUnsafeBytes { try file.write(packed: $0, at: index) }
      getrusage(thread, &after)
      return after.ru_minflt - before.ru_minflt
    }
    let (unprepared, prepared) = (try faults(storingAt: 0), try faults(storingAt: half))
    // The kernel may be writing a few of them to the disk meanwhile, and then they are not writable.
    #expect(unprepared > half / 4096 / 2)
    #expect(prepared < unprepared / 4)
    #expect(file.withPackedElements(in: 0..<2 * half) { $0.allSatisfy { $0 == 7 } })
  }

  @Test("what cannot be made ready is left to who stores: a file that has been cut, one that is read only")
  func unpreparedStores() throws {
    let workspace = try Workspace()
    var file = try MappedFile(workspace.open("array", MappingRequest(elementType: .u8, isRaw: true)))
    try file.resize(to: 1 << 20)
    let preparation = file.preparation(of: 0..<Int.max)
    try workspace.truncate(to: 4096)
    try #require(preparation).run()
    let hasFailed = file.mapping.hasFailed
    #expect(!hasFailed)
    let readOnly = try MappedFile(
      workspace.open("array", MappingRequest(elementType: .u8, isRaw: true, access: .readOnly)))
    let none = readOnly.preparation(of: 0..<1)
    #expect(none == nil)
  }

  @Test("an array is its file and nothing else", arguments: ElementType.tested.filter { $0.size <= 16 })
  func layout(type: ElementType) throws {
    func check<Element: MappableElement>(_: Element.Type) throws {
      #expect(MemoryLayout<MappedArray<Element>>.size == MemoryLayout<MappedFile>.size)
      #expect(MemoryLayout<MappedArray<Element>>.stride == MemoryLayout<MappedFile>.stride)
      #expect(MemoryLayout<MappedArray<Element>>.alignment == MemoryLayout<MappedFile>.alignment)
      let workspace = try Workspace()
      let cell = MappedFileCell(try MappedFile(workspace.open("array", MappingRequest(elementType: type))))
      let array = MappedFileCell.array(of: Element.self, at: cell.address)
      var random = SeededGenerator(seed: 12)
      let element = Element.anyBits(using: &random)
      // In pages, so that the mapping is made anew.
      for _ in 0..<200_000 { try array.pointee.append(element) }
      #expect(cell.address.pointee.count == 200_000)
      #expect(cell.address.pointee.withPackedElements(in: 199_999..<200_000) { Array($0) } == packed([element]))
      try cell.address.pointee.resize(to: 1)
      #expect(try array.pointee.popLast().map { packed([$0]) } == packed([element]))
      #expect(array.pointee.count == 0)
    }
    try check(type.swiftType)
  }

  @Test("what is given back with the cell")
  func cell() throws {
    let workspace = try Workspace()
    do {
      let cell = MappedFileCell(try MappedFile(workspace.open()))
      #expect(cell.address.pointee.count == 0)
      #expect(try workspace.openDescriptors() == 1)
      #expect(try workspace.mappings() == 1)
    }
    #expect(try workspace.openDescriptors() == 0)
    #expect(try workspace.mappings() == 0)
  }
}

/// A file that is mapped again with another access.
struct ReplaceMappingTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    var array = try workspace.map(as: Int16.self)
    try array.append([1, 2, 3])
  }

  private func open(_ access: Access, _ name: String = "array") throws -> ArrayFile {
    try workspace.open(name, MappingRequest(access: access))
  }

  @Test("descriptor, mapping and lock of before are given back")
  func released() throws {
    var file = try MappedFile(open(.readOnly))
    for _ in 0..<3 {
      try file.replaceMapping(with: open(.writable))
      #expect(file.access == .writable)
      #expect(throws: MappedArrayError.locked(path: "array")) { _ = try open(.writable) }
      try [UInt8](repeating: 7, count: 2).withUnsafeBytes { try file.append(packed: $0) }
      try file.replaceMapping(with: open(.readOnly))
      #expect(file.access == .readOnly)
      // Nobody holds the lock now.
      #expect(try open(.writable).access == .writable)
      #expect(try workspace.openDescriptors() == 1)
      #expect(try workspace.mappings() == 1)
    }
    #expect(file.count == 6)
    #expect(try workspace.size() == 128 + 6 * 2)
    #expect(file.mappedBytes == 128 + 6 * 2)
  }

  @Test("as a property of a class, which is how a server has it")
  func inClass() throws {
    final class Owner {
      let cell: MappedFileCell
      init(_ file: consuming MappedFile) { cell = MappedFileCell(file) }
    }
    do {
      let owner = Owner(try MappedFile(open(.readOnly)))
      for access in [Access.writable, .readOnly, .writable] {
        try owner.cell.address.pointee.replaceMapping(with: open(access))
        #expect(try workspace.openDescriptors() == 1)
        #expect(try workspace.mappings() == 1)
      }
      #expect(try MappedFileCell.array(of: Int16.self, at: owner.cell.address).pointee.popLast() == 3)
    }
    #expect(try workspace.openDescriptors() == 0)
    #expect(try workspace.mappings() == 0)
  }

  @Test("by what is no other mapping of it: the old one stays")
  func refused() throws {
    var file = try MappedFile(open(.readOnly))
    try workspace.write(workspace.read(), to: "other")
    #expect(throws: MappedArrayError.replaced(path: "other")) {
      try file.replaceMapping(with: open(.writable, "other"))
    }
    #expect(try workspace.openDescriptors("other") == 0)
    // The same file with another header.
    try workspace.write(try #require(NPYHeader(.u16).with(rows: 1)).bytes + [5, 0])
    #expect(throws: MappedArrayError.type(recorded: .u16, requested: .i16)) {
      try file.replaceMapping(with: open(.readOnly))
    }
    #expect(file.elementType == .i16)
    #expect(file.access == .readOnly)
    #expect(file.withPackedElements(in: 0..<1) { Array($0) } == [5, 0])
    #expect(try workspace.openDescriptors() == 1)
    #expect(try workspace.mappings() == 1)
  }
}

struct ElementCountTests {
  @Test(
    "the product of the dimensions",
    arguments: [
      ([], 1), ([7], 7), ([0], 0), ([3, 4, 5], 60), ([1 << 31, 1 << 31], 1 << 62), ([Int.max], Int.max),
      ([0, Int.max], 0), ([Int.max, 0], 0), ([1, Int.max, 1], Int.max),
    ] as [([Int], Int)])
  func product(shape: [Int], count: Int) { #expect(elementCount(shape: shape) == count) }

  @Test(
    "the shape of no array",
    arguments: [[-1], [5, -1], [0, -1], [Int.max, 2], [0, Int.max, 2], [Int.max, 2, 0], [1 << 32, 1 << 31]])
  func none(shape: [Int]) { #expect(elementCount(shape: shape) == nil) }
}

extension Workspace {
  /// How many descriptors this process has of a file.
  fileprivate func openDescriptors(_ name: String = "array") throws -> Int {
    let file = try Files.absolute(path(name))
    // Others come and go meanwhile.
    return try Files.names(in: "/proc/self/fd").count { (try? Files.absolute("/proc/self/fd/\($0)")) == file }
  }

  /// How many mappings this process has of a file.
  fileprivate func mappings(_ name: String = "array") throws -> Int {
    let file = try Files.absolute(path(name))
    return try Files.text("/proc/self/maps").split(separator: "\n").count { $0.hasSuffix(" " + file) }
  }
}
