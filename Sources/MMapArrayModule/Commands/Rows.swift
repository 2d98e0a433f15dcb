import MappedArray
import ModuleWork
import ServerModule

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
    try withRows(of: call) { rows throws(CommandError) in
      let count = array.elements.rowCount
      for index in rows.indices {
        if rows[index] < 0 { rows[index] += count }
        if rows[index] < 0 || rows[index] >= count { rows[index] = -1 }
      }
      if try mayWait(rows, of: array, for: call, with: services) {
        let selection = RowSelection(rows, size: array.elements.rowSize)
        try Copying<Element, RowSelection>.reply(selection, of: array, for: call, with: services)
      } else {
        let size = array.elements.rowSize
        try services.needToRead(of: array, for: call) { need in
          for row in rows where row >= 0 { need(row * size..<(row + 1) * size) }
        }
        try array.withServed { (array) throws(CommandError) in try reply(rows, of: array, to: call) }
      }
    }
  }

  /// Whether they are so many elements that the client is to wait for a copy of them.
  ///
  /// - Throws: `.largeReply`.
  private static func mayWait<Element: MappableElement>(
    _ rows: UnsafeMutableBufferPointer<Int>, of array: TypedArray<Element>, for call: Call, with services: Services
  ) throws(CommandError) -> Bool {
    let found = rows.count { $0 >= 0 }
    // Rows of an array without any can be larger than a file.
    guard found > 0 else { return false }
    let bytes = try services.replyBytes(
      of: found, each: array.elements.rowSize * MemoryLayout<Element>.stride, instead: "ask for less at once")
    return bytes >= ReplySize.manyBytes && call.mayBlock
  }

  private static func reply(
    _ rows: UnsafeMutableBufferPointer<Int>, of array: ServedArray, to call: Call
  ) throws(CommandError) {
    let size = array.file.rowSize
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

/// Rows of an array, in any order.
private struct RowSelection: PackedSelection {
  /// Negative where there is none.
  let rows: [Int]
  /// Those that there are.
  private let found: [Int]
  /// In elements; not 0.
  private let size: Int
  let extent: Range<Int>

  init(_ rows: UnsafeMutableBufferPointer<Int>, size: Int) {
    self.rows = Array(rows)
    self.size = size
    found = rows.filter { $0 >= 0 }
    extent = (found.min() ?? 0) * size..<((found.max() ?? -1) + 1) * size
  }

  var count: Int { found.count * size }

  func sliceCount(elementSize: Int) -> Int {
    // Each row may lie on a page of its own.
    min(SliceSize.bytes / elementSize, size.multipliedReportingOverflow(by: 1 << 13).partialValue)
  }

  func forEachRun(_ body: (Range<Int>) -> Void) {
    for row in found { body(row * size..<(row + 1) * size) }
  }

  func copy<Element: MappableElement>(
    _ part: Range<Int>, of elements: ElementView<Element>, to destination: UnsafeMutableRawPointer
  ) {
    var (position, target) = (part.lowerBound, destination)
    while position < part.upperBound {
      let (number, within) = position.quotientAndRemainder(dividingBy: size)
      let count = min(size - within, part.upperBound - position)
      let bytes = count * MemoryLayout<Element>.stride
      let first = found[number] * size + within - extent.lowerBound
      target.copyMemory(from: elements.base + first * MemoryLayout<Element>.stride, byteCount: bytes)
      target += bytes
      position += count
    }
  }

  /// How many rows are replied in a part.
  private func piece(elementSize: Int) -> Int { min(max(1, ReplySize.manyBytes / (size * elementSize)), 1 << 14) }

  func replyCount(elementSize: Int) -> Int {
    let piece = piece(elementSize: elementSize)
    return (rows.count + piece - 1) / piece
  }

  func write(_ part: Int, of bytes: UnsafeRawBufferPointer, elementSize: Int, to reply: Reply) {
    if part == 0 { reply.array(count: rows.count) }
    let (piece, rowBytes) = (piece(elementSize: elementSize), size * elementSize)
    let start = part * piece
    // What comes before it has been replied.
    var offset = rows[..<start].count { $0 >= 0 } * rowBytes
    for row in rows[start..<min(start + piece, rows.count)] {
      if row < 0 {
        reply.null()
      } else {
        reply.bytes(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + rowBytes]))
        offset += rowBytes
      }
    }
  }
}
