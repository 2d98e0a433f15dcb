import CModuleShim

/// One call of a command whose first argument is a key. Valid only while the command runs.
public struct Call {
  public let context: Context
  private let vector: ArgumentVector
  /// How many arguments there are, with the command's name.
  private let count: Int

  /// - Returns: nil if there is no key.
  @inline(__always)
  public init?(_ context: OpaquePointer?, _ arguments: ArgumentVector?, _ count: Int32) {
    guard let arguments, count >= 2 else { return nil }
    self.context = Context(context)
    vector = arguments
    self.count = Int(count)
  }

  @inline(__always)
  public var key: Argument { Argument(vector[1]) }

  /// The arguments behind the key.
  @inline(__always)
  public var arguments: Arguments { Arguments(vector + 2, end: vector + count) }

  /// All of the arguments, from the command's name on.
  var words: UnsafeBufferPointer<OpaquePointer?> { UnsafeBufferPointer(start: vector, count: count) }

  /// Where the reply is written.
  @inline(__always)
  public var reply: Reply { Reply(context) }
}

// MARK: - Serving

/// Why a command replies an error.
public protocol CallError: Error {
  /// The error as the client gets it, with a code such as `ERR` as its first word; nil: the number of arguments is
  /// wrong, for which the server has a text of its own.
  var reply: String? { get }
}

extension Call {
  /// What a command's C function does: runs `body`, and replies the error that it throws.
  ///
  /// - Returns: what the C function returns to the server.
  @inline(__always)
  public static func serve<Failure: CallError>(
    _ context: OpaquePointer?, _ arguments: ArgumentVector?, _ count: Int32,
    _ body: (Call) throws(Failure) -> Void
  ) -> Int32 {
    guard let call = Call(context, arguments, count) else { return server_WrongArity(context) }
    do throws(Failure) {
      try body(call)
      return Int32(SERVER_OK)
    } catch {
      return call.reply.error(error)
    }
  }
}

// MARK: - Where it comes from

extension Call {
  /// Who has sent a command.
  public enum Origin: Sendable {
    case client
    /// A script or function, on behalf of a client.
    case script
    /// The append-only file, which is being loaded. While data is loaded asynchronously, any client.
    case appendOnlyFile
    /// The primary that this server replicates.
    case primary

    /// Whether the command is a decision that has been made elsewhere or before: it is carried out and not questioned.
    public var isReplay: Bool { self == .primary || self == .appendOnlyFile }
  }

  /// Who has sent the command.
  ///
  /// - Complexity: O(1), but hundreds of instructions: ask where it matters.
  public var origin: Origin {
    let flags = Int(server_GetContextFlags(context.pointer))
    if flags & SERVER_CONTEXT_REPLICATED != 0 { return .primary }
    if flags & SERVER_CONTEXT_LOADING != 0 { return .appendOnlyFile }
    return flags & SERVER_CONTEXT_LUA != 0 ? .script : .client
  }

  /// Whether the call was parked before, and is being carried out now.
  public var isResumed: Bool { ParkedCall.resumed(as: self) != nil }

  /// How often in a row the call has been parked before.
  public var parkedRounds: Int { ParkedCall.resumed(as: self)?.rounds ?? 0 }

  /// Whether the client keeps what it reads in a cache of its own. The server notes what that is when the command comes:
  /// what is read later the client would not be told changes of.
  public var isForCache: Bool {
    var information = ServerClientInfo()
    information.version = UInt64(SERVER_CLIENT_INFO_VERSION)
    let status = withUnsafeMutablePointer(to: &information) {
      server_GetClientInfoById($0, server_GetClientId(context.pointer))
    }
    return status == SERVER_OK && information.flags & UInt64(SERVER_CLIENT_TRACKING) != 0
  }

  /// Whether the client can be kept waiting: not in a script or a transaction, not when a primary or the append-only
  /// file is the client.
  public var mayBlock: Bool {
    !context.has(
      SERVER_CONTEXT_LUA | SERVER_CONTEXT_MULTI | SERVER_CONTEXT_DENY_BLOCKING | SERVER_CONTEXT_REPLICATED
        | SERVER_CONTEXT_LOADING)
  }
}
