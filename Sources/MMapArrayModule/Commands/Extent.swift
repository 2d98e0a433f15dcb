import CModuleShim
import MappedArray

// Work on the length or on many elements: resize, clear, fill. Done in slices where it is much.

/// `MMAP.RESIZE key count`
enum ResizeArray: ArrayCommand {
  static var access: CommandAccess { .write }
  static let row = CommandRow(
    names: ["MMAP.RESIZE"], summary: "Sets the number of elements; new ones are zero",
    complexity: "O(1), or O(N) where N is the disk space that is freed", arguments: [.key, .integer("count")],
    function: { serve(ResizeArray.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    let count = try call.natural(2, "count")
    try onArray { () throws(MappedArrayError) in try array.elements.refresh() }
    guard count != array.elements.count else {
      call.reply(count)
      return
    }
    try perform(Resizing(to: count, replying: count), on: array, for: call) { () throws(CommandError) in
      try call.changed(array, "mmap.resize")
    }
  }
}

/// `MMAP.CLEAR key`
enum ClearArray: ArrayCommand {
  static var access: CommandAccess { .write }
  static let row = CommandRow(
    names: ["MMAP.CLEAR", "VCLEAR"], dataUse: .delete,
    summary: "Removes all elements; returns how many there were",
    complexity: "O(1), or O(N) where N is the disk space that is freed", arguments: [.key],
    function: { serve(ClearArray.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    try onArray { () throws(MappedArrayError) in try array.elements.refresh() }
    let before = array.elements.count
    guard before > 0 else {
      call.reply(0)
      return
    }
    try perform(Resizing(to: 0, replying: before), on: array, for: call) { () throws(CommandError) in
      try call.changed(array, "mmap.clear")
    }
  }
}

/// Changes the count at once and then cuts the file, which takes as long as the file system needs to free the space.
private struct Resizing<Element: MappableElement>: SlicedWork {
  private let target: Int
  private let answer: Int
  private var hasBegun = false

  init(to target: Int, replying answer: Int) {
    self.target = target
    self.answer = answer
  }

  mutating func advance(_ array: TypedArray<Element>) throws(CommandError) -> Bool {
    try onArray { () throws(MappedArrayError) in
      if !hasBegun { try array.elements.beginResize(to: target) }
      hasBegun = true
      return try array.elements.continueShrink(by: Slice.freedBytes)
    }
  }

  func reply(to call: Call) { call.reply(answer) }
}

/// `MMAP.FILL key start stop value`
enum FillRange: ArrayCommand {
  static var access: CommandAccess { .write }
  static let row = CommandRow(
    names: ["MMAP.FILL"], summary: "Sets all elements of a range to a value; returns how many were set",
    complexity: "O(N) where N is the number of elements in the range",
    arguments: [.key, .integer("start"), .integer("stop"), .value],
    function: { serve(FillRange.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    let positions = try call.positions(2)
    let value = try call.element(4, as: Element.self)
    try onArray { () throws(MappedArrayError) in try array.elements.refresh() }
    let range = positions.range(count: array.elements.count)
    guard !range.isEmpty else {
      call.reply(0)
      return
    }
    try onArray { () throws(MappedArrayError) in try array.elements.reserveSpace(in: range) }
    try perform(Filling(range: range, value: value), on: array, for: call) { () throws(CommandError) in
      try call.filled(array, "mmap.fill", range)
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
    try onArray { () throws(MappedArrayError) in try array.elements.fill(slice, with: value) }
    return !slices.isEmpty
  }

  func reply(to call: Call) { call.reply(count) }
}
