import Glibc
import MappedArray

/// What a process writes of arrays beside their bindings when the server saves in it.
enum SavingPlan {
  /// Nothing: the file has the elements. For this server's own restart.
  case bindings
  /// The contents, with the first of an array's keys: for a replica.
  case synchronization
  /// The contents, with every key: for DUMP and MIGRATE.
  case payload
}

/// The plan by which this process saves: a value that is decided for the server by what it begins to do, and for each
/// child once, before it is forked.
final class Saving {
  private(set) var plan = SavingPlan.payload
  /// Whether what this child rewrites as commands is for another node that slots move to.
  private(set) var exportsSlots = false
  /// Arrays whose contents this child has written.
  private var written: Swift.Set<FileIdentity> = []

  /// The server itself begins to save, or has ended.
  func begin() { plan = .bindings }
  func end() { plan = .payload }

  /// This process is a child.
  ///
  /// - Parameters:
  ///   - isAwaited: whether a replica waits for a full synchronisation, as of the fork.
  ///   - movesSlots: whether slots are moving away, as of the fork. That child has the keys written as for an AOF, and
  ///     nothing else tells it from a child that writes one, but that this one says so: see `rewrites()`.
  func beginChild(isAwaited: Bool, movesSlots: Bool) {
    plan = isAwaited ? .synchronization : .bindings
    exportsSlots = movesSlots
    written = []
  }

  /// This process writes an append-only file.
  func beginRewrite() { exportsSlots = false }

  /// Notes that the contents of an array are being written.
  ///
  /// - Returns: false if this process has written them before.
  func claimContents(of array: ServedArray) -> Bool { written.insert(array.identity).inserted }
}
