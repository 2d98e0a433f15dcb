import MappedArray
import ServerModule

/// `MMAP.GUARD key DUMP|MIGRATE …`: the command behind the key, unless that holds an array that is larger than a payload can be,
/// or there is not the memory for it.
///
/// The server's own commands would make a payload that nobody takes, or use more memory than `maxmemory` has left. While there
/// is such an array, `PayloadGuard` puts this before those that name its key.
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
    // MIGRATE of several keys has them at its end.
    var names: Swift.Set = [Array(call.key.bytes)]
    var rest = call.arguments
    while let word = rest.next() {
      guard word.matches("KEYS") else { continue }
      while let key = rest.next() { names.insert(Array(key.bytes)) }
    }
    var (total, most) = (0, 0)
    for name in names {
      let bytes = try payloadBytes(of: name, call, services)
      (total, most) = (total + bytes, max(most, bytes))
    }
    // All are in the reply or on their way, and one is being made.
    let memory = ReservedMemory(services.memory)
    if total > 0 {
      services.memory.update(call.context)
      try memory.add(total + most)
    }
    call.forward(call.arguments)
    memory.giveBack()
  }

  /// How many bytes the payload of a key has at most, if it has contents.
  private static func payloadBytes(of name: [UInt8], _ call: Call, _ services: Services) throws(CommandError) -> Int {
    let key = OpenKey(call.context, key: name)
    guard case .value(let binding) = key.contents(as: services.dataType) else { return 0 }
    let (saving, holder) = (services.saving, binding.takeUnretainedValue())
    guard holder.isWritable, let array = holder.file.array else { return 0 }
    guard saving.isTooLarge(array) else { return Saving.payloadBytes(of: array) }
    throw .argument(
      "the array in \(quoted(name)) has \(array.file.count * array.elementType.size) bytes, and a payload at most "
        + "\(saving.mostPayloadBytes) (proto-max-bulk-len): move it with an atomic slot migration, or make a replica")
  }
}
