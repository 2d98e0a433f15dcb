import MappedArray
import ServerModule

/// Has a replica synchronise in full again, when it could not store what its primary has sent, and now could.
///
/// A node has no other way to ask for something that it missed. Looked at once a second; between two attempts ever more
/// seconds go by, so that a fault that this does not mend costs the primary little.
final class Resynchronization {
  private let files: BoundFiles
  private let stream: ReplicationStream
  /// How often it was asked for.
  private(set) var count = 0
  /// Seconds until the next attempt, and what the wait after it is.
  private var wait = 0
  private var nextWait = 1

  /// Whether the primary is to be dropped with its next write.
  private var isHolding = false

  private static let longestWait = 60

  init(_ files: BoundFiles, _ stream: ReplicationStream) {
    self.files = files
    self.stream = stream
  }

  /// Looks whether something is missing that could be had now.
  func everySecond(_ context: Context) {
    guard !stream.isPrimary, stream.isFollowing else { return }
    if isHolding {
      isHolding = !stream.dropHeldPrimary(context)
      return
    }
    let missing = files.all.filter(\.isToBeMended)
    guard !missing.isEmpty else {
      (wait, nextWait) = (0, 1)
      return
    }
    guard wait == 0 else {
      wait -= 1
      return
    }
    guard missing.contains(where: { canStore($0) }), !Context.mustAvoidReplicaTraffic else { return }
    (wait, nextWait) = (nextWait, min(2 * nextWait, Resynchronization.longestWait))
    count += 1
    context.log(.notice, "\(missing.count) arrays are not what the master has: synchronising in full")
    if !stream.synchronizeInFull(context) { isHolding = !stream.dropHeldPrimary(context) }
  }

  private func canStore(_ file: BoundFile) -> Bool {
    guard case .file(let path) = file.path else { return false }
    let arrays = files.arrays
    guard arrays.root.canReplace(path, isOwn: { arrays.hasLocked($0) }) else { return false }
    // Something fits; whether all does, the synchronisation will show.
    do {
      var staged = try StagedFile(in: arrays.root)
      defer { arrays.root.remove(staged.path) }
      try staged.appendZeros(file.elementType, shape: [max(1, file.missedBytes / file.elementType.size)])
      return true
    } catch {
      return false
    }
  }
}
