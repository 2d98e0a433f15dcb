import MappedArray
import ServerModule

/// `MMAP.DOWNSAMPLE key start stop n`
enum DownsampleRange: ArrayCommand {
  static var access: CommandDescription.Access { .reading }
  static var needsNumbers: Bool { true }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.DOWNSAMPLE", access: access, since: "1.1.0",
    summary: "Returns n points that look like a range, by largest triangle, three buckets",
    complexity: "O(N) where N is the number of elements in the range",
    arguments: [.key, .integer("start"), .integer("stop"), .integer("n")],
    function: { serve(DownsampleRange.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    var arguments = call.arguments
    let range = try arguments.positions().range(count: array.elements.count)
    let count = try arguments.number("n", from: 2)
    let pointCount = min(count, range.count)
    guard pointCount <= SeriesLimit.count else { throw .tooMany(pointCount, "points") }
    let computation = Downsampling<Element>(range, count: count)
    let pointBytes = ReplySize.integer(range.upperBound) + ReplySize.most(of: Element.self)
    let memory = try services.reserve(
      for: computation, replyBytes: ReplySize.array(2 * pointCount) + pointCount * pointBytes,
      instead: "give a smaller n", call)
    try services.perform(
      DownsamplingWork(computation: computation, memory: memory), over: range, of: array, for: call)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    var arguments = call.arguments
    _ = (try arguments.positions(), try arguments.number("n", from: 2))
    call.reply.array(count: 0)
  }
}

private struct DownsamplingWork<Element: MappableElement>: ComputingWork {
  var computation: Downsampling<Element>
  let memory: ReservedMemory?

  var replyCount: Int { max(1, (computation.points.count + SeriesLimit.piece - 1) / SeriesLimit.piece) }

  func write(_ part: Int, to reply: Reply, isRESP3: Bool) {
    let points = computation.points
    if part == 0 { reply.array(count: 2 * points.count) }
    let start = part * SeriesLimit.piece
    reply.withElements(of: Element.self, isRESP3: isRESP3) { write in
      for point in points[start..<min(start + SeriesLimit.piece, points.count)] {
        reply.integer(point.index)
        write(point.value)
      }
    }
  }
}
