import MappedArray
import ServerModule

/// Whether anybody may come to read what is propagated, and where this server stands.
///
/// The stream is propagated from the first replica's request on, while there are replicas or a backlog, and while slots
/// migrate to another node. That is asked for before every fork (with which a full synchronisation begins), whenever a
/// role or a replica changes, and once a second; in between it can only be wrong in the harmless direction.
final class ReplicationStream {
  private let arrays: ArrayRegistry
  /// True at the beginning: a restarted primary may have a backlog that replicas resume from.
  private(set) var isPropagating = true
  /// Whether this server follows no other.
  private(set) var isPrimary = true
  /// Whether this server is a replica whose link to its primary is up.
  private(set) var isFollowing = false
  /// How many of Valkey's slot migrations are taking keys away from here.
  private(set) var slotExportCount = 0

  init(_ arrays: ArrayRegistry) { self.arrays = arrays }

  func beginSlotExport() { slotExportCount += 1 }
  func endSlotExport() { slotExportCount = max(0, slotExportCount - 1) }

  /// Asks the server how things are now.
  ///
  /// - Returns: whether a replica waits for a full synchronisation: what is saved now may be for it.
  @discardableResult
  func update(_ context: Context) -> Bool {
    guard let information = context.information("replication") else { return true }
    isPrimary = information["role"] == "master"
    isFollowing = information["master_link_status"] == "up" && information["master_sync_in_progress"] != "1"
    let wasPropagating = isPropagating
    let replicaCount = information.integer("connected_slaves") ?? 0
    isPropagating =
      replicaCount > 0 || (information.integer("repl_backlog_active") ?? 0) > 0 || slotExportCount > 0
    if isPropagating, !wasPropagating { noteCounts() }
    return (0..<replicaCount).contains { index in
      // ip=…,port=…,state=online,offset=…,lag=…
      information["slave\(index)"].map { !$0.contains("state=online") } ?? true
    }
  }

  /// The first replica has yet to get all: all raw arrays as they are now.
  private func noteCounts() {
    for array in arrays.all where array.format == .raw {
      arrays.withArray(array.identity) { array in
        array.noteReplicated(count: (try? array.count()) ?? 0)
      }
    }
  }

  /// The files may hold more than the saved data that has just been loaded knows of, so no replica may go on from there
  /// without a full synchronisation. Only a restarted primary offers that; a replica gets the rest from its primary.
  func changeReplicationID(_ context: Context) {
    guard isPrimary, let information = context.information("replication") else { return }
    guard information["second_repl_offset"] ?? "-1" != "-1",
      arrays.contains(where: { $0.file.access == .writable })
    else { return }
    guard context.call("DEBUG", "CHANGE-REPL-ID") != nil else {
      return context.log(
        .warning, "replicas that were connected before the restart may miss changes: resynchronise them")
    }
  }

  /// Has a replica forget where in its primary's stream it is, so that it gets everything anew. For a moment, in which no
  /// client is served, it is a primary: that makes it forget.
  ///
  /// - Returns: false in a cluster, where that is not to be had; see `dropHeldPrimary`.
  func synchronizeInFull(_ context: Context) -> Bool {
    guard let information = context.information("replication"), let host = information["master_host"],
      let port = information["master_port"], context.call("REPLICAOF", "NO", "ONE") != nil
    else { return false }
    return context.call("REPLICAOF", host, port) != nil
  }

  /// The same in a cluster: a primary that is dropped while it waits is forgotten too. It waits with its next write while
  /// writing clients are paused, and on a replica there are no others.
  ///
  /// - Returns: whether it was waiting, and has been dropped. Until then, to be called every second.
  func dropHeldPrimary(_ context: Context) -> Bool {
    let fields = context.call("CLIENT", "LIST", "TYPE", "MASTER")?.split(separator: " ") ?? []
    guard fields.contains(where: { $0.hasPrefix("flags=") && $0.contains("b") }) else {
      _ = context.call("CLIENT", "PAUSE", "1500", "WRITE")
      return false
    }
    _ = context.call("CLIENT", "KILL", "TYPE", "MASTER")
    _ = context.call("CLIENT", "UNPAUSE")
    return true
  }

  /// The largest output buffer of a replica, in bytes.
  func largestOutputBuffer(_ context: Context) -> Int {
    guard let text = context.call("CLIENT", "LIST", "TYPE", "REPLICA") else { return 0 }
    let sizes = text.split(whereSeparator: { $0 == " " || $0 == "\n" }).compactMap { word in
      word.hasPrefix("omem=") ? Int(word.dropFirst("omem=".count)) : nil
    }
    return sizes.max() ?? 0
  }
}
