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
    guard let text = arguments.first else { throw .wrongArity }
    let value = try arguments.element(as: Element.self)
    let range = positions.range(count: array.elements.count)
    guard !range.isEmpty else { return call.reply.integer(0) }
    try onArray(array.elements.reserveSpace(in: range))
    try services.perform(Filling(range: range, value: value), on: array, for: call) { () throws(CommandError) in
      try services.propagation.filled(array.served, by: call, "mmap.fill", range, with: text)
    }
  }
}

private struct Filling<Element: MappableElement>: SlicedWork {
  private var slices: Slices<Element>
  private let count: Int
  private let value: Element

  init(range: Range<Int>, value: Element) {
    slices = Slices(range)
    count = range.count
    self.value = value
  }

  mutating func advance(_ array: TypedArray<Element>) throws(CommandError) -> Bool {
    let slice = slices.next()
    try onArray(array.elements.fill(slice, with: value))
    return !slices.isEmpty
  }

  func reply(to call: Call) { call.reply.integer(count) }
}
