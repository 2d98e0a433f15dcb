import MappedArray
import ServerModule

/// Whether commands are looked at, because there is an array that is larger than a payload can be, or than the memory has room
/// for.
final class PayloadGuard {
  private let arrays: ArrayRegistry
  private let saving: Saving
  private var filter: CommandFilter?
  /// Arrays with more bytes than this are a reason.
  private var mostBytes = Int.max

  init(_ arrays: ArrayRegistry, _ saving: Saving) {
    self.arrays = arrays
    self.saving = saving
  }

  /// An array has become longer.
  func noticeGrowth(of array: ServedArray, _ context: Context) {
    if filter == nil, isReason(array) { filter = CommandFilter(context, PayloadGuard.filter) }
  }

  private func isReason(_ array: ServedArray) -> Bool {
    array.file.access == .writable && array.file.count > mostBytes / array.elementType.size
  }

  /// Looks at the limits and at all arrays: every second, and when a limit may be another.
  func look(_ context: Context) {
    // A payload is there twice while it is replied. Half of the memory that is left may be used before the next look.
    mostBytes = min(saving.mostPayloadBytes, context.unusedMemory.map { $0 / 4 } ?? .max)
    let isNeeded = arrays.contains { isReason($0) }
    if !isNeeded { filter = nil } else if filter == nil { filter = CommandFilter(context, PayloadGuard.filter) }
  }

  private static let filter: CommandFilterFunction = { PayloadGuard.look(at: FilteredCommand($0)) }

  private static func look(at command: FilteredCommand?) {
    guard let command, command.count > 1 else { return }
    if command.count == 2, command[0].matches("DUMP") {
      command.prepend(Array("MMAP.GUARD".utf8), Array(command[1].bytes))
    } else if command.count > 5, command[0].matches("MIGRATE") {
      command.prepend(Array("MMAP.GUARD".utf8), migratedKey(of: command))
    }
  }

  /// The key of MIGRATE, or the first of several.
  private static func migratedKey(of command: FilteredCommand) -> [UInt8] {
    let key = command[3].bytes
    guard key.isEmpty, let keys = (6..<command.count).first(where: { command[$0].matches("KEYS") }),
      keys + 1 < command.count
    else { return Array(key) }
    return Array(command[keys + 1].bytes)
  }
}
