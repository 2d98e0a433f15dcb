import Glibc
import TestSupport
import Testing

@testable import MappedArray

/// Elements by subscripts, spans and rows.
struct SpanTests {
  private let directory: TemporaryDirectory
  private let path: FilePath

  init() throws {
    directory = try TemporaryDirectory()
    path = FilePath(directory.path + "/array.npy")
  }

  private func array(_ elements: [Int32] = [3, 1, 4, 1, 5, 9], shape: [Int]? = nil) throws -> MappedArray<Int32> {
    var array = try MappedArray<Int32>(creating: path, shape: shape ?? [elements.count])
    for index in elements.indices { array[index] = elements[index] }
    return array
  }

  @Test("elements one at a time")
  func subscripts() throws {
    var array = try array()
    #expect(array.indices == 0..<6)
    #expect(array.indices.map { array[$0] } == [3, 1, 4, 1, 5, 9])
    array[5] = -9
    array[0] &+= 10
    #expect(array[5] == -9 && array[0] == 13)
    #expect([-1, 0, 5, 6, .min, .max].map { array[checked: $0] } == [nil, 13, -9, nil, nil, nil])
    #expect(try Files.read(path.string).suffix(4) == packed([Int32(-9)])[...])
  }

  @Test("an index that the program should not have made")
  func outOfRange() async {
    for index in [-1, 6, Int.min, Int.max] {
      await #expect(processExitsWith: .failure) { [index = index as Int] in
        let directory = try TemporaryDirectory()
        let array = try MappedArray<Int8>(creating: FilePath(directory.path + "/a"), shape: [6])
        _ = array[index]
      }
      await #expect(processExitsWith: .failure) { [index = index as Int] in
        let directory = try TemporaryDirectory()
        var array = try MappedArray<Int8>(creating: FilePath(directory.path + "/a"), shape: [6])
        array[index] = 1
      }
      await #expect(processExitsWith: .failure) { [index = index as Int] in
        let directory = try TemporaryDirectory()
        let array = try MappedArray<Int8>(creating: FilePath(directory.path + "/a"), shape: [6]).shared()
        _ = array[index]
      }
    }
    // What the others do before they end is no failure.
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      var array = try MappedArray<Int8>(creating: FilePath(directory.path + "/a"), shape: [6])
      array[5] = 1
      guard array[5] == 1 else { fatalError() }
    }
  }

  @Test("ranges and rows that the program should not have made, and a change of what is only read")
  func misuse() async {
    await #expect(processExitsWith: .failure) {
      let directory = try TemporaryDirectory()
      let array = try MappedArray<Int8>(creating: FilePath(directory.path + "/a"), shape: [2, 3])
      _ = try array.rows[2]
    }
    await #expect(processExitsWith: .failure) {
      let directory = try TemporaryDirectory()
      var array = try MappedArray<Int8>(creating: FilePath(directory.path + "/a"), shape: [2, 3])
      _ = try array.mutableSpan(in: 0..<7)
    }
    await #expect(processExitsWith: .failure) {
      let directory = try TemporaryDirectory()
      var array = try MappedArray<Int8>(creating: FilePath(directory.path + "/a"), shape: [2, 3])
      _ = try array.mutableRow(-1)
    }
    await #expect(processExitsWith: .failure) {
      let directory = try TemporaryDirectory()
      let path = FilePath(directory.path + "/a")
      _ = try MappedArray<Int8>(creating: path, shape: [2, 3])
      var array = try MappedArray<Int8>(path)
      array[0] = 1
    }
  }

  @Test("spans, and what is stored in them")
  func spans() throws {
    var array = try array()
    do {
      let span = try array.span
      #expect(span.indices.map { span[$0] } == [3, 1, 4, 1, 5, 9])
      let part = try array[2..<5]
      #expect(part.indices.map { part[$0] } == [4, 1, 5])
      #expect(try array[6..<6].isEmpty)
    }
    do {
      var span = try array.mutableSpan()
      for index in span.indices { span[index] *= 2 }
    }
    do {
      var span = try array.mutableSpan(in: 4..<6)
      #expect(span.count == 2)
      span[1] = 0
    }
    #expect(try array.elements(in: 0..<Int.max) == [6, 2, 8, 2, 10, 0])
    #expect(try array.elements(in: 5..<9) == [0])
    #expect(try Files.read(path.string).suffix(24) == packed([6, 2, 8, 2, 10, 0] as [Int32])[...])
  }

  @Test("an array that is only read has no mutable span")
  func readOnly() throws {
    _ = try array()
    var array = try MappedArray<Int32>(path)
    #expect(throws: MappedArrayError.readOnly) { _ = try array.mutableSpan().count }
    #expect(throws: MappedArrayError.readOnly) { _ = try array.mutableSpan(in: 0..<1).count }
    #expect(throws: MappedArrayError.readOnly) { try array.append(1) }
    #expect(try array.span.count == 6)
  }

  @Test("an empty array")
  func empty() throws {
    var array = try array([])
    #expect(try array.span.isEmpty)
    #expect(try array.mutableSpan().isEmpty)
    #expect(try array.rows.count == 0)
    #expect(try array.elements(in: 0..<5) == [])
    let shared = array.shared()
    #expect(shared.isEmpty && Array(shared) == [])
  }

  @Test("a header that leaves the elements unaligned: all but spans", arguments: [81, 82, 84, 88, 96])
  func unaligned(dataOffset: Int) throws {
    func check<Element: MappableElement>(_: Element.Type, _ text: String) throws {
      let header = HandmadeHeader(
        text: "{'descr': '\(text)', 'fortran_order': False, 'shape': (3,)}", dataOffset: dataOffset)
      var random = SeededGenerator(seed: 5)
      let elements = (0..<3).map { _ in Element.anyBits(using: &random) }
      try Files.write(header.bytes + packed(elements), to: path.string)
      let isAligned = dataOffset % MemoryLayout<Element>.alignment == 0
      do {
        var array = try MappedArray<Element>(updating: path)
        #expect(array.isAligned == isAligned)
        if isAligned {
          #expect(try array.span.count == 3)
          #expect(try array.mutableSpan().count == 3)
        } else {
          let error = MappedArrayError.unaligned(dataOffset: dataOffset, Element.elementType)
          #expect(throws: error) { _ = try array.span.count }
          #expect(throws: error) { _ = try array.mutableSpan().count }
          #expect(throws: error) { _ = try array.rows.count }
          #expect(throws: error) { _ = try array[0..<1].count }
        }
        #expect(packed(array.indices.map { array[$0] }) == packed(elements))
        #expect(try packed(array.elements(in: 1..<3)) == packed(Array(elements[1...])))
        array[0] = array[2]
        try array.fill(1..<2, with: elements[2])
        #expect(array.contents == packed([elements[2], elements[2], elements[2]]))
        #expect(try array.aggregate([.minimum]).count == 1)
      }
      let shared = try MappedArray<Element>(path).shared()
      #expect(packed(Array(shared)) == packed([elements[2], elements[2], elements[2]]))
      #expect((shared.withContiguousStorageIfAvailable { $0.count } == 3) == isAligned)
      #expect(((try? shared.span.count) == 3) == isAligned)
    }
    try check(Double.self, "<f8")
    try check(Int32.self, "<i4")
    try check(UInt16.self, "<u2")
    try check(Int8.self, "|i1")
  }

  @Test("rows")
  func rows() throws {
    var array = try array(Array(0..<24), shape: [4, 3, 2])
    #expect(array.rowSize == 6 && array.rowCount == 4)
    do {
      let rows = try array.rows
      #expect(rows.count == 4 && rows.rowSize == 6 && rows.indices == 0..<4)
      var sums: [Int32] = []
      for index in rows.indices {
        let row = rows[index]
        sums.append(row.indices.reduce(0) { $0 + row[$1] })
      }
      #expect(sums == [15, 51, 87, 123])
    }
    do {
      var row = try array.mutableRow(2)
      for index in row.indices { row[index] = -1 }
    }
    #expect(try array.elements(in: 11..<19) == [11, -1, -1, -1, -1, -1, -1, 18])
    try array.append(contentsOf: [Int32](repeating: 7, count: 6))
    #expect(array.shape == [5, 3, 2])
    try array.resize(rows: 7)
    #expect(array.shape == [7, 3, 2] && array[41] == 0)
    try array.resize(rows: 1)
    #expect(try array.elements(in: 0..<9) == [0, 1, 2, 3, 4, 5])
    #expect(throws: MappedArrayError.negative(-6)) { try array.resize(rows: -1) }
    #expect(throws: MappedArrayError.tooLarge) { try array.resize(rows: .max) }
    #expect(throws: MappedArrayError.partialRow(elements: 1, rowSize: 6)) { try array.append(1) }
  }

  @Test("rows of nothing, and single elements as rows")
  func smallRows() throws {
    let empty = try MappedArray<Int32>(creating: path, shape: [5, 0])
    #expect(empty.rowSize == 0 && empty.rowCount == 5)
    let rows = try empty.rows
    #expect(rows.count == 5 && rows[4].isEmpty)
    let other = FilePath(directory.path + "/other.npy")
    let flat = try MappedArray<Int32>(creating: other, shape: [3])
    #expect(try flat.rowSize == 1 && flat.rows.count == 3 && flat.rows[2].count == 1)
  }

  @Test(
    "a sparse file and a full disk: an error before anything is stored", .enabled(if: SmallDisk.Kind.tmpfs.isAvailable))
  func sparse() throws {
    let disk = try SmallDisk()
    let path = FilePath(disk.path + "/sparse")
    try Files.write(packed([1, 2] as [Int32]), to: path.string)
    try call { truncate(path.string, 256 << 10) }
    try disk.fill()
    var array = try MappedArray<Int32>(updatingRaw: path)
    #expect(try failure { _ = try array.mutableSpan().count } == .noSpace)
    #expect(try failure { _ = try array.mutableSpan(in: 20_000..<20_001).count } == .noSpace)
    do {
      var span = try array.mutableSpan(in: 0..<2)
      span[0] = 5
    }
    #expect(array[0] == 5)
    try disk.clear()
    do {
      var span = try array.mutableSpan()
      span[20_000] = 6
    }
    #expect(array[20_000] == 6)
  }
}
