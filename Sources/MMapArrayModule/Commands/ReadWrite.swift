import MappedArray
import ServerModule

// Packed elements in and out.

/// `MMAP.READ key [index count]`
enum ReadPacked: ArrayCommand {
  static var access: CommandDescription.Access { .reading }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.READ", access: access, summary: "Returns packed little-endian elements",
    complexity: "O(N) where N is the number of elements returned",
    arguments: [
      .key, .block("part", [.integer("index"), .integer("count")], .optional),
    ],
    function: { serve(ReadPacked.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    let part = try part(call.arguments).clamped(to: 0..<array.elements.count)
    let fewest = ReplySize.manyBytes / MemoryLayout<Element>.stride
    try services.replyElements(in: part, of: array, isPacked: true, fewest: fewest, for: call) {
      () throws(CommandError) in
      try onArray(array.elements.checkReadable(part))
      array.elements.withPackedElements(in: part) { call.reply.bytes($0) }
    }
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    _ = try part(call.arguments)
    call.reply.text("")
  }

  private static func part(_ arguments: Arguments) throws(CommandError) -> Range<Int> {
    var arguments = arguments
    guard !arguments.isEmpty else { return 0..<Int.max }
    let (index, count) = (try arguments.natural("index"), try arguments.natural("count"))
    try arguments.end()
    let (end, overflow) = index.addingReportingOverflow(count)
    return index..<(overflow ? Int.max : end)
  }
}

/// `MMAP.WRITE key index blob`
enum WritePacked: ArrayCommand {
  static var access: CommandDescription.Access { .writing }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.WRITE", access: access, summary: "Writes packed little-endian elements at an index",
    complexity: "O(N) where N is the number of elements written, and of zeros between the end and the index",
    arguments: [.key, .integer("index"), .string("blob")],
    function: { serve(WritePacked.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    var arguments = call.arguments
    let index = try arguments.natural("index")
    let blob = try arguments.packed(as: Element.self)
    try services.needToChange(from: index, blob.count / MemoryLayout<Element>.size, of: array, for: call)
    try onArray(array.elements.write(packed: blob, at: index))
    let count = blob.count / MemoryLayout<Element>.size
    guard count > 0 else { return call.reply.integer(0) }
    services.payloadGuard.noticeGrowth(of: array.served, call.context)
    try services.changed(
      array, by: call, "mmap.write", CollectionOfOne(index..<index + count), reply: CountReply(count: count))
  }
}

/// `MMAP.APPEND key blob`
enum AppendPacked: ArrayCommand {
  static var access: CommandDescription.Access { .writing }
  static var needsCount: Bool { false }
  static let description = CommandDescription(
    "MMAP.APPEND", access: access, dataUse: .insert, summary: "Adds packed little-endian elements at the end",
    complexity: "O(N) where N is the number of elements added", arguments: [.key, .string("blob")],
    function: { serve(AppendPacked.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    var arguments = call.arguments
    let blob = try arguments.packed(as: Element.self)
    try services.needEnd(of: array, for: call)
    try onArray(array.elements.append(packed: blob))
    let (end, count) = (array.elements.count, blob.count / MemoryLayout<Element>.size)
    guard count > 0 else { return call.reply.integer(0) }
    services.payloadGuard.noticeGrowth(of: array.served, call.context)
    try services.changed(
      array, by: call, "mmap.append", CollectionOfOne(end - count..<end), reply: CountReply(count: count))
  }
}
