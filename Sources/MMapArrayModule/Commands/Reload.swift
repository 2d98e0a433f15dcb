import MappedArray
import ServerModule

/// `MMAP.RELOAD key`: maps the file that has the name of the key's binding now, for all keys that are bound to it and on all
/// replicas, in place of the one that was mapped under that name.
enum ReloadArray: BindingCommand {
  static let description = CommandDescription(
    "MMAP.RELOAD", access: .writing, since: "1.1.0",
    summary: "Maps the file that has the name now, in place of the old one; returns how many elements there are",
    complexity: "O(1)", arguments: [.key],
    function: { serve(ReloadArray.self, $0, $1, $2) })

  static func run(_ call: Call, on binding: Binding, with services: Services) throws(CommandError) {
    let file = binding.file
    if let array = file.array, services.waitsForChange(of: array, call, description) { return }
    if let array = file.array, file.hasItsName { return try remap(array, of: binding, by: call, with: services) }
    guard file.incomingArray == nil else { throw file.notMapped }
    if let array = file.array, services.files.hasSeveralNames(array) {
      throw .argument(
        "keys are bound to the old file by another of its names too: DEL those first, or bind them to \(quoted(file.path.bytes))"
      )
    }
    try onArray(file.reload())
    guard let array = file.array else { throw file.notMapped }
    let count = try onArray(array.count())
    propagate(array, of: binding, by: call, with: services)
    call.context.notifyKeyspace("mmap.reload", call.key)
    call.reply.integer(count)
  }

  /// Nothing has taken the place of the file. It may have been written anew.
  private static func remap(
    _ array: ServedArray, of binding: Binding, by call: Call, with services: Services
  ) throws(CommandError) {
    array.recover()
    guard array.fault == nil else { throw binding.file.notMapped }
    propagate(array, of: binding, by: call, with: services)
    call.context.notifyKeyspace("mmap.reload", call.key)
    call.reply.integer(array.file.count)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) { throw .noSuchKey }

  private static func propagate(_ array: ServedArray, of binding: Binding, by call: Call, with services: Services) {
    guard services.stream.isPropagating, !call.origin.isReplay else {
      array.replication.isAnnounced = true
      return
    }
    array.replication.key = Array(call.key.bytes)
    if binding.file.access == .writable {
      services.backfill.announce(array, call.context)
    } else {
      // Each node has its own.
      call.context.propagate("MMAP.RELOAD", CommandWords(call.key), to: .replicas)
    }
  }
}
