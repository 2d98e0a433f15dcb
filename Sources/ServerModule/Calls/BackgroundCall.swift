import CModuleShim

/// A call whose client waits for the reply, which may be made on any thread.
///
/// Subclasses write it to `reply`, on one thread at a time: replies through the context that the server gives to a client
/// that waits need no lock. `unblock()` then hands it over.
// Sendable: what is written after `beginWaiting` is written by whoever calls `unblock`, which is done once.
open class BackgroundCall: BlockedCall, @unchecked Sendable {
  /// Where the reply is written; before `beginWaiting`, nowhere.
  public final private(set) var reply = Reply(.none)
  /// Asked for on the main thread, as the server looks at more than the client for that.
  public final private(set) var isRESP3 = false

  /// Blocks the client, and makes a place for replies; see `block`. Main thread.
  public final func beginWaiting(_ call: Call, disconnected: @escaping DisconnectFunction) -> Bool {
    isRESP3 = call.reply.isRESP3
    guard block(call, disconnected: disconnected) else { return false }
    reply = Reply(waitingContext)
    return true
  }
}
