import CModuleShim

/// A call whose client waits for the reply.
class BlockedCall {
  private var client: OpaquePointer?

  /// Makes the reply, once the server lets the client go on.
  func reply(to call: Call) {}

  /// Blocks the client, and answers whether the server has it. The server holds this object until the client is gone.
  final func block(_ call: Call) -> Bool {
    client = server_BlockClient(call.context, BlockedCall.reply, nil, BlockedCall.release, 0)
    guard client != nil else { return false }
    _ = Unmanaged.passRetained(self)
    return true
  }

  /// Lets the client go on. Does nothing if none waits.
  final func unblock() {
    guard let client else { return }
    self.client = nil
    _ = server_UnblockClient(client, Unmanaged.passUnretained(self).toOpaque())
  }

  private static let reply: @convention(c) (OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?, Int32) -> Int32 = {
    context, arguments, count in
    guard let data = server_GetBlockedClientPrivateData(context), let call = Call(context, arguments, count) else {
      return Int32(SERVER_ERROR)
    }
    // What `unblock` handed over.
    Unmanaged<BlockedCall>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.reply(to: call) }
    return Int32(SERVER_OK)
  }

  private static let release: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Void = { _, data in
    guard let data else { return }
    // Balances `block`.
    Unmanaged<BlockedCall>.fromOpaque(data).release()
  }
}

extension Call {
  /// Whether the client can be kept waiting: not in a script or a transaction, not when a master or the AOF speaks.
  var mayBlock: Bool {
    !has(
      SERVER_CONTEXT_LUA | SERVER_CONTEXT_MULTI | SERVER_CONTEXT_DENY_BLOCKING | SERVER_CONTEXT_REPLICATED
        | SERVER_CONTEXT_LOADING)
  }
}
