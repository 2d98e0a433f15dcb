import CModuleShim
import MappedArray

/// `MMAP.SYNC key`
enum Synchronize: BindingCommand {
  static var access: CommandAccess { .read }
  static let row = CommandRow(
    names: ["MMAP.SYNC"], dataUse: [], summary: "Flushes the array and returns OK once it is on the disk",
    complexity: "O(N) where N is the number of pages that have changed", arguments: [.key],
    function: { serve(Synchronize.self, $0, $1, $2) })

  static func run(_ call: Call, on binding: Binding) throws(CommandError) {
    let array = try binding.array(for: call)
    array.work.unfinishedChange?.complete()
    let waiting = SynchronizeCall(array)
    if call.mayBlock, waiting.block(call) {
      if Module.current.flusher.submit(array, for: waiting) { return }
      // Flushed here then; the reply is made in the same way.
      waiting.flushNow()
      return
    }
    try Module.current.flusher.flush(array)
    call.replyOK()
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) { throw .noSuchKey }
}
