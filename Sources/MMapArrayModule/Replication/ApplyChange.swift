import MappedArray
import ServerModule

/// `MMAP.APPLY key count [index blob …]`: a change as a primary sends it. The count becomes `count`, and then each blob of
/// packed elements is written at its index. To apply a part of the stream twice ends in the same state.
enum ApplyChange: ArrayCommand {
  static var access: CommandDescription.Access { .writing }
  static var needsCount: Bool { false }
  static let description = CommandDescription(
    "MMAP.APPLY", access: access, summary: "Applies a change that a master has sent",
    complexity: "O(N) where N is the bytes sent",
    arguments: [.key, .integer("count"), .block("elements", [.integer("index"), .string("blob")], .optionalMultiple)],
    function: { serve(ApplyChange.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    guard call.origin.isReplay else {
      throw .argument("MMAP.APPLY is what a master sends to its replicas; use MMAP.WRITE or MMAP.RESIZE")
    }
    var arguments = call.arguments
    let count = try arguments.natural("count")
    try check(arguments, as: Element.self, count: count)
    // Elements are written before the count covers them.
    if count < array.elements.count { try onArray(array.elements.resize(to: count)) }
    while !arguments.isEmpty {
      let (index, blob) = (try arguments.natural("index"), try arguments.packed(as: Element.self))
      try onArray(array.elements.write(packed: blob, at: index))
    }
    try onArray(array.elements.resize(to: count))
    try onArray(array.elements.checkFault())
    array.served.noteReplicated(count: count)
    call.context.notifyKeyspace("mmap.apply", call.key)
    try services.propagation.flush(array.served, for: call)
    call.reply.ok()
  }

  /// Throws what is wrong with pairs of index and blob, before anything is written.
  private static func check<Element: MappableElement>(
    _ pairs: Arguments, as type: Element.Type, count: Int
  ) throws(CommandError) {
    var pairs = pairs
    while !pairs.isEmpty {
      let index = try pairs.natural("index")
      let blob = try pairs.packed(as: Element.self)
      let (end, overflow) = index.addingReportingOverflow(blob.count / MemoryLayout<Element>.size)
      guard !overflow, end <= count else { throw .argument("a blob reaches past the count \(count)") }
    }
  }
}
