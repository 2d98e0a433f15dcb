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
      saving.update(context)
      payloadGuard.look(context)
      stream.changeReplicationID(context)
      resynchronization.noteRole()
    }
    scheduleSecond(context)
    Services.observeForks()
  }

  private func handle(_ event: Event, _ context: Context) {
    switch event {
    case .shutdown:
      // Nothing can be sent any more; replicas get what is done now when they synchronise with the restarted server.
      for change in unfinishedChanges { change.completeUnsent() }
      flusher.finish()
      arrays.trimAll()
    case .loading(.snapshotStarted), .loading(.appendOnlyFileStarted):
      stream.update(context)
      staging.beginRestart()
    case .loading(.synchronizationStarted), .asynchronousLoading(.started): staging.beginSynchronization()
    case .loading(.ended), .asynchronousLoading(.completed):
      staging.end(isComplete: true)
      resynchronization.hasSynchronized()
    case .loading(.failed), .asynchronousLoading(.aborted): staging.end(isComplete: false)
    case .persistence(.rewriteStarted): saving.beginRewrite()
    case .persistence(.saveStarted): saving.begin()
    case .persistence(.ended), .persistence(.failed): saving.end()
    case .slotMigration(.exportStarted):
      stream.beginSlotExport()
      stream.update(context)
    case .slotMigration(.exportAborted), .slotMigration(.exportCompleted):
      stream.endSlotExport()
      stream.update(context)
    case .replicaChanged: stream.update(context)
    case .roleChanged:
      stream.update(context)
      if stream.isPrimary { becomePrimary(context) } else { becomeReplica() }
    // `CONFIG SET crash-log-enabled` puts the server's own handler in front.
    case .configurationChanged:
      FaultGuard.install()
      payloadGuard.look(context)
    }
  }

  private func scheduleSecond(_ context: Context) {
    context.schedule(afterMilliseconds: 1000) { [unowned self] context in
      seconds += 1
      PageHints.expire()
      flusher.flushDirty()
      stream.update(context)
      saving.update(context)
      payloadGuard.look(context)
      propagation.foreignChanges.look(context)
      resynchronization.everySecond(context)
      scheduleSecond(context)
    }
  }

  /// What has not all arrived never stands for an array: its keys stay, here and on all that follow this server now.
  private func becomePrimary(_ context: Context) {
    for file in files.all where file.isOwedByPrimary {
      file.withdraw(.incomplete)
      if let name = file.name { backfill.withdraw(name, file.key, context) }
    }
  }

  /// What is decided elsewhere from now on is not carried on with.
  private func becomeReplica() {
    // What another program has written, and nobody has been sent, must not stand for what the new primary has; and what
    // that sends must not destroy it.
    for file in files.all where file.array.map({ propagation.foreignChanges.isAhead($0) }) == true {
      file.withdraw(.failed("another program has changed it, and this server is a replica now"))
      guard case .file(let path) = file.path else { continue }
      do throws(MappedArrayError) {
        try restoring.clear(path)
      } catch {
        Context.none.log(.warning, "\(quoted(path.bytes)) cannot be set aside: \(error)")
      }
    }
    resynchronization.noteRole()
    backfill.abandonAll()
    for change in unfinishedChanges { change.abandon() }
  }
}
