import CModuleShim

/// A call whose client waits for the reply, while others are served.
///
/// Subclasses keep what the reply is made of, and override `reply(to:)`.
open class BlockedCall {
  private var client: OpaquePointer?

  public init() {}

  /// Makes the reply, once the server lets the client go on. The keys may be others by now.
  open func reply(to call: Call) {}

  /// Blocks the client. The server holds this object until the client is gone.
  ///
  /// - Returns: false if the client cannot be blocked; then nothing has been changed. See `Call.mayBlock`.
  public final func block(_ call: Call) -> Bool {
    client = server_BlockClient(
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
        // Balances the reference below.
        if let data { Unmanaged<BlockedCall>.fromOpaque(data).release() }
      }, 0)
    guard client != nil else { return false }
    _ = Unmanaged.passRetained(self)
    return true
  }

  /// Lets the client go on. Does nothing if none waits.
  public final func unblock() {
    guard let client else { return }
    self.client = nil
    _ = server_UnblockClient(client, Unmanaged.passUnretained(self).toOpaque())
  }
}
