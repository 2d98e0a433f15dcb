import MappedArray
import ModuleWork
import ServerModule

/// `MMAP.SLICE key start:stop:step [start:stop:step …]`
enum ReadSlice: ArrayCommand {
  static var access: CommandDescription.Access { .reading }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.SLICE", access: access, since: "1.1.0",
    summary: "Returns a packed sub-array: what NumPy's basic slicing selects along the first dimensions",
    complexity: "O(N) where N is the number of elements returned", arguments: [.key, .string("slice", .multiple)],
    function: { serve(ReadSlice.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    var arguments = call.arguments
    let part = try subArray(arguments.selections(), of: array.elements.shape)
    guard let range = part.range else {
      return try Copying<Element, SubArray>.reply(part, of: array, for: call, with: services)
    }
    let fewest = ReplySize.manyBytes / MemoryLayout<Element>.stride
    try services.replyElements(in: range, of: array, isPacked: true, fewest: fewest, for: call) {
      () throws(CommandError) in
      try onArray(array.elements.checkReadable(range))
      array.elements.withPackedElements(in: range) { call.reply.bytes($0) }
    }
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    var arguments = call.arguments
    _ = try arguments.selections()
    call.reply.text("")
  }

  private static func subArray(_ selections: [AxisSelection], of shape: [Int]) throws(CommandError) -> SubArray {
    var failedAxis: Int?
    if let part = SubArray(selections, shape: shape, failedAxis: &failedAxis) { return part }
    guard let axis = failedAxis, case .index(let index) = selections[axis] else {
      throw .argument(
        "there are \(selections.count) slices for an array of \(shape.count) dimensions; give at most as many")
    }
    let valid = shape[axis] > 0 ? "give \(-shape[axis]) to \(shape[axis] - 1)" : "it has none"
    throw .argument("index \(index) is out of range for dimension \(axis) of \(shape[axis]); \(valid)")
  }
}

extension SubArray: PackedSelection {
  func sliceCount(elementSize: Int) -> Int {
    // Where each element may lie on a page of its own, that is what takes long.
    runLength < 64 ? 1 << 16 : SliceSize.bytes / elementSize
  }

  func replyCount(elementSize: Int) -> Int { 1 }

  func write(_ part: Int, of bytes: UnsafeRawBufferPointer, elementSize: Int, to reply: Reply) { reply.bytes(bytes) }
}
