import MappedArray
import ServerModule

// Elements at the end.

/// `MMAP.ADD key value [value …]`
enum AddElements: ArrayCommand {
  static var access: CommandDescription.Access { .writing }
  static var needsCount: Bool { false }
  static let description = CommandDescription(
    "MMAP.ADD", "VADD", access: access, dataUse: .insert, isFast: true,
    summary: "Adds elements at the end; returns how many",
    complexity: "O(N) where N is the number of values", arguments: [.key, .value(.multiple)],
    function: { serve(AddElements.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    try call.arguments.withParsed(
      words: 1, { (arguments) throws(CommandError) in try arguments.element(as: Element.self) },
      { elements throws(CommandError) in
        try services.needEnd(of: array, for: call)
        try onArray(array.elements.append(packed: UnsafeRawBufferPointer(elements)))
        let end = array.elements.count
        try services.changed(
          array, by: call, "mmap.add", CollectionOfOne(end - elements.count..<end),
          reply: CountReply(count: elements.count))
      })
  }
}

/// `MMAP.POP key`
enum PopElement: ArrayCommand {
  static var access: CommandDescription.Access { .writing }
  static var needsCount: Bool { false }
  static let description = CommandDescription(
    "MMAP.POP", "VPOP", access: access, dataUse: [.access, .delete], isFast: true,
    summary: "Removes the last element and returns it, nil if there is none", complexity: "O(1)", arguments: [.key],
    function: { serve(PopElement.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    try services.needEnd(of: array, for: call)
    guard let element = try onArray(array.elements.popLast()) else { return call.reply.null() }
    try services.changed(array, by: call, "mmap.pop", reply: SingleReply(element: element))
  }
}
