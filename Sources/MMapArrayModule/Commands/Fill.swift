import MappedArray
import ModuleWork
import ServerModule

/// `MMAP.FILL key start stop value`
enum FillRange: ArrayCommand {
  static var access: CommandDescription.Access { .writing }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.FILL", access: access, summary: "Sets all elements of a range to a value; returns how many were set",
    complexity: "O(N) where N is the number of elements in the range",
    arguments: [.key, .integer("start"), .integer("stop"), .value],
    function: { serve(FillRange.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    var arguments = call.arguments
    let positions = try arguments.positions()
    let text = arguments.first.map { Array($0.bytes) } ?? []
    let value = try arguments.element(as: Element.self)
    let range = positions.range(count: array.elements.count)
    guard !range.isEmpty else { return call.reply.integer(0) }
    let filling = Filling(range: range, value: value, text: text)
    try services.needToChange(from: range.lowerBound, filling.next.count, of: array, for: call)
    try onArray(array.elements.reserveSpace(in: range))
    try services.perform(filling, on: array, for: call)
  }
}

private struct Filling<Element: MappableElement>: SlicedChange {
  static var event: StaticString { "mmap.fill" }

  private var rest: Range<Int>
  /// What has been filled, and replicas have yet to be sent.
  private var unsent: Range<Int>
  private let count: Int
  private let value: Element
  private let text: [UInt8]

  /// - Parameter text: the value as it was given.
  init(range: Range<Int>, value: Element, text: [UInt8]) {
    rest = range
    unsent = range.prefix(0)
    count = range.count
    self.value = value
    self.text = text
  }

  mutating func advance(_ array: TypedArray<Element>) throws(CommandError) -> Bool {
    let (slice, watch) = (next, Stopwatch())
    // Pages that are stored into for the first time take many times as long as others.
    repeat {
      let piece = rest.prefix(SliceSize.storedBytes / MemoryLayout<Element>.stride)
      try onArray(array.elements.fill(piece, with: value))
      rest = piece.upperBound..<rest.upperBound
      unsent = unsent.lowerBound..<piece.upperBound
    } while rest.lowerBound < slice.upperBound && watch.microseconds < SliceSize.microseconds
    return !rest.isEmpty
  }

  var next: Range<Int> { rest.prefix(SliceSize.bytes / MemoryLayout<Element>.stride) }

  var isLong: Bool { rest.count > next.count }

  mutating func send(_ array: ServedArray, _ context: Context, key: [UInt8], with propagation: Propagation) {
    if !unsent.isEmpty { propagation.sendFill(of: array, context, unsent, with: text) }
    unsent = unsent.suffix(0)
  }

  func write(to reply: Reply) { reply.integer(count) }
}
