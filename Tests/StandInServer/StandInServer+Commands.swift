import CStandInServer

// Runs commands of the module, and lets clients go on that wait.
extension StandInServer {
  /// Runs a command of the module, as the server does once it has looked at the name and at the number of words.
  @discardableResult
  public func run(_ words: [[UInt8]], as caller: Caller = .client) -> ServedCommand {
    thread.run { serve(ServedCommand(words, caller)) }
  }

  /// Runs a command of the module.
  @discardableResult
  public func run(_ words: String..., as caller: Caller = .client) -> ServedCommand {
    run(words.map { Array($0.utf8) }, as: caller)
  }

  private func serve(_ served: ServedCommand) -> ServedCommand {
    let name = served.words.first.map { String(decoding: $0, as: UTF8.self).uppercased() } ?? ""
    guard let command = commands[name], let function = functions[name] else {
      served.reply = .error("ERR unknown command '\(name)'")
      return served
    }
    let count = served.words.count
    guard command.arity > 0 ? count == command.arity : count >= -command.arity else {
      served.reply = .error("ERR wrong number of arguments for '\(command.name)' command")
      return served
    }
    let earlier = effects
    effects = Effects()
    let replies = withContext(served.caller.flags, served) { context in
      withStrings(served.words) { strings in
        _ = function(context.pointer, strings, Int32(count))
      }
      return finish(context)
    }
    served.effects = effects
    effects = earlier
    if served.blocked == nil {
      served.reply = only(replies, of: name)
    } else if !replies.isEmpty {
      violate("\(name) has blocked its client and replied too")
    }
    serveUnblocked()
    return served
  }

  /// The replies that were made through a context.
  func finish(_ context: ContextHandle) -> [Reply] {
    if !context.builder.isComplete { violate("a reply has fewer elements than it was to have") }
    return context.builder.replies
  }

  func only(_ replies: [Reply], of name: String) -> Reply? {
    if replies.count != 1 { violate("\(name) has made \(replies.count) replies and not one") }
    return replies.first
  }

  /// Lets clients go on whose commands are done.
  func serveUnblocked() {
    while let client = unblocked.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
      guard handles.end(client.pointer, as: BlockedClientHandle.self) != nil else { continue }
      withContext(client.command?.caller.flags ?? 0, client.command) { context in
        context.privateData = client.data
        if let served = client.command {
          var replies = client.threadSafeContext.map(finish) ?? []
          if let reply = client.reply {
            withStrings(served.words) { _ = reply(context.pointer, $0, Int32(served.words.count)) }
          }
          replies += finish(context)
          served.reply = only(replies, of: "a blocked call")
          served.blocked = nil
        }
        if let data = client.data { client.free?(context.pointer, data) }
      }
    }
  }

  /// The client of a command that waits goes away.
  public func disconnect(_ served: ServedCommand) {
    thread.run {
      guard let client = served.blocked else { return }
      withContext { client.disconnected?($0.pointer, client.pointer) }
      client.command = nil
      served.blocked = nil
    }
  }
}
