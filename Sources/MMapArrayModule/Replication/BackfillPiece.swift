import MappedArray
import ModuleWork
import ServerModule

/// `MMAP.BACKFILL key path index blob`: a piece of the contents that a file had when it was mapped on the primary. It is
/// written to the array of that file, whatever key it is bound to by now; without one it is not needed. The key says
/// which slot it belongs to.
enum BackfillPiece: KeyCommand {
  static let description = CommandDescription(
    "MMAP.BACKFILL", access: .writing, since: "1.1.0", summary: "Applies a piece of a file that a master has sent",
    complexity: "O(N) where N is the bytes sent",
    arguments: [.key, .string("path"), .integer("index"), .string("blob")],
    function: { serve(BackfillPiece.self, $0, $1, $2) })

  static func run(_ call: Call, with services: Services) throws(CommandError) {
    guard call.origin.isReplay else {
      throw .argument("MMAP.BACKFILL is what a master sends to its replicas; use MMAP.WRITE")
    }
    var arguments = call.arguments
    let path = try arguments.required().bytes
    let file = try onArray(services.arrays.root.relativePath(path))
    if let identity = services.arrays.root.identity(of: file) {
      try services.arrays.withArray(identity) { (array) throws(CommandError) in
        try write(arguments, to: array, for: call, with: services)
      }
    }
    call.reply.ok()
  }

  private static func write(
    _ arguments: Arguments, to array: ServedArray, for call: Call, with services: Services
  ) throws(CommandError) {
    var arguments = arguments
    let (index, blob) = (try arguments.natural("index"), try arguments.required().bytes)
    // A job of this server may still be at it.
    array.unfinishedChange?.complete()
    try onArray(array.file.write(packed: blob, at: index))
    // The file was made of one hole; where it is filled, stores may go through the mapping again.
    array.file.forgetHoles()
    array.replication.count = array.file.count
    try services.propagation.flush(array, for: call)
  }
}
