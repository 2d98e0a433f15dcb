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
    try services.perform(Finding(finder, limit: limit, with: services), over: range, of: array, for: call)
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

private struct Finding<Element: MappableElement>: ReadingWork {
  /// What a slice finds, which may be an index for each of its elements.
  struct Found: Sendable {
    let indexes: [Int]
    /// What they take in a reply.
    let replyBytes: Int
  }

  /// Enough for a millisecond, and not too much to find in one.
  var sliceCount: Int { min(SliceSize.bytes / MemoryLayout<Element>.stride, 1 << 18) }

  private var finder: Finder<Element>?
  private var limit: Int
  private let workMemory: WorkMemory
  /// What is reserved of it; nil while that is not worth counting.
  private var memory: ReservedMemory?
  private let mostReplyBytes: Int
  private var replyBytes = 0
  private var found: [ArraySlice<Int>] = []

  init(_ finder: Finder<Element>, limit: Int, with services: Services) {
    self.finder = finder
    self.limit = limit
    workMemory = services.memory
    mostReplyBytes = services.workSettings.mostReplyBytes
  }

  mutating func nextPass() -> Finder<Element>? { finder.take() }

  static func read(_ slice: ElementView<Element>, at index: Int, in pass: Finder<Element>) -> Found {
    var finder = pass.moved(to: index)
    finder.consume(slice)
    let indexes = finder.takeIndexes()
    return Found(indexes: indexes, replyBytes: indexes.reduce(0) { $0 + ReplySize.integer($1) })
  }

  mutating func readAtOnce(_ elements: ElementView<Element>, at index: Int) throws(CommandError) {
    finder?.consume(elements)
    let indexes = finder?.takeIndexes() ?? []
    // An index of the range has no more digits than its end.
    _ = try take(Found(indexes: indexes, replyBytes: indexes.count * ReplySize.integer(index + elements.count)))
  }

  mutating func take(_ part: Found) throws(CommandError) -> Bool {
    let indexes = part.indexes.prefix(limit)
    limit -= indexes.count
    replyBytes += part.replyBytes
    guard replyBytes <= mostReplyBytes else {
      throw .largeReply(
        bytes: replyBytes, most: mostReplyBytes, instead: "give a LIMIT, and go on behind the last index found")
    }
    if indexes.count > ReplySize.piece || memory != nil {
      let memory = memory ?? ReservedMemory(workMemory)
      self.memory = memory
      try memory.add(part.replyBytes + indexes.count * MemoryLayout<Int>.stride)
    }
    // In pieces that are replied in a millisecond each.
    for start in stride(from: 0, to: indexes.count, by: ReplySize.piece) {
      found.append(indexes[start..<min(start + ReplySize.piece, indexes.count)])
    }
    return limit > 0
  }

  mutating func discard() {
    found = []
    memory?.giveBack()
  }

  var replyCount: Int { max(1, found.count) }

  func write(_ part: Int, to reply: Reply, isRESP3: Bool) {
    if part == 0 { reply.array(count: found.reduce(0) { $0 + $1.count }) }
    guard found.indices.contains(part) else { return }
    for index in found[part] { reply.integer(index) }
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
    let index = try services.insertionIndex(of: value, side, in: array, for: call)
    try onArray(array.elements.checkFault())
    call.reply.integer(index)
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
