import MappedArray
import ModuleWork
import ServerModule

// Where values are.

/// `MMAP.FIND key start stop GT|GE|LT|LE|EQ|NE value [LIMIT n]`
enum FindElements: ArrayCommand {
  private static let comparisons: [(name: StaticString, choice: Comparison)] = [
    ("GT", .greater), ("GE", .greaterOrEqual), ("LT", .less), ("LE", .lessOrEqual), ("EQ", .equal), ("NE", .notEqual),
  ]

  static var access: CommandDescription.Access { .reading }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.FIND", access: access, summary: "Returns the indexes of elements that compare so with a value",
    complexity: "O(N) where N is the number of elements in the range",
    arguments: [
      .key, .integer("start"), .integer("stop"),
      .oneOf("comparison", comparisons.map { .token("\($0.name)".lowercased(), "\($0.name)") }), .value,
      .integer("limit", .optional, behind: "LIMIT"),
    ],
    function: { serve(FindElements.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    var arguments = call.arguments
    let range = try arguments.positions().range(count: array.elements.count)
    let comparison = try comparison(&arguments)
    let value = try arguments.element(as: Element.self)
    let limit = try limit(&arguments)
    let finder = Finder<Element>(comparison, value, startIndex: range.lowerBound, limit: limit)
    try services.perform(Finding(finder, in: range), on: array, for: call)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    var arguments = call.arguments
    _ = (try arguments.positions(), try comparison(&arguments), try arguments.required(), try limit(&arguments))
    call.reply.array(count: 0)
  }

  private static func comparison(_ arguments: inout Arguments) throws(CommandError) -> Comparison {
    try arguments.choice(
      "comparison", comparisons, hint: comparisons.map { "\($0.name)" }.joined(separator: ", "))
  }

  private static func limit(_ arguments: inout Arguments) throws(CommandError) -> Int {
    guard !arguments.isEmpty else { return .max }
    guard arguments.count == 2 else { throw .wrongArity }
    guard arguments.take("LIMIT") else {
      throw .argument(
        "\(try arguments.required().quotation) is not understood here: give LIMIT and a number, or nothing")
    }
    return try arguments.natural("limit")
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
    try onArray(array.elements.checkFault())
    return !slices.isEmpty && !finder.isFinished
  }

  func reply(to call: Call) {
    call.reply.array(count: indexes.count)
    for index in indexes { call.reply.integer(index) }
  }
}

/// `MMAP.SEARCHSORTED key value [LEFT|RIGHT]`
enum SearchSorted: ArrayCommand {
  static var access: CommandDescription.Access { .reading }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.SEARCHSORTED", access: access, isFast: true,
    summary: "Returns where a value belongs in a sorted array, as numpy.searchsorted",
    complexity: "O(log N) where N is the number of elements",
    arguments: [.key, .value, .oneOf("side", [.token("left", "LEFT"), .token("right", "RIGHT")], .optional)],
    function: { serve(SearchSorted.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    var arguments = call.arguments
    let value = try arguments.element(as: Element.self)
    let side = try side(&arguments)
    call.reply.integer(try onArray(array.elements.insertionIndex(of: value, side: side)))
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    var arguments = call.arguments
    _ = try arguments.required()
    _ = try side(&arguments)
    call.reply.integer(0)
  }

  private static func side(_ arguments: inout Arguments) throws(CommandError) -> SearchSide {
    guard !arguments.isEmpty else { return .left }
    let sides: [(name: StaticString, choice: SearchSide)] = [("LEFT", .left), ("RIGHT", .right)]
    let side = try arguments.choice("side", sides, hint: "LEFT or RIGHT")
    try arguments.end()
    return side
  }
}
