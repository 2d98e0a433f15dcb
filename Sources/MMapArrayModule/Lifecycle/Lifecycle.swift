import MappedArray
import ServerModule

// What is done at the server's turning points.
extension Services {
  /// Subscribes to what happens to the server, and begins to look around once a second.
  func start(_ context: Context) {
    flusher.start(context)
    context.subscribeToEvents { context, event, phase, _ in
      guard let event = Event(event, phase) else { return }
      Services.withCurrent { $0.handle(event, Context(context)) }
    }
    // Once the server has loaded its data and before it serves anybody.
    context.schedule(afterMilliseconds: 0) { [unowned self] context in
      stream.update(context)
      stream.changeReplicationID(context)
    }
    scheduleSecond(context)
    Services.observeForks()
  }

  private func handle(_ event: Event, _ context: Context) {
    switch event {
    case .shutdown:
      // Replicas have been sent the changes that are under way.
      work.completeChanges()
      flusher.finish()
      arrays.trimAll()
    case .loading(.snapshotStarted): staging.beginRestart(hasContents: true)
    case .loading(.appendOnlyFileStarted): staging.beginRestart(hasContents: false)
    case .loading(.synchronizationStarted), .asynchronousLoading(.started): staging.beginSynchronization()
    case .loading(.ended), .asynchronousLoading(.completed): staging.end(installing: true)
    case .loading(.failed), .asynchronousLoading(.aborted): staging.end(installing: false)
    case .persistence(.rewriteStarted): saving.beginRewrite()
    case .persistence(.saveStarted): saving.begin()
    case .persistence(.ended), .persistence(.failed): saving.end()
    case .slotMigration(.exportStarted):
      stream.beginSlotExport()
      stream.update(context)
    case .slotMigration(.exportAborted), .slotMigration(.exportCompleted):
      stream.endSlotExport()
      stream.update(context)
    case .roleChanged, .replicaChanged: stream.update(context)
    // `CONFIG SET crash-log-enabled` puts the server's own handler in front.
    case .configurationChanged: FaultGuard.install()
    }
  }

  private func scheduleSecond(_ context: Context) {
    context.schedule(afterMilliseconds: 1000) { [unowned self] context in
      flusher.flushDirty()
      stream.update(context)
      if stream.isPropagating { for array in arrays.all { backfill.noticeGrowth(of: array, context) } }
      scheduleSecond(context)
    }
  }
}
