import MappedArray
import ServerModule

/// What other programs do to raw files, which replicas are to have too: they lengthen them, or cut them and write them anew.
///
/// Looked for before each change of an array, and once a second. Only a primary looks.
final class ForeignChanges {
  private let arrays: ArrayRegistry
  private let stream: ReplicationStream
  private let backfill: Backfill
  /// Files that are still to be looked at in this second.
  private var rest: [FileIdentity] = []

  /// How many files a turn of the event loop looks at: about a millisecond's work.
  private static let turnCount = 500
  /// Bytes of growth that go with the change that follows it.
  private static let mostGrowthBytes = 4 << 20

  init(_ arrays: ArrayRegistry, _ stream: ReplicationStream, _ backfill: Backfill) {
    self.arrays = arrays
    self.stream = stream
    self.backfill = backfill
  }

  /// Looks at all raw arrays, some in each turn of the event loop.
  func look(_ context: Context) {
    guard stream.isPropagating, stream.isPrimary, rest.isEmpty else { return }
    rest = arrays.all.compactMap { $0.format == .raw || !$0.replication.isAnnounced ? $0.identity : nil }
    lookAtSome(context)
  }

  private func lookAtSome(_ context: Context) {
    let now = rest.suffix(ForeignChanges.turnCount)
    rest.removeLast(now.count)
    for identity in now {
      // Not given up meanwhile by a thread that frees keys.
      arrays.withArray(identity) { array in
        if !array.replication.isAnnounced {
          // It has lost a part, and was mapped anew.
          backfill.announceSoon(array, context)
        } else if !growth(of: array, context).isEmpty {
          backfill.sendGrowth(of: array, context)
        }
      }
    }
    if !rest.isEmpty { context.schedule(afterMilliseconds: 1) { [unowned self] context in lookAtSome(context) } }
  }

  /// Whether replicas have an array, and another program has changed it since in a way that they have not been sent.
  func isAhead(_ array: ServedArray) -> Bool {
    guard array.file.access == .writable, array.replication.isHeld else { return false }
    guard array.replication.isAnnounced else { return true }
    return array.format == .raw && (try? array.count()) != array.replication.count
  }

  /// Looks at a raw array that is about to be changed: what it has gained must reach replicas with the change.
  func prepareChange(of array: ServedArray, _ context: Context) {
    let growth = growth(of: array, context)
    array.replication.gap = growth
    if growth.count * array.elementType.size > ForeignChanges.mostGrowthBytes { backfill.announceSoon(array, context) }
  }

  /// Elements of a raw array that replicas do not know of. If more has changed than that, they get all anew.
  private func growth(of array: ServedArray, _ context: Context) -> Range<Int> {
    let nothing = 0..<0
    // An array that cannot be looked at now replies its error to the command that asks.
    guard array.format == .raw, array.replication.isAnnounced, let count = try? array.count() else { return nothing }
    let known = array.replication.count
    guard count != known else {
      if array.replication.beginning == nil { array.noteReplicated() }
      return nothing
    }
    guard count > known, array.hasReplicatedBeginning else {
      backfill.announceSoon(array, context)
      return nothing
    }
    return known..<count
  }
}
