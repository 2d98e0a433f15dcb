import MappedArray
import ServerModule

/// `MMAP.AGG key start stop op [op …]`
enum AggregateRange: ArrayCommand {
  private static let operations: [(name: StaticString, choice: AggregateOperation)] = [
    ("SUM", .sum), ("MIN", .minimum), ("MAX", .maximum), ("MEAN", .mean), ("VAR", .variance),
    ("STD", .standardDeviation), ("ARGMIN", .indexOfMinimum), ("ARGMAX", .indexOfMaximum), ("FIRST", .first),
    ("LAST", .last), ("COUNT", .count),
  ]

  /// One or more of them.
  static let operationArgument = CommandArgument.oneOf(
    "op", operations.map { .token("\($0.name)".lowercased(), "\($0.name)") }, .multiple)

  static var access: CommandDescription.Access { .reading }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.AGG", access: access, summary: "Computes aggregates over a range, as NumPy does",
    complexity: "O(N) where N is the number of elements in the range",
    arguments: [.key, .integer("start"), .integer("stop"), operationArgument],
    function: { serve(AggregateRange.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    var arguments = call.arguments
    let range = try arguments.positions().range(count: array.elements.count)
    let operations = try operations(&arguments, over: Element.self)
    try services.perform(Aggregating<Element>(operations, over: range), over: range, of: array, for: call)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    var arguments = call.arguments
    _ = try arguments.positions()
    Aggregating<Int64>(try operations(&arguments), over: 0..<0).writeAll(to: call.reply)
  }

  /// - Throws: also if one of them computes and the elements are strings.
  static func operations<Element: MappableElement>(
    _ arguments: inout Arguments, over type: Element.Type
  ) throws(CommandError) -> [AggregateOperation] {
    let operations = try operations(&arguments)
    if operations.contains(where: \.isArithmetic) { try Element.checkIsNumber() }
    return operations
  }

  static func operations(_ arguments: inout Arguments) throws(CommandError) -> [AggregateOperation] {
    var found: [AggregateOperation] = []
    while !arguments.isEmpty {
      found.append(
        try arguments.choice(
          "operation", operations, hint: operations.map { "\($0.name)" }.joined(separator: ", ")))
    }
    return found
  }
}

extension AggregateOperation {
  /// Whether it computes with elements; others only compare or count them.
  fileprivate var isArithmetic: Bool { [.sum, .mean, .variance, .standardDeviation].contains(self) }
}

private struct Aggregating<Element: MappableElement>: ReadingWork {
  private var aggregation: Aggregation<Element>
  private var passesLeft: Int
  private var hasBegun = false

  init(_ operations: [AggregateOperation], over range: Range<Int>) {
    aggregation = Aggregation(operations, startIndex: range.lowerBound)
    passesLeft = aggregation.passCount
  }

  /// - Returns: what parts are made from.
  mutating func nextPass() -> Aggregation<Element>? {
    guard passesLeft > 0 else { return nil }
    passesLeft -= 1
    if hasBegun { aggregation.beginNextPass() }
    hasBegun = true
    return aggregation.part(from: 0)
  }

  static func read(_ slice: ElementView<Element>, at index: Int, in pass: Aggregation<Element>) -> Aggregation<Element>
  {
    var part = pass.part(from: index)
    part.consume(slice)
    return part
  }

  mutating func take(_ part: Aggregation<Element>) -> Bool {
    aggregation.add(part)
    return true
  }

  mutating func readAtOnce(_ elements: ElementView<Element>, at index: Int) {
    for pass in 0..<passesLeft {
      if pass > 0 { aggregation.beginNextPass() }
      aggregation.consume(elements)
    }
  }

  var replyCount: Int { 1 }

  func write(_ part: Int, to reply: Reply, isRESP3: Bool) {
    let results = aggregation.finish()
    reply.array(count: results.count)
    for result in results { reply.aggregate(result, isRESP3: isRESP3) }
  }
}
