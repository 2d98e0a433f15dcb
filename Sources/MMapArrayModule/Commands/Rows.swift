import MappedArray
import ModuleWork
import ServerModule

// Rows and other parts of arrays of several dimensions, packed.

/// `MMAP.ROWS key row [row …]`
enum ReadRows: ArrayCommand {
  static var access: CommandDescription.Access { .reading }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.ROWS", access: access, since: "1.1.0", summary: "Returns packed rows, nil where out of range",
    complexity: "O(N) where N is the number of elements returned", arguments: [.key, .integer("row", .multiple)],
    function: { serve(ReadRows.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    try array.withServed { (array) throws(CommandError) in try reply(to: call, array) }
  }

  private static func reply(to call: Call, _ array: ServedArray) throws(CommandError) {
    try withRows(of: call) { rows throws(CommandError) in
      let (count, size) = (array.file.rowCount, array.file.rowSize)
      for index in rows.indices {
        if rows[index] < 0 { rows[index] += count }
        if rows[index] < 0 || rows[index] >= count { rows[index] = -1 }
      }
      // Of an array without rows these can be larger than any file.
      let found = rows.count { $0 >= 0 }
      if found > 0 { try checkReplySize(found, size * array.elementType.size) }
      // A part of the file that is gone must be an error before the reply has begun.
      for row in rows where row >= 0 { try onArray(array.file.checkReadable(row * size..<(row + 1) * size)) }
      call.reply.array(count: rows.count)
      for row in rows {
        if row < 0 {
          call.reply.null()
        } else {
          array.file.withPackedElements(in: row * size..<(row + 1) * size) { call.reply.bytes($0) }
        }
      }
    }
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    try withRows(of: call) { rows throws(CommandError) in
      call.reply.array(count: rows.count)
      for _ in rows { call.reply.null() }
    }
  }

  private static func withRows(
    of call: Call, _ body: (UnsafeMutableBufferPointer<Int>) throws(CommandError) -> Void
  ) throws(CommandError) {
    try call.arguments.withParsed(words: 1, { (arguments) throws(CommandError) in try arguments.index() }, body)
  }
}

/// `MMAP.SLICE key start:stop:step [start:stop:step …]`
enum ReadSlice: ArrayCommand {
  static var access: CommandDescription.Access { .reading }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.SLICE", access: access, since: "1.1.0",
    summary: "Returns a packed sub-array: what NumPy's basic slicing selects along the first dimensions",
    complexity: "O(N) where N is the number of elements returned", arguments: [.key, .string("slice", .multiple)],
    function: { serve(ReadSlice.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    var arguments = call.arguments
    let part = try subArray(arguments.selections(), of: array.elements.shape)
    try checkReplySize(part.count, MemoryLayout<Element>.stride)
    guard let range = part.range else {
      return try services.perform(CopyingSlice<Element>(part), on: array, for: call)
    }
    try onArray(array.elements.checkReadable(range))
    array.elements.withPackedElements(in: range) { call.reply.bytes($0) }
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    var arguments = call.arguments
    _ = try arguments.selections()
    call.reply.text("")
  }

  private static func subArray(_ selections: [AxisSelection], of shape: [Int]) throws(CommandError) -> SubArray {
    var failedAxis: Int?
    if let part = SubArray(selections, shape: shape, failedAxis: &failedAxis) { return part }
    guard let axis = failedAxis, case .index(let index) = selections[axis] else {
      throw .argument(
        "there are \(selections.count) slices for an array of \(shape.count) dimensions; give at most as many")
    }
    let valid = shape[axis] > 0 ? "give \(-shape[axis]) to \(shape[axis] - 1)" : "it has none"
    throw .argument("index \(index) is out of range for dimension \(axis) of \(shape[axis]); \(valid)")
  }
}

/// Copies what is selected, element by element or run by run.
private struct CopyingSlice<Element: MappableElement>: SlicedWork {
  private let part: SubArray
  private let copy: PackedCopy
  private var rest: Range<Int>
  /// How many elements are copied in about a millisecond. Where each lies on a page of its own that is what takes long.
  private let sliceCount: Int

  init(_ part: SubArray) {
    self.part = part
    copy = PackedCopy(byteCount: part.count * MemoryLayout<Element>.stride)
    rest = 0..<part.count
    sliceCount = part.runCount < 64 ? 1 << 16 : SliceSize.bytes / MemoryLayout<Element>.stride
  }

  mutating func advance(_ array: TypedArray<Element>) throws(CommandError) -> Bool {
    guard array.elements.count >= part.extent.upperBound else {
      throw .argument("the array has become shorter while it was read; try again")
    }
    let slice = rest.prefix(sliceCount)
    array.elements.withElements(in: part.extent) { elements in
      part.copy(slice, of: elements, to: copy.base + slice.lowerBound * MemoryLayout<Element>.stride)
    }
    try onArray(array.elements.checkFault())
    rest = slice.upperBound..<rest.upperBound
    return !rest.isEmpty
  }

  func reply(to call: Call) { call.reply.bytes(copy.bytes) }
}

/// Memory for packed elements.
private final class PackedCopy {
  let base: UnsafeMutableRawPointer
  private let byteCount: Int

  init(byteCount: Int) {
    self.byteCount = byteCount
    base = .allocate(byteCount: max(byteCount, 1), alignment: 16)
  }

  deinit { base.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: byteCount) }
}

/// What a reply may have, in bytes: the server's own limit for one string, as `proto-max-bulk-len` has it unless it is
/// changed.
private let mostReplyBytes = 512 << 20

/// Refuses what would be too large before anything is read.
func checkReplySize(_ count: Int, _ bytes: Int) throws(CommandError) {
  let (size, overflow) = count.multipliedReportingOverflow(by: bytes)
  guard !overflow, size <= mostReplyBytes else {
    throw .argument(
      "the reply would have \(overflow ? "too many" : "\(size)") bytes; at most \(mostReplyBytes) are possible: ask for less"
    )
  }
}
