import CModuleShim
import MappedArray

/// `MMAP.APPLY key count [index blob …]`: a change as a master sends it. The count becomes `count`, and then each blob of
/// packed elements is written at its index. To apply a part of the stream twice ends in the same state.
enum ApplyChange: ArrayCommand {
  static var access: CommandAccess { .write }
  static let row = CommandRow(
    names: ["MMAP.APPLY"], summary: "Applies a change that a master has sent",
    complexity: "O(N) where N is the bytes sent",
    arguments: [.key, .integer("count"), .block("elements", [.integer("index"), .string("blob")], .optionalMultiple)],
    function: { serve(ApplyChange.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    guard call.has(SERVER_CONTEXT_REPLICATED | SERVER_CONTEXT_LOADING) else {
      throw .argument("MMAP.APPLY is what a master sends to its replicas; use MMAP.WRITE or MMAP.RESIZE")
    }
    try apply(call, to: array, countIndex: 2)
    call.announce("mmap.apply")
    try call.flush(array.served)
    call.replyOK()
  }

  /// Applies the arguments from `countIndex` on: a count, then pairs of index and blob.
  static func apply<Element: MappableElement>(
    _ call: Call, to array: TypedArray<Element>, countIndex: Int
  ) throws(CommandError) {
    guard (call.count - countIndex).isMultiple(of: 2) == false else { throw .wrongArity }
    let count = try call.natural(countIndex, "count")
    for position in stride(from: countIndex + 1, to: call.count, by: 2) {
      let blob = try call.packed(position + 1, as: Element.self)
      let (end, overflow) = try call.natural(position, "index")
        .addingReportingOverflow(blob.count / MemoryLayout<Element>.size)
      guard !overflow, end <= count else { throw .argument("a blob reaches past the count \(count)") }
    }
    // Elements are written before the count covers them.
    if count < array.elements.count {
      try onArray { () throws(MappedArrayError) in try array.elements.resize(to: count) }
    }
    for position in stride(from: countIndex + 1, to: call.count, by: 2) {
      let (index, blob) = (try call.natural(position, "index"), try call.packed(position + 1, as: Element.self))
      try onArray { () throws(MappedArrayError) in try array.elements.write(packed: blob, at: index) }
    }
    try onArray { () throws(MappedArrayError) in try array.elements.resize(to: count) }
    array.served.replication.replicatedCount = count
  }
}

/// `MMAP.SHIP key path index blob`: a piece of the contents that a file had when it was mapped on the master. It is
/// written to the array of that file, whatever key it is bound to by now; without one it is not needed. The key says
/// which slot it belongs to.
enum ShipPiece: Command {
  static var access: CommandAccess { .write }
  static let row = CommandRow(
    names: ["MMAP.SHIP"], summary: "Applies a piece of a file that a master has sent",
    complexity: "O(N) where N is the bytes sent",
    arguments: [.key, .string("path"), .integer("index"), .string("blob")],
    function: { context, arguments, count in
      guard let call = Call(context, arguments, count), call.count == 5 else { return server_WrongArity(context) }
      do throws(CommandError) {
        try run(call)
        return call.replyOK()
      } catch {
        return error.reply(to: call)
      }
    })

  private static func run(_ call: Call) throws(CommandError) {
    guard call.has(SERVER_CONTEXT_REPLICATED | SERVER_CONTEXT_LOADING) else {
      throw .argument("MMAP.SHIP is what a master sends to its replicas; use MMAP.WRITE")
    }
    let path = try onArray { () throws(MappedArrayError) in try Module.current.relativePath(call.bytes(2)) }
    guard let identity = Module.current.identity(of: path) else { return }
    try Module.current.arrays.withArray(identity) { (array) throws(CommandError) in
      let (index, blob) = (try call.natural(3, "index"), try call.packed(4, of: array.elementType))
      // A job of this server may still be at it.
      array.work.unfinishedChange?.complete()
      try onArray { () throws(MappedArrayError) in
        try array.file.write(packed: blob, at: index)
        // The file was made of one hole; where it is filled, stores may go through the mapping again.
        array.file.forgetHoles()
      }
      array.replication.replicatedCount = array.file.count
      try call.flush(array)
    }
  }
}
