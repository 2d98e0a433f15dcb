import MappedArray
import ModuleWork
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
    try services.perform(Aggregating<Element>(operations(&arguments), over: range), on: array, for: call)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    var arguments = call.arguments
    _ = try arguments.positions()
    Aggregating<Int64>(try operations(&arguments), over: 0..<0).reply(to: call)
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

private struct Aggregating<Element: MappableElement>: SlicedWork {
  private var aggregation: Aggregation<Element>
  private let range: Range<Int>
  private var slices: Slices<Element>
  private var passesLeft: Int

  init(_ operations: [AggregateOperation], over range: Range<Int>) {
    aggregation = Aggregation(operations, startIndex: range.lowerBound)
    self.range = range
    slices = Slices(range)
    passesLeft = aggregation.passCount
  }

  mutating func advance(_ array: TypedArray<Element>) throws(CommandError) -> Bool {
    array.elements.withElements(in: slices.next()) { elements in aggregation.consume(elements) }
    try onArray(array.elements.checkFault())
    guard slices.isEmpty else { return true }
    passesLeft -= 1
    guard passesLeft > 0 else { return false }
    aggregation.beginNextPass()
    slices = Slices(range)
    return true
  }

  func reply(to call: Call) {
    let results = aggregation.finish()
    call.reply.array(count: results.count)
    for result in results { call.reply.aggregate(result) }
  }
}
