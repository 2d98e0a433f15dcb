import MappedArray
import ServerModule

/// `MMAP.NAME key path`: what the array is called that the next RESTORE of the key brings. The primary has chosen it, because
/// the name in the payload was taken there.
enum NameArray: KeyCommand {
  static let description = CommandDescription(
    "MMAP.NAME", access: .writing, since: "1.1.0", summary: "Names the file of the next RESTORE as a master has done",
    complexity: "O(1)", arguments: [.key, .string("path")], function: { serve(NameArray.self, $0, $1, $2) })

  static func run(_ call: Call, with services: Services) throws(CommandError) {
    guard call.origin.isReplay else {
      throw .argument("MMAP.NAME is what a master sends to its replicas before a RESTORE; use MMAP")
    }
    var arguments = call.arguments
    let path = try arguments.required().bytes
    services.restoring.choose(try onArray(services.root.relativePath(path)), for: Array(call.key.bytes))
    if call.origin == .primary {
      // For this server's own AOF.
      var words = CommandWords(call.key)
      words.append(path)
      call.context.propagate("MMAP.NAME", words, to: .everyone)
    }
    call.reply.ok()
  }

  /// From now on replicas and the AOF are told names before the RESTORE that they are for. The server propagates what is
  /// done in a keyspace notification ahead of the command that it is about.
  static func observeRestores(_ context: Context) {
    context.subscribeToKeyspaceEvents { NameArray.told($0, $1, $2, $3) }
  }

  private static func told(
    _ context: OpaquePointer?, _ kind: Int32, _ event: UnsafePointer<CChar>?, _ key: OpaquePointer?
  ) -> Int32 {
    tellName(after: KeyspaceEvent(context, event, key))
    return 0
  }

  private static func tellName(after event: KeyspaceEvent) {
    guard event.name == "restore" else { return }
    Services.withCurrent { tellName(after: event, with: $0) }
  }

  private static func tellName(after event: KeyspaceEvent, with services: Services) {
    guard services.restoring.decides, let path = services.restoring.takeChosen(for: event.key.bytes) else { return }
    var words = CommandWords(event.key)
    words.append(path.bytes)
    event.context.propagate("MMAP.NAME", words, to: .everyone)
  }
}
