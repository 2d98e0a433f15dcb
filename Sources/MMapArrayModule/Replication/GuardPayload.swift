import MappedArray
import ServerModule

/// `MMAP.GUARD key DUMP|MIGRATE …`: the command behind the key, unless that holds an array that is larger than a payload can be.
///
/// The server's own commands would make a payload that nobody takes. While there is such an array, `PayloadGuard` puts this
/// before those that name its key.
enum GuardPayload: KeyCommand {
  static let description = CommandDescription(
    "MMAP.GUARD", access: .reading, since: "1.1.0", summary: "Refuses a payload that is too large to be sent",
    complexity: "O(N) where N is that of the command",
    arguments: [.key, .string("command"), .string("argument", .multiple)],
    function: { serve(GuardPayload.self, $0, $1, $2) })

  static func run(_ call: Call, with services: Services) throws(CommandError) {
    guard let command = call.arguments.first, command.matches("DUMP") || command.matches("MIGRATE") else {
      throw .argument("MMAP.GUARD is what this module puts before DUMP and MIGRATE; use those")
    }
    try check(Array(call.key.bytes), call, services)
    // MIGRATE of several keys has them at its end.
    var rest = call.arguments
    while let word = rest.next() {
      guard word.matches("KEYS") else { continue }
      while let key = rest.next() { try check(Array(key.bytes), call, services) }
    }
    call.forward(call.arguments)
  }

  private static func check(_ name: [UInt8], _ call: Call, _ services: Services) throws(CommandError) {
    let key = OpenKey(call.context, key: name)
    guard case .value(let binding) = key.contents(as: services.dataType) else { return }
    let (saving, holder) = (services.saving, binding.takeUnretainedValue())
    guard holder.isWritable, let array = holder.file.array, saving.isTooLarge(array) else { return }
    throw .argument(
      "the array in \(quoted(name)) has \(array.file.count * array.elementType.size) bytes, and a payload at most "
        + "\(saving.mostPayloadBytes) (proto-max-bulk-len): move it with an atomic slot migration, or make a replica")
  }
}
