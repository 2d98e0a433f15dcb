import CModuleShim
import MappedArray

// Ranges of elements as replies, and packed elements in and out.

/// `MMAP.RANGE key start stop`
enum ReadRange: ArrayCommand {
  static var access: CommandAccess { .read }
  static let row = CommandRow(
    names: ["MMAP.RANGE"], summary: "Returns a range of elements",
    complexity: "O(N) where N is the number of elements returned",
    arguments: [.key, .integer("start"), .integer("stop")],
    function: { serve(ReadRange.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    let positions = try call.positions(2)
    try onArray { () throws(MappedArrayError) in try array.elements.refresh() }
    try call.reply(array, positions.range(count: array.elements.count))
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    _ = try call.positions(2)
    call.replyArray(count: 0)
  }
}

/// `MMAP.READ key [index count]`
enum ReadPacked: ArrayCommand {
  static var access: CommandAccess { .read }
  static let row = CommandRow(
    names: ["MMAP.READ"], summary: "Returns packed little-endian elements",
    complexity: "O(N) where N is the number of elements returned",
    arguments: [
      .key, .block("part", [.integer("index"), .integer("count")], .optional),
    ],
    function: { serve(ReadPacked.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    let part = try part(of: call)
    try onArray { () throws(MappedArrayError) in try array.elements.refresh() }
    try onArray { () throws(MappedArrayError) in try array.elements.checkReadable(part) }
    array.elements.withPackedElements(in: part) { bytes in _ = call.reply(bytes) }
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    _ = try part(of: call)
    call.reply("")
  }

  private static func part(of call: Call) throws(CommandError) -> Range<Int> {
    guard call.count != 2 else { return 0..<Int.max }
    guard call.count == 4 else { throw .wrongArity }
    let (index, count) = (try call.natural(2, "index"), try call.natural(3, "count"))
    let (end, overflow) = index.addingReportingOverflow(count)
    return index..<(overflow ? Int.max : end)
  }
}

/// `MMAP.WRITE key index blob`
enum WritePacked: ArrayCommand {
  static var access: CommandAccess { .write }
  static let row = CommandRow(
    names: ["MMAP.WRITE"], summary: "Writes packed little-endian elements at an index",
    complexity: "O(N) where N is the number of elements written, and of zeros between the end and the index",
    arguments: [.key, .integer("index"), .string("blob")],
    function: { serve(WritePacked.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    let index = try call.natural(2, "index")
    let blob = try call.packed(3, as: Element.self)
    try onArray { () throws(MappedArrayError) in
      try array.elements.refresh()
      try array.elements.write(packed: blob, at: index)
    }
    let count = blob.count / MemoryLayout<Element>.size
    if count > 0 { try call.changed(array, "mmap.write", CollectionOfOne(index..<index + count)) }
    call.reply(count)
  }
}

/// `MMAP.APPEND key blob`
enum AppendPacked: ArrayCommand {
  static var access: CommandAccess { .write }
  static let row = CommandRow(
    names: ["MMAP.APPEND"], dataUse: .insert, summary: "Adds packed little-endian elements at the end",
    complexity: "O(N) where N is the number of elements added", arguments: [.key, .string("blob")],
    function: { serve(AppendPacked.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    let blob = try call.packed(2, as: Element.self)
    try onArray { () throws(MappedArrayError) in try array.elements.append(packed: blob) }
    let (end, count) = (array.elements.count, blob.count / MemoryLayout<Element>.size)
    if count > 0 { try call.changed(array, "mmap.append", CollectionOfOne(end - count..<end)) }
    call.reply(count)
  }
}

// MARK: - Arguments and replies of ranges

/// A range as it is asked for: both ends belong to it, negative positions count from the end.
struct Positions {
  fileprivate let start: Int
  fileprivate let stop: Int

  /// The indexes of the range in an array of `count` elements.
  func range(count: Int) -> Range<Int> {
    // A count is not negative, so adding a negative position to it cannot overflow.
    let first = max(0, start < 0 ? count + start : start)
    let last = min(count - 1, stop < 0 ? count + stop : stop)
    return first <= last ? first..<last + 1 : 0..<0
  }
}

extension Call {
  /// Two arguments that are a range.
  func positions(_ index: Int) throws(CommandError) -> Positions {
    Positions(start: try self.index(index), stop: try self.index(index + 1))
  }

  /// An argument that is an index or a count: no negative number.
  func natural(_ index: Int, _ name: String) throws(CommandError) -> Int {
    let number = try self.index(index)
    guard number >= 0 else { throw .argument("\(name) \(quoted(bytes(index))) is negative; give 0 or more") }
    return number
  }

  /// An argument that is packed elements.
  func packed<Element: MappableElement>(
    _ index: Int, as type: Element.Type
  ) throws(CommandError) -> UnsafeRawBufferPointer {
    try packed(index, of: Element.elementType)
  }

  /// The same, where the type is known at run time only.
  @inline(__always)
  func packed(_ index: Int, of type: ElementType) throws(CommandError) -> UnsafeRawBufferPointer {
    let blob = bytes(index)
    guard blob.count.isMultiple(of: type.size) else {
      throw .argument("the blob has \(blob.count) bytes; give a multiple of \(type.size), the size of \(type.name)")
    }
    return blob
  }

  /// Replies a range of elements, all of which must be there.
  func reply<Element: MappableElement>(_ array: TypedArray<Element>, _ range: Range<Int>) throws(CommandError) {
    try onArray { () throws(MappedArrayError) in try array.elements.checkReadable(range) }
    array.elements.withElements(in: range) { elements in
      replyArray(count: elements.count)
      withElementReply(of: Element.self) { reply in
        for index in 0..<elements.count { reply(elements[index]) }
      }
    }
  }
}
