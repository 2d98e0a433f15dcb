import CModuleShim

/// Who is to have a command.
public enum PropagationTarget: Sendable {
  case replicas
  /// Replicas, and the append-only file.
  case everyone

  fileprivate var format: StaticString {
    switch self {
    case .replicas: "Av"
    case .everyone: "v"
    }
  }
}

extension Context {
  /// Whether nothing may be propagated at the moment, because clients are paused, or a failover or a shutdown is under way:
  /// the server ends itself if something is. What clients change is safe, as the server lets them wait; reads, timers
  /// and the event loop must ask.
  public static var mustAvoidReplicaTraffic: Bool { server_AvoidReplicaTraffic() != 0 }

  /// Propagates a command in place of the one that is being served; RedisModule_Replicate. Its first word is its key.
  ///
  /// Two in one call, or in one transaction, leave an empty transaction in the append-only file.
  public func propagate(_ command: StaticString, _ words: borrowing CommandWords, to target: PropagationTarget) {
    words.withVector { vector, count in
      _ = server_replicate(pointer, command.cString, target.format.cString, vector, count)
    }
  }
}

extension Context {
  /// Has WATCH and client-side caches know that a key has been modified, and subscribers of keyspace notifications of
  /// the class `d` that `event` has happened to it.
  public func notifyKeyspace(_ event: StaticString, _ key: Argument) {
    _ = server_SignalModifiedKey(pointer, key.pointer)
    _ = server_NotifyKeyspaceEvent(pointer, Int32(SERVER_NOTIFY_MODULE), event.cString, key.pointer)
  }

  /// The same for work that goes on after its command, for the key of that.
  public func notifyKeyspace(_ event: StaticString, key: [UInt8]) {
    withKey(key) { notifyKeyspace(event, $0) }
  }

  /// Has only WATCH and client-side caches know, because the work is not at its end.
  public func signalModified(key: [UInt8]) {
    withKey(key) { _ = server_SignalModifiedKey(pointer, $0.pointer) }
  }

  private func withKey(_ key: [UInt8], _ body: (Argument) -> Void) {
    let string = key.withUnsafeBytes { makeString($0) }
    body(Argument(string))
    server_FreeString(nil, string)
  }
}
