import MappedArray
import ServerModule

// Ranges of elements as arrays.

/// `MMAP.RANGE key start stop`
enum ReadRange: ArrayCommand {
  static var access: CommandDescription.Access { .reading }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.RANGE", access: access, summary: "Returns a range of elements",
    complexity: "O(N) where N is the number of elements returned",
    arguments: [.key, .integer("start"), .integer("stop")],
    function: { serve(ReadRange.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    var arguments = call.arguments
    try services.replyElements(of: array, arguments.positions().range(count: array.elements.count), for: call)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    var arguments = call.arguments
    _ = try arguments.positions()
    call.reply.array(count: 0)
  }
}

/// `MMAP.ALL key`
enum ReadAll: ArrayCommand {
  static var access: CommandDescription.Access { .reading }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.ALL", "VALL", access: access, summary: "Returns all elements",
    complexity: "O(N) where N is the number of elements", arguments: [.key],
    function: { serve(ReadAll.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    try services.replyElements(of: array, 0..<array.elements.count, for: call)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) { call.reply.array(count: 0) }
}

extension Services {
  fileprivate func replyElements<Element: MappableElement>(
    of array: TypedArray<Element>, _ range: Range<Int>, for call: Call
  ) throws(CommandError) {
    try replyElements(in: range, of: array, isPacked: false, fewest: ReplySize.piece(of: Element.self), for: call) {
      () throws(CommandError) in
      try call.reply.elements(of: array, range)
    }
  }
}

extension Reply {
  /// A range of elements, all of which must be there.
  fileprivate func elements<Element: MappableElement>(
    of array: TypedArray<Element>, _ range: Range<Int>
  ) throws(CommandError) {
    try onArray(array.elements.checkReadable(range))
    array.elements.withElements(in: range) { elements in
      self.array(count: elements.count)
      withElements(of: Element.self) { reply in
        for index in 0..<elements.count { reply(elements[index]) }
      }
    }
  }
}
