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

/// A call whose client waits for the reply, which may be made on any thread.
///
/// Subclasses write it to `reply`, on one thread at a time: replies through the context that the server gives to a client
/// that waits need no lock. `unblock()` then hands it over.
// Sendable: what is written after `block` is written by whoever calls `unblock`, which is done once.
open class BackgroundCall: @unchecked Sendable {
  private var client: OpaquePointer?
  private var context: OpaquePointer?
  /// Asked for on the main thread, as the server looks at more than the client for that.
  public private(set) var isRESP3 = false

  public init() {}

  /// Where the reply is written; before `block`, nowhere.
  public final var reply: Reply { Reply(Context(context)) }

  public final var blockedClient: BlockedClient { BlockedClient(client) }

  /// Blocks the client. The server holds this object until the client goes on or has gone. Main thread.
  ///
  /// - Parameters:
  ///   - call: the client's.
  ///   - disconnected: is called when the client goes before it has its reply. `unblock` is to be called all the same.
  /// - Returns: false if the client cannot be blocked; then nothing has been changed. See `Call.mayBlock`.
  public final func block(_ call: Call, disconnected: @escaping DisconnectFunction) -> Bool {
    isRESP3 = call.reply.isRESP3
    client = server_BlockClient(
      call.context.pointer, nil, nil,
      { _, data in
        guard let data else { return }
        // What `unblock` handed over, with the reference below.
        let call = Unmanaged<BackgroundCall>.fromOpaque(data).takeRetainedValue()
        call.ended()
        server_FreeThreadSafeContext(call.context)
      }, 0)
    guard let client else { return false }
    server_SetDisconnectCallback(client, disconnected)
    context = server_GetThreadSafeContext(client)
    _ = Unmanaged.passRetained(self)
    return true
  }

  /// Lets the client go on, with what has been replied. The last that is done with this object on another thread.
  public final func unblock() {
    guard let client else { return }
    _ = server_UnblockClient(client, Unmanaged.passUnretained(self).toOpaque())
  }

  /// Is called on the main thread at the end, also if the client has gone.
  open func ended() {}
}
