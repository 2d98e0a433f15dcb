import MappedArray
import ServerModule

/// `MMAP.BUCKETS key start stop n op [op …]`
enum DivideIntoBuckets: ArrayCommand {
  static var access: CommandDescription.Access { .reading }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.BUCKETS", access: access, since: "1.1.0",
    summary: "Computes aggregates over each of the equal parts of a range",
    complexity: "O(N) where N is the number of elements in the range",
    arguments: [
      .key, .integer("start"), .integer("stop"), .integer("n"), AggregateRange.operationArgument,
    ],
    function: { serve(DivideIntoBuckets.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    var arguments = call.arguments
    let range = try arguments.positions().range(count: array.elements.count)
    let count = try arguments.number("n", from: 1)
    let operations = try AggregateRange.operations(&arguments, over: Element.self)
    let bounds = BucketBounds(range, count: count)
    guard bounds.count <= SeriesLimit.count else { throw .tooMany(bounds.count, "buckets") }
    let computation = Buckets<Element>(operations, in: bounds)
    let bucketBytes = operations.reduce(ReplySize.array(operations.count)) {
      $0 + ReplySize.most(of: $1, over: Element.self)
    }
    let memory = try services.reserve(
      for: computation, replyBytes: ReplySize.array(bounds.count) + bounds.count * bucketBytes,
      instead: "give a smaller n, or a shorter range", call)
    try services.perform(
      DividingIntoBuckets(computation: computation, memory: memory, operationCount: operations.count), over: range,
      of: array, for: call)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    var arguments = call.arguments
    _ = (try arguments.positions(), try arguments.number("n", from: 1), try AggregateRange.operations(&arguments))
    call.reply.array(count: 0)
  }
}

private struct DividingIntoBuckets<Element: MappableElement>: ComputingWork {
  var computation: Buckets<Element>
  let memory: ReservedMemory?
  let operationCount: Int

  /// How many buckets are replied in a part.
  private var piece: Int { max(1, SeriesLimit.piece / operationCount) }

  var replyCount: Int { max(1, (computation.count + piece - 1) / piece) }

  func write(_ part: Int, to reply: Reply, isRESP3: Bool) {
    if part == 0 { reply.array(count: computation.count) }
    let start = part * piece
    Element.elementType.accept(
      BucketReply(
        computation: computation, buckets: start..<min(start + piece, computation.count), reply: reply,
        isRESP3: isRESP3))
  }
}

/// Replies some buckets. Here the compiler knows the type of their elements: jobs are objects, whose methods it does not
/// make for each type.
private struct BucketReply: ElementTypeVisitor {
  /// Of the elements that it is visited with.
  let computation: any RangeComputation
  let buckets: Range<Int>
  let reply: Reply
  let isRESP3: Bool

  func visit<Element: MappableElement>(_ type: Element.Type) {
    guard let computation = computation as? Buckets<Element> else { return }
    for bucket in buckets {
      let results = computation.results(of: bucket)
      reply.array(count: results.count)
      for result in results { reply.aggregate(result, isRESP3: isRESP3) }
    }
  }
}

// MARK: - Arguments

extension Arguments {
  /// A number of parts.
  mutating func number(_ name: StaticString, from least: Int) throws(CommandError) -> Int {
    let text = first
    let number = try index()
    guard number >= least else {
      throw .argument("\(name) \(text?.quotation ?? "") is too small; give \(least) or more")
    }
    return number
  }
}

extension CommandError {
  /// So many of something do not fit in a reply.
  static func tooMany(_ count: Int, _ things: StaticString) -> CommandError {
    .argument("\(count) \(things) are too many for one command; give \(SeriesLimit.count) or less, or a shorter range")
  }
}
