import CModuleShim
import Glibc

/// A call that cannot be carried out now. Its client waits, and later the command is carried out as if it had just come.
///
/// Main thread. What the command then does for a client that waits takes this client over, so a parked call can become
/// anything that a call can, also parked again.
public final class ParkedCall: BlockedCall {
  // The server's main thread only, as all calls.
  nonisolated(unsafe) private static var resumed: ParkedCall?

  private let command: CommandDescription
  private let arguments: [OpaquePointer?]
  /// Who the client was. It has left if the user has gone. nil: somebody whom ACL rules know nothing of.
  private let user: OpaquePointer?
  private var isHandedOver = false
  /// How often in a row the call has been parked, this time included.
  public let rounds: Int

  public init(_ call: Call, of command: CommandDescription) {
    self.command = command
    let context = call.context.pointer
    arguments = call.words.map { server_HoldString(nil, $0) }
    let resumed = ParkedCall.resumed(as: call)
    rounds = (resumed?.rounds ?? 0) + 1
    user =
      if let resumed {
        resumed.user.flatMap { server_HoldString(nil, $0) }
      } else {
        server_GetClientUserNameById(context, server_GetClientId(context))
      }
    super.init()
  }

  deinit {
    for argument in arguments { server_FreeString(nil, argument) }
    if let user { server_FreeString(nil, user) }
  }

  /// Whether the command must wait at the moment because it changes something, and nothing may be changed.
  public var isHeldUp: Bool { command.access != .reading && Context.mustAvoidReplicaTraffic }

  /// Calls `body` in a turn of the event loop, where the command can be carried out: what it propagates is its own.
  public func schedule(afterMilliseconds milliseconds: Int, _ body: @escaping () -> Void) {
    waitingContext.schedule(afterMilliseconds: milliseconds) { _ in body() }
  }

  /// Carries the command out, unless the server would refuse it by now. Nothing if the client has gone.
  public func resume() {
    let context = waitingContext
    guard context.pointer != nil else { return }
    if let refusal = refusal() {
      _ = server_ReplyWithError(context.pointer, refusal)
      return unblock()
    }
    var arguments = arguments
    ParkedCall.resumed = self
    _ = arguments.withUnsafeMutableBufferPointer { command.function(context.pointer, $0.baseAddress, Int32($0.count)) }
    ParkedCall.resumed = nil
    if !isHandedOver { unblock() }
  }

  /// The parked call that is being carried out by `call`; nil if that comes from a client.
  static func resumed(as call: Call) -> ParkedCall? {
    guard let resumed, resumed.waitingContext.pointer == call.context.pointer else { return nil }
    return resumed
  }

  /// Gives the client to what waits for it next.
  func handOver() -> (client: OpaquePointer?, context: OpaquePointer?) {
    isHandedOver = true
    // The server holds the next one from now on.
    defer { Unmanaged.passUnretained(self).release() }
    return giveUpClient()
  }
}

// MARK: - What the server looks at before each command

extension ParkedCall {
  /// The error that the client would get if it sent the command now.
  private func refusal() -> String? {
    guard isPermitted else {
      let name = user.map { Argument($0).text } ?? ""
      return "NOPERM User \(name) has no permissions to run the '\(command.names[0])' command on that key"
    }
    let context = waitingContext
    let isReplica = context.has(SERVER_CONTEXT_REPLICA)
    let isReading = command.access == .reading
    guard !isReading || isReplica || context.has(SERVER_CONTEXT_CLUSTER) else { return nil }
    // A command that changes nothing: whether the server would carry it out.
    var words = [arguments[1], arguments[1]]
    var code: Int32 = 0
    let reply = words.withUnsafeMutableBufferPointer {
      server_call_as_script(
        context.pointer, isReading ? "EXISTS" : "RENAMENX", $0.baseAddress, isReading ? 1 : 2, &code)
    }
    defer { if let reply { server_FreeCallReply(reply) } }
    switch code {
    case 0: return nil
    // A client that reads from a replica has said that it may.
    case EPERM where isReplica && isReading: return nil
    // Clients send the command once more, and hear then where the slot is.
    case EPERM: return "TRYAGAIN the slot has moved while the command waited"
    case EROFS, ENETDOWN: return "CLUSTERDOWN The cluster is down"
    default: return reply.map { Context.text(of: $0) } ?? "ERR the server refuses the command now"
    }
  }

  private var isPermitted: Bool {
    // Who has gone has been disconnected.
    guard let user, let rights = server_GetModuleUserFromUserName(user) else { return true }
    defer { _ = server_FreeModuleUser(rights) }
    var arguments = arguments
    return arguments.withUnsafeMutableBufferPointer {
      server_ACLCheckCommandPermissions(rights, $0.baseAddress, Int32($0.count)) == SERVER_OK
    }
  }
}
