import CModuleShim
import Glibc
import MappedArray

/// What the server is doing, as far as it matters to bindings, and what is done at its turning points.
final class Lifecycle {
  /// Why bindings are being loaded.
  enum Loading {
    /// They are not, or by a command such as RESTORE.
    case none
    /// After a restart, or DEBUG RELOAD: the files are what they are.
    case restart
    /// From a master: its contents replace those here.
    case fullSynchronization
  }

  fileprivate(set) var loading = Loading.none
  /// Whether the server saves an RDB file itself, and not in a child.
  fileprivate(set) var isSaving = false

  /// How many of Valkey's slot migrations are taking keys away from here.
  private(set) var slotExports = 0
  /// Whether this process, which is a child then, writes an AOF.
  private var writesAOF = false
  private let process = getpid()

  /// The one that the server runs on, and saves from.
  private var mainThread = pthread_self()

  /// What the present child has decided, and the arrays that it has saved with contents.
  private var child: (process: pid_t, savesContents: Bool, saved: Swift.Set<FileIdentity>) = (0, false, [])

  /// Whether the contents of an array are saved with its binding: in a child for a replica, for the first of its keys;
  /// and for DUMP, which neither a child nor SAVE calls.
  func savesContents(of array: ServedArray, _ context: OpaquePointer?) -> Bool {
    guard Int(server_GetContextFlags(context)) & SERVER_CONTEXT_CHILD != 0 else {
      array.work.unfinishedChange?.complete()
      return !isSaving
    }
    if child.process != getpid() { child = (getpid(), Replication.awaitsContents(context), []) }
    return child.savesContents && child.saved.insert(array.identity).inserted
  }

  /// Whether this is the child of a slot migration. It has the keys written as for an AOF, and nothing else tells it from
  /// a child that writes one.
  var exportsSlots: Bool { slotExports > 0 && getpid() != process && !writesAOF }

  /// Whether this child comes to the array for the first time.
  func isFirstExport(of array: ServedArray) -> Bool {
    if child.process != getpid() { child = (getpid(), true, []) }
    return child.saved.insert(array.identity).inserted
  }

  /// Whether this is a child that saves contents, as far as `savesContents` has been asked.
  var savesForReplica: Bool { child.process == getpid() && child.savesContents }

  func start(_ context: OpaquePointer?) {
    subscribe(context, SERVER_EVENT_SHUTDOWN) { _, _, _, _ in
      // Replicas have been told of changes that are under way.
      Module.current.work.completeChanges()
      Module.current.flusher.finish()
      Module.current.arrays.trimAll()
    }
    subscribe(context, SERVER_EVENT_LOADING) { _, _, phase, _ in Module.current.lifecycle.loads(Int(phase)) }
    subscribe(context, SERVER_EVENT_ASYNCHRONOUS_LOADING) { _, _, phase, _ in
      Module.current.lifecycle.loadsAsynchronously(Int(phase))
    }
    subscribe(context, SERVER_EVENT_PERSISTENCE) { _, _, phase, _ in
      switch Int(phase) {
      case SERVER_PERSISTENCE_AOF_START: Module.current.lifecycle.writesAOF = true
      case SERVER_PERSISTENCE_SAVE_START, SERVER_PERSISTENCE_AOF_SAVE_START: Module.current.lifecycle.isSaving = true
      case SERVER_PERSISTENCE_ENDED, SERVER_PERSISTENCE_FAILED: Module.current.lifecycle.isSaving = false
      default: break
      }
    }
    subscribe(context, SERVER_EVENT_SLOT_MIGRATION) { context, _, phase, _ in
      Module.current.lifecycle.migratesSlots(Int(phase), context)
    }
    subscribe(context, SERVER_EVENT_ROLE_CHANGED) { context, _, _, _ in Module.current.replication.update(context) }
    subscribe(context, SERVER_EVENT_REPLICA_CHANGE) { context, _, _, _ in Module.current.replication.update(context) }
    // Once the server has loaded its data and before it serves anybody.
    _ = server_CreateTimer(
      context, 0,
      { context, _ in
        Module.current.replication.update(context)
        Module.current.replication.forgetHistory(context)
      }, nil)
    // `CONFIG SET crash-log-enabled` puts the server's own handler in front.
    subscribe(context, SERVER_EVENT_CONFIGURATION) { _, _, _, _ in FaultGuard.install() }
    scheduleSecond(context)
    mainThread = pthread_self()
    pthread_atfork(
      {
        let lifecycle = Module.current.lifecycle
        if pthread_equal(pthread_self(), lifecycle.mainThread) != 0 { lifecycle.prepareFork() }
      }, nil, nil)
  }

  /// The child that is forked now may save for a replica. It must find every change finished, and from now on changes
  /// must be sent.
  private func prepareFork() {
    Module.current.work.completeChanges()
    Module.current.replication.update(nil)
  }

  /// About once a second.
  private func everySecond(_ context: OpaquePointer?) {
    if FlushPolicy.current == .everysec { Module.current.flusher.flushDirty() }
    Module.current.replication.update(context)
    if Module.current.replication.isRecorded {
      for array in Module.current.arrays.all { Module.current.shipments.noticeGrowth(of: array, context) }
    }
    scheduleSecond(context)
  }

  private func scheduleSecond(_ context: OpaquePointer?) {
    _ = server_CreateTimer(context, 1000, { context, _ in Module.current.lifecycle.everySecond(context) }, nil)
  }

  private func loads(_ phase: Int) {
    switch phase {
    case SERVER_LOADING_RDB_START where Module.current.hasMark:
      log(nil, .notice, "a full synchronisation was interrupted: the contents in the RDB file are installed")
      loading = .fullSynchronization
    case SERVER_LOADING_RDB_START, SERVER_LOADING_AOF_START: loading = .restart
    case SERVER_LOADING_REPLICATION_START: beginSynchronization()
    default: endLoading(installing: phase == SERVER_LOADING_ENDED)
    }
  }

  private func loadsAsynchronously(_ phase: Int) {
    switch phase {
    case SERVER_ASYNCHRONOUS_LOADING_STARTED: beginSynchronization()
    default: endLoading(installing: phase == SERVER_ASYNCHRONOUS_LOADING_COMPLETED)
    }
  }

  private func migratesSlots(_ phase: Int, _ context: OpaquePointer?) {
    switch phase {
    case SERVER_SLOT_EXPORT_STARTED: slotExports += 1
    case SERVER_SLOT_EXPORT_ABORTED, SERVER_SLOT_EXPORT_COMPLETED: slotExports = max(0, slotExports - 1)
    default: return
    }
    Module.current.replication.update(context)
  }

  private func beginSynchronization() {
    loading = .fullSynchronization
    Module.current.staging.beginSynchronization()
  }

  private func endLoading(installing: Bool) {
    if loading == .fullSynchronization { Module.current.staging.endSynchronization(installing: installing) }
    loading = .none
  }

  private func subscribe(_ context: OpaquePointer?, _ event: Int, _ function: @escaping ServerEventFunction) {
    _ = server_SubscribeToServerEvent(
      context, ServerEvent(identifier: UInt64(event), data_version: 1), function)
  }
}
