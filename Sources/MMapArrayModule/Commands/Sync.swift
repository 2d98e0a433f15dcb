import MappedArray
import ModuleWork
import ServerModule

/// `MMAP.SYNC key`
enum Synchronize: BindingCommand {
  static let description = CommandDescription(
    "MMAP.SYNC", access: .reading, dataUse: [], summary: "Flushes the array and returns OK once it is on the disk",
    complexity: "O(N) where N is the number of pages that have changed", arguments: [.key],
    function: { serve(Synchronize.self, $0, $1, $2) })

  static func run(_ call: Call, on binding: Binding, with services: Services) throws(CommandError) {
    let array = try services.array(of: binding, for: call)
    if services.waitsForChange(of: array, call, description) { return }
    try services.flusher.reply(OKReply(), to: call, after: array)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) { throw .noSuchKey }
}
