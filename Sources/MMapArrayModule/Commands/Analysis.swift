import CModuleShim
import MappedArray

// Answers about many elements: aggregates and searches.

/// `MMAP.AGG key start stop op [op …]`
enum AggregateRange: ArrayCommand {
  private static let operations: [(name: StaticString, operation: AggregateOperation)] = [
    ("SUM", .sum), ("MIN", .minimum), ("MAX", .maximum), ("MEAN", .mean), ("VAR", .variance),
    ("STD", .standardDeviation), ("ARGMIN", .indexOfMinimum), ("ARGMAX", .indexOfMaximum),
  ]

  static var access: CommandAccess { .read }
  static let row = CommandRow(
    names: ["MMAP.AGG"], summary: "Computes aggregates over a range, as NumPy does",
    complexity: "O(N) where N is the number of elements in the range",
    arguments: [
      .key, .integer("start"), .integer("stop"),
      .oneOf("op", operations.map { .token("\($0.name)".lowercased(), "\($0.name)") }, .multiple),
    ],
    function: { serve(AggregateRange.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    let positions = try call.positions(2)
    let operations = try operations(of: call)
    try onArray { () throws(MappedArrayError) in try array.elements.refresh() }
    let range = positions.range(count: array.elements.count)
    try perform(Aggregating<Element>(operations, over: range), on: array, for: call)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    _ = try call.positions(2)
    Aggregating<Int64>(try operations(of: call), over: 0..<0).reply(to: call)
  }

  private static func operations(of call: Call) throws(CommandError) -> [AggregateOperation] {
    var found: [AggregateOperation] = []
    for index in 4..<max(4, call.count) {
      guard let row = operations.first(where: { call.argument(index, is: $0.name) }) else {
        let names = operations.map { "\($0.name)" }.joined(separator: ", ")
        throw .argument("operation \(quoted(call.bytes(index))) is unknown; give \(names)")
      }
      found.append(row.operation)
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
    try onArray { () throws(MappedArrayError) in try array.elements.checkFault() }
    guard slices.isEmpty else { return true }
    passesLeft -= 1
    guard passesLeft > 0 else { return false }
    aggregation.beginNextPass()
    slices = Slices(range)
    return true
  }

  func reply(to call: Call) {
    let results = aggregation.finish()
    call.replyArray(count: results.count)
    for result in results {
      switch result {
      case .integer(let integer): call.reply(exact: integer)
      case .element(let element): call.withElementReply(of: Element.self) { $0(element) }
      case .double(let double): call.withElementReply(of: Double.self) { $0(double) }
      case .index(let index): call.reply(index)
      case .none: call.replyNull()
      }
    }
  }
}

/// `MMAP.FIND key start stop GT|GE|LT|LE|EQ|NE value [LIMIT n]`
enum FindElements: ArrayCommand {
  private static let comparisons: [(name: StaticString, comparison: Comparison)] = [
    ("GT", .greater), ("GE", .greaterOrEqual), ("LT", .less), ("LE", .lessOrEqual), ("EQ", .equal), ("NE", .notEqual),
  ]

  static var access: CommandAccess { .read }
  static let row = CommandRow(
    names: ["MMAP.FIND"], summary: "Returns the indexes of elements that compare so with a value",
    complexity: "O(N) where N is the number of elements in the range",
    arguments: [
      .key, .integer("start"), .integer("stop"),
      .oneOf("comparison", comparisons.map { .token("\($0.name)".lowercased(), "\($0.name)") }), .value,
      .integer("limit", .optional, behind: "LIMIT"),
    ],
    function: { serve(FindElements.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    let positions = try call.positions(2)
    let comparison = try comparison(of: call)
    let value = try call.element(5, as: Element.self)
    let limit = try limit(of: call)
    try onArray { () throws(MappedArrayError) in try array.elements.refresh() }
    let range = positions.range(count: array.elements.count)
    let finder = Finder<Element>(comparison, value, startIndex: range.lowerBound, limit: limit)
    try perform(Finding(finder, in: range), on: array, for: call)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    _ = (try call.positions(2), try comparison(of: call), try limit(of: call))
    call.replyArray(count: 0)
  }

  private static func comparison(of call: Call) throws(CommandError) -> Comparison {
    guard let row = comparisons.first(where: { call.argument(4, is: $0.name) }) else {
      let names = comparisons.map { "\($0.name)" }.joined(separator: ", ")
      throw .argument("comparison \(quoted(call.bytes(4))) is unknown; give \(names)")
    }
    return row.comparison
  }

  private static func limit(of call: Call) throws(CommandError) -> Int {
    guard call.count > 6 else { return .max }
    guard call.count == 8 else { throw .wrongArity }
    guard call.argument(6, is: "LIMIT") else {
      throw .argument("\(quoted(call.bytes(6))) is not understood here: give LIMIT and a number, or nothing")
    }
    return try call.natural(7, "limit")
  }
}

private struct Finding<Element: MappableElement>: SlicedWork {
  private var finder: Finder<Element>
  private var slices: Slices<Element>
  private var indexes: [Int] = []

  init(_ finder: Finder<Element>, in range: Range<Int>) {
    self.finder = finder
    slices = Slices(range)
  }

  mutating func advance(_ array: TypedArray<Element>) throws(CommandError) -> Bool {
    array.elements.withElements(in: slices.next()) { elements in finder.consume(elements) }
    indexes += finder.takeIndexes()
    try onArray { () throws(MappedArrayError) in try array.elements.checkFault() }
    return !slices.isEmpty && !finder.isFinished
  }

  func reply(to call: Call) {
    call.replyArray(count: indexes.count)
    for index in indexes { call.reply(index) }
  }
}

/// `MMAP.SEARCHSORTED key value [LEFT|RIGHT]`
enum SearchSorted: ArrayCommand {
  static var access: CommandAccess { .read }
  static let row = CommandRow(
    names: ["MMAP.SEARCHSORTED"], isFast: true,
    summary: "Returns where a value belongs in a sorted array, as numpy.searchsorted",
    complexity: "O(log N) where N is the number of elements",
    arguments: [.key, .value, .oneOf("side", [.token("left", "LEFT"), .token("right", "RIGHT")], .optional)],
    function: { serve(SearchSorted.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    let value = try call.element(2, as: Element.self)
    let side = try side(of: call)
    try onArray { () throws(MappedArrayError) in try array.elements.refresh() }
    let index = array.elements.withElements(in: 0..<Int.max) { Element.insertionIndex(of: value, in: $0, side: side) }
    try onArray { () throws(MappedArrayError) in try array.elements.checkFault() }
    call.reply(index)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    _ = try side(of: call)
    call.reply(0)
  }

  private static func side(of call: Call) throws(CommandError) -> SearchSide {
    guard call.count > 3 else { return .left }
    guard call.count == 4 else { throw .wrongArity }
    if call.argument(3, is: "LEFT") { return .left }
    if call.argument(3, is: "RIGHT") { return .right }
    throw .argument("side \(quoted(call.bytes(3))) is unknown; give LEFT or RIGHT")
  }
}
