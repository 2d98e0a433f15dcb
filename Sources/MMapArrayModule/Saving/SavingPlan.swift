import BindingRecords
import MappedArray
import ServerModule

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
  /// The synchronisation that a child saves for.
  private(set) var synchronization: BindingRecord.Synchronization?
  /// How large the contents in a payload may be, in bytes: the server's `proto-max-bulk-len` less what is around them.
  private(set) var mostPayloadBytes = Saving.contents(ofPayload: 512 << 20)
  private var childPlan = SavingPlan.bindings
  /// Arrays whose contents this child has written.
  private var written: Swift.Set<FileIdentity> = []

  /// The server itself begins to save, or has ended.
  func begin() { plan = .bindings }
  func end() { plan = .payload }

  /// Asks the server how large a payload may be.
  func update(_ context: Context) {
    guard let limit = context.call("CONFIG", "GET", "proto-max-bulk-len").flatMap({ Int($0) }) else { return }
    mostPayloadBytes = Saving.contents(ofPayload: limit)
  }

  /// What a payload of so many bytes has room for beside a path and the lengths of pieces.
  private static func contents(ofPayload bytes: Int) -> Int { max(0, bytes - (bytes >> 16) - 8192) }

  /// Whether the contents of an array are more than a payload can hold.
  func isTooLarge(_ array: ServedArray) -> Bool {
    array.file.access == .writable && array.file.count > mostPayloadBytes / array.elementType.size
  }

  /// How many bytes a payload of an array has at most.
  static func payloadBytes(of array: ServedArray) -> Int {
    let bytes = array.file.count * array.elementType.size
    return bytes + bytes >> 16 + 8192
  }

  /// A child is about to be forked.
  ///
  /// - Parameters:
  ///   - isAwaited: whether a replica waits for a full synchronisation, which the child may be for.
  ///   - node: what this server calls itself.
  func prepareChild(isAwaited: Bool, node: UInt64) {
    childPlan = isAwaited ? .synchronization : .bindings
    synchronization = BindingRecord.Synchronization(node: node, number: .random(in: 0 ... .max))
  }

  /// This process is that child.
  ///
  /// - Parameter movesSlots: whether slots are moving away. The child for that has the keys written as for an AOF, and
  ///   nothing else distinguishes it from a child that writes one, but that this one says so: see `beginRewrite()`.
  func beginChild(movesSlots: Bool) {
    plan = childPlan
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
