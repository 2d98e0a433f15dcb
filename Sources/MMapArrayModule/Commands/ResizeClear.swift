import MappedArray
import ModuleWork
import ServerModule

// The length of the array. Done in slices where much disk space is freed.

/// `MMAP.RESIZE key count`
enum ResizeArray: ArrayCommand, ResizingCommand {
  fileprivate static var event: StaticString { "mmap.resize" }
  static var access: CommandDescription.Access { .writing }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.RESIZE", access: access, summary: "Sets the number of elements; new ones are zero",
    complexity: "O(1), or O(N) where N is the disk space that is freed", arguments: [.key, .integer("count")],
    function: { serve(ResizeArray.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    var arguments = call.arguments
    let count = try arguments.natural("count")
    guard count != array.elements.count else { return call.reply.integer(count) }
    try services.perform(Resizing<Element, ResizeArray>(to: count, replying: count), on: array, for: call)
    services.payloadGuard.noticeGrowth(of: array.served, call.context)
  }
}

/// `MMAP.CLEAR key`
enum ClearArray: ArrayCommand, ResizingCommand {
  fileprivate static var event: StaticString { "mmap.clear" }
  static var access: CommandDescription.Access { .writing }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.CLEAR", "VCLEAR", access: access, dataUse: .delete,
    summary: "Removes all elements; returns how many there were",
    complexity: "O(1), or O(N) where N is the disk space that is freed", arguments: [.key],
    function: { serve(ClearArray.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    let before = array.elements.count
    guard before > 0 else { return call.reply.integer(0) }
    try services.perform(Resizing<Element, ClearArray>(to: 0, replying: before), on: array, for: call)
  }
}

private protocol ResizingCommand {
  static var event: StaticString { get }
}

/// Changes the count at once and then cuts the file, which takes as long as the file system needs to free the space.
private struct Resizing<Element: MappableElement, Command: ResizingCommand>: SlicedChange {
  static var event: StaticString { Command.event }

  private let target: Int
  private let result: Int
  private var hasBegun = false
  private var isSent = false

  init(to target: Int, replying result: Int) {
    self.target = target
    self.result = result
  }

  mutating func advance(_ array: TypedArray<Element>) throws(CommandError) -> Bool {
    if !hasBegun { try onArray(array.elements.beginResize(to: target)) }
    hasBegun = true
    return try onArray(array.elements.continueShrink(by: SliceSize.freedBytes))
  }

  mutating func send(_ array: ServedArray, _ context: Context, key: [UInt8], with propagation: Propagation) {
    if !isSent { propagation.sendCount(of: array, context, key: key) }
    isSent = true
  }

  func write(to reply: Reply) { reply.integer(result) }
}
