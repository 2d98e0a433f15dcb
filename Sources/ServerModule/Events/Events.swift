import CModuleShim

/// What happens to the server; RedisModule_SubscribeToServerEvent.
public enum Event: Sendable {
  /// The server has become a primary or a replica.
  case roleChanged
  /// A replica has come or gone.
  case replicaChanged
  case persistence(PersistencePhase)
  case loading(LoadingPhase)
  /// The same for data that is loaded beside what is served (`repl-diskless-load swapdb`).
  case asynchronousLoading(AsynchronousLoadingPhase)
  /// The server ends in an orderly way.
  case shutdown
  /// `CONFIG SET` has changed something.
  case configurationChanged
  /// Valkey 9 and newer.
  case slotMigration(SlotMigrationPhase)

  public enum PersistencePhase: Sendable {
    /// A child begins to write an append-only file.
    case rewriteStarted
    /// The server itself begins to save.
    case saveStarted
    case ended, failed
  }

  public enum LoadingPhase: Sendable {
    /// From a file, after a restart or `DEBUG RELOAD`.
    case snapshotStarted, appendOnlyFileStarted
    /// From a primary.
    case synchronizationStarted
    case ended, failed
  }

  public enum AsynchronousLoadingPhase: Sendable {
    case started, aborted, completed
  }

  public enum SlotMigrationPhase: Sendable {
    case exportStarted, exportAborted, exportCompleted
  }

  /// What the server hands to an `EventFunction`; nil if it is of no kind above.
  public init?(_ event: ServerEvent, _ phase: UInt64) {
    switch (Int(event.identifier), Int(phase)) {
    case (SERVER_EVENT_ROLE_CHANGED, _): self = .roleChanged
    case (SERVER_EVENT_REPLICA_CHANGE, _): self = .replicaChanged
    case (SERVER_EVENT_PERSISTENCE, SERVER_PERSISTENCE_AOF_START): self = .persistence(.rewriteStarted)
    case (SERVER_EVENT_PERSISTENCE, SERVER_PERSISTENCE_SAVE_START),
      (SERVER_EVENT_PERSISTENCE, SERVER_PERSISTENCE_AOF_SAVE_START):
      self = .persistence(.saveStarted)
    case (SERVER_EVENT_PERSISTENCE, SERVER_PERSISTENCE_ENDED): self = .persistence(.ended)
    case (SERVER_EVENT_PERSISTENCE, SERVER_PERSISTENCE_FAILED): self = .persistence(.failed)
    case (SERVER_EVENT_LOADING, SERVER_LOADING_RDB_START): self = .loading(.snapshotStarted)
    case (SERVER_EVENT_LOADING, SERVER_LOADING_AOF_START): self = .loading(.appendOnlyFileStarted)
    case (SERVER_EVENT_LOADING, SERVER_LOADING_REPLICATION_START): self = .loading(.synchronizationStarted)
    case (SERVER_EVENT_LOADING, SERVER_LOADING_ENDED): self = .loading(.ended)
    case (SERVER_EVENT_LOADING, SERVER_LOADING_FAILED): self = .loading(.failed)
    case (SERVER_EVENT_ASYNCHRONOUS_LOADING, SERVER_ASYNCHRONOUS_LOADING_STARTED): self = .asynchronousLoading(.started)
    case (SERVER_EVENT_ASYNCHRONOUS_LOADING, SERVER_ASYNCHRONOUS_LOADING_ABORTED): self = .asynchronousLoading(.aborted)
    case (SERVER_EVENT_ASYNCHRONOUS_LOADING, SERVER_ASYNCHRONOUS_LOADING_COMPLETED):
      self = .asynchronousLoading(.completed)
    case (SERVER_EVENT_SHUTDOWN, _): self = .shutdown
    case (SERVER_EVENT_CONFIGURATION, _): self = .configurationChanged
    case (SERVER_EVENT_SLOT_MIGRATION, SERVER_SLOT_EXPORT_STARTED): self = .slotMigration(.exportStarted)
    case (SERVER_EVENT_SLOT_MIGRATION, SERVER_SLOT_EXPORT_ABORTED): self = .slotMigration(.exportAborted)
    case (SERVER_EVENT_SLOT_MIGRATION, SERVER_SLOT_EXPORT_COMPLETED): self = .slotMigration(.exportCompleted)
    default: return nil
    }
  }
}

/// Gets events. A C function, which captures nothing: the context, the event and its phase as `Event.init` takes them, and
/// data of the event.
public typealias EventFunction = @convention(c) (OpaquePointer?, ServerEvent, UInt64, UnsafeMutableRawPointer?) -> Void

/// Gets what happens to keys: the context, the class, the event and the key; see `KeyspaceEvent`. A C function, which captures
/// nothing. Returns 0.
public typealias KeyspaceFunction =
  @convention(c) (OpaquePointer?, Int32, UnsafePointer<CChar>?, OpaquePointer?) -> Int32

/// What has happened to a key, of the class `g` of keyspace notifications.
///
/// What is propagated while it is told goes ahead of the command that it is about.
public struct KeyspaceEvent {
  public let context: Context
  public let name: String
  /// Valid as long as the function runs.
  public let key: Argument

  /// Wraps what the server hands to a `KeyspaceFunction`.
  public init(_ context: OpaquePointer?, _ event: UnsafePointer<CChar>?, _ key: OpaquePointer?) {
    self.context = Context(context)
    name = event.map { String(cString: $0) } ?? ""
    self.key = Argument(key)
  }
}

extension Context {
  /// Subscribes a function to what happens to keys of any type: they are deleted, renamed, restored, expire.
  public func subscribeToKeyspaceEvents(_ function: @escaping KeyspaceFunction) {
    _ = server_SubscribeToKeyspaceEvents(pointer, Int32(SERVER_NOTIFY_GENERIC), function)
  }

  /// Subscribes a function to all events that `Event` knows and the server has.
  public func subscribeToEvents(_ function: @escaping EventFunction) {
    let identifiers = [
      SERVER_EVENT_ROLE_CHANGED, SERVER_EVENT_REPLICA_CHANGE, SERVER_EVENT_PERSISTENCE, SERVER_EVENT_LOADING,
      SERVER_EVENT_ASYNCHRONOUS_LOADING, SERVER_EVENT_SHUTDOWN, SERVER_EVENT_CONFIGURATION, SERVER_EVENT_SLOT_MIGRATION,
    ]
    for identifier in identifiers {
      _ = server_SubscribeToServerEvent(
        pointer, ServerEvent(identifier: UInt64(identifier), data_version: 1), function)
    }
  }
}
