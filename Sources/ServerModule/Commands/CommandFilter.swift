import CModuleShim

/// A command of any kind that is about to be carried out or queued, before the server looks at it.
public struct FilteredCommand {
  private let pointer: OpaquePointer

  /// How many words it has.
  public var count: Int { Int(server_CommandFilterArgsCount(pointer)) }

  /// A word of it, the first of which is its name. Valid as long as the filter runs.
  public subscript(index: Int) -> Argument { Argument(server_CommandFilterArgGet(pointer, Int32(clamping: index))) }

  /// Puts words before it: it is the command that they name from now on, and what it was is arguments.
  public func prepend(_ words: [UInt8]...) {
    for (index, word) in words.enumerated() {
      // The server frees it.
      _ = server_CommandFilterArgInsert(pointer, Int32(index), word.withUnsafeBytes { makeString($0) })
    }
  }

  /// Wraps what the server hands to a `CommandFilterFunction`.
  public init?(_ pointer: OpaquePointer?) {
    guard let pointer else { return nil }
    self.pointer = pointer
  }
}

/// Gets each command, as `FilteredCommand.init` takes it. A C function, which captures nothing.
public typealias CommandFilterFunction = @convention(c) (OpaquePointer?) -> Void

/// A filter that the server runs all commands through, which costs each of them: end it when it is of no use.
public struct CommandFilter: ~Copyable {
  private let pointer: OpaquePointer?
  private let context: OpaquePointer?

  /// - Parameters:
  ///   - owner: the server's, of a command, a timer or an event.
  ///   - function: what gets the commands, but not those that this module has the server carry out.
  public init(_ owner: Context, _ function: CommandFilterFunction) {
    // Outlives the command that begins it.
    context = server_GetDetachedThreadSafeContext(owner.pointer)
    pointer = server_RegisterCommandFilter(context, function, Int32(SERVER_FILTER_NOT_OWN_CALLS))
  }

  deinit {
    _ = server_UnregisterCommandFilter(context, pointer)
    server_FreeThreadSafeContext(context)
  }
}

extension Call {
  /// Has the server carry out the command that the rest of the arguments are, for the client and with its rights, and
  /// replies what that replies.
  public func forward(_ command: Arguments) {
    var rest = command
    guard let name = rest.next() else { return }
    let reply = name.text.withCString { name in
      rest.withVector { server_call_for_client(context.pointer, name, $0, $1) }
    }
    guard let reply else {
      _ = server_ReplyWithError(context.pointer, "ERR \(name.quotation) cannot be carried out here")
      return
    }
    _ = server_ReplyWithCallReply(context.pointer, reply)
    server_FreeCallReply(reply)
  }
}
