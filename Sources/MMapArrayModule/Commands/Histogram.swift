import DecimalText
import MappedArray
import ServerModule

/// `MMAP.HISTOGRAM key start stop bins [low high]`
enum CountInBins: ArrayCommand {
  static var access: CommandDescription.Access { .reading }
  static var needsNumbers: Bool { true }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.HISTOGRAM", access: access, since: "1.1.0",
    summary: "Counts how many elements of a range are in each of some bins of equal width, as numpy.histogram",
    complexity: "O(N+M) where N is the number of elements in the range, and M that of bins",
    arguments: [
      .key, .integer("start"), .integer("stop"), .integer("bins"),
      .block("bounds", [.number("low"), .number("high")], .optional),
    ],
    function: { serve(CountInBins.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    var arguments = call.arguments
    let range = try arguments.positions().range(count: array.elements.count)
    let count = try binCount(&arguments)
    let bounds = try arguments.bounds(areExact: Element.numberKind != .floatingPoint)
    let computation = Histogram<Element>(binCount: count, between: bounds, isEmpty: range.isEmpty)
    let memory = try services.reserve(
      for: computation, replyBytes: ReplySize.array(count) + count * ReplySize.integer(range.count),
      instead: "give fewer bins", call)
    try services.perform(CountingInBins(computation: computation, memory: memory), over: range, of: array, for: call)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    var arguments = call.arguments
    _ = try arguments.positions()
    let count = try binCount(&arguments)
    _ = try arguments.bounds(areExact: true)
    let computation = Histogram<Double>(binCount: count, between: nil, isEmpty: true)
    CountingInBins(computation: computation, memory: nil).writeAll(to: call.reply)
  }

  private static func binCount(_ arguments: inout Arguments) throws(CommandError) -> Int {
    let count = try arguments.number("bins", from: 1)
    guard count <= SeriesLimit.count else {
      throw .argument("\(count) bins are too many; give \(SeriesLimit.count) or less")
    }
    return count
  }
}

private struct CountingInBins<Element: MappableElement>: ComputingWork {
  var computation: Histogram<Element>
  let memory: ReservedMemory?

  func check() throws(CommandError) {
    switch computation.error {
    case nil: break
    case .infinite(let least, let greatest):
      throw .argument(
        "the elements reach from \(least) to \(greatest), which is no range for bins: give low and high")
    case .narrow(let low, let high):
      throw .argument(
        "\(computation.counts.count) bins from \(low) to \(high) would have no width in \(Element.elementType.name): "
          + "give fewer, or other bounds")
    }
  }

  var replyCount: Int { (computation.counts.count + SeriesLimit.piece - 1) / SeriesLimit.piece }

  func write(_ part: Int, to reply: Reply, isRESP3: Bool) {
    let counts = computation.counts
    if part == 0 { reply.array(count: counts.count) }
    let start = part * SeriesLimit.piece
    for count in counts[start..<min(start + SeriesLimit.piece, counts.count)] { reply.integer(Int(clamping: count)) }
  }
}

// MARK: - Bounds

extension Arguments {
  /// What is left: two bounds, or nothing.
  ///
  /// - Parameter areExact: whether integers are taken as what they are, also where doubles have no such.
  fileprivate mutating func bounds(areExact: Bool) throws(CommandError) -> HistogramBounds? {
    guard !isEmpty else { return nil }
    let (lowText, highText) = (try required(), try required())
    try end()
    if areExact, let low = try? NumberParser.difference(lowText.bytes),
      let high = try? NumberParser.difference(highText.bytes)
    {
      guard low <= high else { throw .bounds(lowText, highText) }
      return .integers(low, high)
    }
    guard let low = try? NumberParser.double(lowText.bytes), let high = try? NumberParser.double(highText.bytes),
      low <= high, low.isFinite, high.isFinite
    else { throw .bounds(lowText, highText) }
    return .doubles(low, high)
  }
}

extension CommandError {
  fileprivate static func bounds(_ low: Argument, _ high: Argument) -> CommandError {
    .argument("\(low.quotation) and \(high.quotation) are no bounds: give two finite numbers, the lower one first")
  }
}
