import CModuleShim

/// A client that waits, as the server names it to a `DisconnectFunction`.
public struct BlockedClient: Hashable, Sendable {
  private let identifier: Int

  /// Wraps what the server hands to a C function.
  public init(_ pointer: OpaquePointer?) { identifier = Int(bitPattern: pointer) }
}

/// Is called on the main thread when a client that waits has gone. A C function, which captures nothing: a context, and the
/// client as `BlockedClient.init` takes it.
public typealias DisconnectFunction = @convention(c) (OpaquePointer?, OpaquePointer?) -> Void

/// A call whose client waits for the reply, while others are served.
///
/// Subclasses keep what the reply is made of, and override `reply(to:)`.
open class BlockedCall {
  private var client: OpaquePointer?
  /// In which replies can be made while the client waits; nil until it is asked for.
  private var context: OpaquePointer?

  public init() {}

  /// Makes the reply, once the server lets the client go on. The keys may be others by now.
  open func reply(to call: Call) {}

  /// Is called on the main thread at the end, also if the client has gone.
  open func ended() {}

  /// The client; nobody if none waits.
  public final var blockedClient: BlockedClient { BlockedClient(client) }

  /// Blocks the client. The server holds this object until the client goes on or has gone. Main thread.
  ///
  /// - Parameters:
  ///   - call: the client's.
  ///   - disconnected: is called when the client goes before it has its reply. `unblock` is to be called all the same.
  /// - Returns: false if the client cannot be blocked; then nothing has been changed. See `Call.mayBlock`.
  public final func block(_ call: Call, disconnected: DisconnectFunction? = nil) -> Bool {
    if let parked = ParkedCall.resumed(as: call) {
      // It waits already, and from now on for this.
      (client, context) = parked.handOver()
    } else {
      client = BlockedCall.block(call)
    }
    guard let client else { return false }
    server_SetDisconnectCallback(client, disconnected)
    _ = Unmanaged.passRetained(self)
    return true
  }

  /// Lets the client go on. Does nothing if none waits. On another thread it is the last that is done with this object.
  public final func unblock() {
    guard let client else { return }
    self.client = nil
    _ = server_UnblockClient(client, Unmanaged.passUnretained(self).toOpaque())
  }

  /// The context in which replies can be made while the client waits, on any thread; before `block`, none. First asked for
  /// on the main thread.
  public final var waitingContext: Context {
    if context == nil, let client { context = server_GetThreadSafeContext(client) }
    return Context(context)
  }

  /// Gives what the server has for the client to somebody who goes on with it.
  final func giveUpClient() -> (client: OpaquePointer?, context: OpaquePointer?) {
    defer { (client, context) = (nil, nil) }
    return (client, context)
  }

  private static func block(_ call: Call) -> OpaquePointer? {
    server_BlockClient(
      call.context.pointer,
      { context, arguments, count in
        guard let data = server_GetBlockedClientPrivateData(context), let call = Call(context, arguments, count) else {
          return Int32(SERVER_ERROR)
        }
        // What `unblock` handed over.
        Unmanaged<BlockedCall>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.reply(to: call) }
        return Int32(SERVER_OK)
      }, nil,
      { _, data in
        guard let data else { return }
        // The reference that `block` made.
        let call = Unmanaged<BlockedCall>.fromOpaque(data).takeRetainedValue()
        call.ended()
        if let context = call.giveUpClient().context { server_FreeThreadSafeContext(context) }
      }, 0)
  }
}
