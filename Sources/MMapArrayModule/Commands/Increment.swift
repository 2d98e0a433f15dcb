import MappedArray
import ServerModule

/// `MMAP.INCRBY key [OVERFLOW FAIL|WRAP|SAT] index delta [index delta …]`
enum IncrementElements: ArrayCommand {
  private static let policies: [(name: StaticString, choice: OverflowPolicy)] = [
    ("FAIL", .fail), ("WRAP", .wrap), ("SAT", .saturate),
  ]

  static var access: CommandDescription.Access { .writing }
  static var needsNumbers: Bool { true }
  static var needsCount: Bool { false }
  static let description = CommandDescription(
    "MMAP.INCRBY", access: access, dataUse: [.access, .update], isFast: true,
    summary: "Adds to the elements at indexes and returns their new values, nil where out of range",
    complexity: "O(N) where N is the number of indexes",
    arguments: [
      .key,
      .oneOf(
        "overflow", [.token("fail", "FAIL"), .token("wrap", "WRAP"), .token("sat", "SAT")], .optional,
        behind: "OVERFLOW"),
      .block("increment", [.integer("index"), .number("delta")], .multiple),
    ],
    function: { serve(IncrementElements.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    var arguments = call.arguments
    let overflow = try overflowPolicy(&arguments)
    guard !arguments.isEmpty, arguments.count.isMultiple(of: 2) else { throw .wrongArity }
    let increments = try increments(arguments, of: Element.self)
    if increments.contains(where: { $0.index >= array.elements.count }) { try onArray(array.elements.refresh()) }
    if increments.contains(where: { !array.elements.isKnownInMemory($0.index) }) {
      try services.need(increments.lazy.map { $0.index }, of: array, for: call, isReading: false)
    }
    for increment in increments { try onArray(array.elements.reserveSpace(at: increment.index)) }
    // What an index has become by now, as it may be named twice. Stored only when all are known to fit.
    var changed: [Int: Element] = [:]
    var results: [Element?] = []
    for (index, delta, text) in increments {
      guard let element = changed[index] ?? array.elements[checked: index] else {
        results.append(nil)
        continue
      }
      guard let sum = element.incremented(by: delta, overflow: overflow) else {
        throw .argument(
          "delta \(text.quotation) at index \(index) overflows \(Element.elementType.name): the value is \(element.text); "
            + "give OVERFLOW WRAP or SAT to allow that")
      }
      changed[index] = sum
      results.append(sum)
    }
    try onArray(array.elements.checkFault())
    for (index, element) in changed { _ = try onArray(array.elements.update(at: index, to: element)) }
    let reply = ElementsReply(elements: results)
    guard !changed.isEmpty else { return reply.write(to: call.reply) }
    try services.changed(array, by: call, "mmap.incrby", changed.keys.lazy.map { $0..<$0 + 1 }, reply: reply)
  }

  private static func overflowPolicy(_ arguments: inout Arguments) throws(CommandError) -> OverflowPolicy {
    // Without a word behind it, OVERFLOW is taken for an index.
    guard arguments.count > 1, arguments.take("OVERFLOW") else { return .fail }
    return try arguments.choice("OVERFLOW", policies, hint: "FAIL, WRAP or SAT")
  }

  private static func increments<Element: MappableElement>(
    _ arguments: Arguments, of type: Element.Type
  ) throws(CommandError) -> [(index: Int, delta: Element.Delta, text: Argument)] {
    var arguments = arguments
    var increments: [(index: Int, delta: Element.Delta, text: Argument)] = []
    while !arguments.isEmpty {
      let index = try arguments.index()
      guard let text = arguments.first else { throw .wrongArity }
      increments.append((index, try arguments.delta(for: Element.self), text))
    }
    return increments
  }
}
