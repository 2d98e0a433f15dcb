import MappedArray
import ModuleWork
import ServerModule

/// What replicas have yet to be told of arrays, and their contents on their way.
///
/// Everything is sent in the event loop's own time, and while the server may: not while clients are paused or a failover is
/// under way, and only as fast as the replicas take it. Contents go as `MMAP.CONTENTS`, whole if they are little;
/// otherwise it announces them, and pieces and `MMAP.COMPLETE` follow.
final class Backfill {
  private struct Shipment {
    let array: ServedArray
    /// The first element that is still to go, and the end of what there was at the beginning. What has been added since is
    /// sent as a change.
    var rest: Range<Int>
    /// Whether replicas have the array already, and this is what another program has added to it.
    var isGrowth = false
  }

  private let arrays: ArrayRegistry
  private let stream: ReplicationStream
  /// Arrays whose contents replicas have yet to be told of. Each is held.
  private var unannounced: [ServedArray] = []
  private var shipments: [Shipment] = []
  /// Arrays that replicas must do without, with a key of each.
  private var withdrawn: [(name: ArrayName, key: [UInt8])] = []
  /// Whether there is a timer for the next turn.
  private var isScheduled = false

  /// Bytes of a piece, and of a replica's output buffer above which it gets no more.
  private static let pieceBytes = 4 << 20
  private static let maximumBufferedBytes = 16 << 20
  /// Between two pieces, in milliseconds. Each is sent in a turn of its own: two commands in one would leave an empty
  /// transaction in the AOF.
  private static let pause = 5

  init(_ arrays: ArrayRegistry, _ stream: ReplicationStream) {
    self.arrays = arrays
    self.stream = stream
  }

  /// What is still to go, in bytes; at least one for each thing.
  var pendingBytes: Int {
    unannounced.reduce(0) { $0 + max(1, $1.file.count * $1.elementType.size) } + withdrawn.count
      + shipments.reduce(0) { $0 + max(1, $1.rest.count * $1.array.elementType.size) }
  }

  // MARK: - What is to be sent

  /// Replicas do not have what an array holds now: they are told as soon as may be.
  func announceSoon(_ array: ServedArray, _ context: Context) {
    guard array.file.access == .writable, array.name != nil else { return }
    array.replication.isAnnounced = !stream.isPropagating || !stream.isPrimary
    guard !array.replication.isAnnounced else { return noteCount(of: array) }
    removeShipment(of: array)
    guard !unannounced.contains(where: { $0 === array }) else { return }
    arrays.retain(array)
    unannounced.append(array)
    scheduleTurn(context, afterMilliseconds: 0)
  }

  /// Sends what another program has added to a raw array.
  func sendGrowth(of array: ServedArray, _ context: Context) {
    guard !shipments.contains(where: { $0.array === array }) else { return }
    arrays.retain(array)
    shipments.append(Shipment(array: array, rest: array.replication.count..<array.file.count, isGrowth: true))
    scheduleTurn(context, afterMilliseconds: 0)
  }

  /// Replicas must do without an array from now on.
  func withdraw(_ name: ArrayName, _ key: [UInt8], _ context: Context) {
    guard stream.isPropagating else { return }
    withdrawn.append((name, key))
    scheduleTurn(context, afterMilliseconds: 0)
  }

  /// Announces an array at once, as part of a command that changes it: the contents are as the command left them.
  func announce(_ array: ServedArray, _ context: Context) {
    removeFromUnannounced(array)
    removeShipment(of: array)
    guard let name = array.name else { return }
    let bytes = array.file.count * array.elementType.size
    var words = CommandWords()
    words.append(array.replication.key)
    words.append(name)
    let shape = array.file.shape
    words.append(integer: shape.count)
    for dimension in shape { words.append(integer: dimension) }
    let isWhole = bytes <= Backfill.pieceBytes
    if isWhole {
      guard isReadable(array, 0..<array.file.count) else { return }
      array.file.withPackedElements(in: 0..<array.file.count) { words.append($0) }
    }
    context.propagate("MMAP.CONTENTS", words, to: .replicas)
    array.replication.isAnnounced = true
    noteCount(of: array)
    guard !isWhole else { return }
    array.replication.isHeld = false
    arrays.retain(array)
    shipments.append(Shipment(array: array, rest: 0..<array.file.count))
    scheduleTurn(context, afterMilliseconds: Backfill.pause)
  }

  /// Replicas know all of an array, or nobody asks: nothing is sent.
  func announceNothing(of array: ServedArray) {
    removeFromUnannounced(array)
    removeShipment(of: array)
    array.replication.isAnnounced = true
    noteCount(of: array)
  }

  /// This server is a replica now: it tells nobody anything of its own.
  func abandonAll() {
    for array in unannounced {
      array.replication.isAnnounced = true
      arrays.release(array)
    }
    for shipment in shipments { arrays.release(shipment.array) }
    (unannounced, shipments, withdrawn) = ([], [], [])
  }

  private func removeFromUnannounced(_ array: ServedArray) {
    guard let index = unannounced.firstIndex(where: { $0 === array }) else { return }
    arrays.release(unannounced.remove(at: index))
  }

  private func removeShipment(of array: ServedArray) {
    // Also what went on its way before under that name.
    for shipment in shipments where shipment.array === array || shipment.array.name == array.name {
      arrays.release(shipment.array)
    }
    shipments.removeAll { $0.array === array || $0.array.name == array.name }
  }

  private func noteCount(of array: ServedArray) {
    // Its beginning may be on the disk: it is looked at with the next look at all files.
    array.noteReplicated(count: array.file.count)
  }

  // MARK: - Turns

  private func scheduleTurn(_ context: Context, afterMilliseconds milliseconds: Int) {
    guard !isScheduled else { return }
    isScheduled = true
    context.schedule(afterMilliseconds: milliseconds) { [unowned self] context in turn(context) }
  }

  private func turn(_ context: Context) {
    isScheduled = false
    // A replica that comes when nobody reads the stream gets the contents with its full synchronisation.
    if !stream.isPropagating || !stream.isPrimary { abandonAll() }
    dropUnbound()
    if !Context.mustAvoidReplicaTraffic, stream.largestOutputBuffer(context) < Backfill.maximumBufferedBytes {
      sendNext(context)
    }
    let isMore = !unannounced.isEmpty || !withdrawn.isEmpty
    if isMore || !shipments.isEmpty { scheduleTurn(context, afterMilliseconds: isMore ? 1 : Backfill.pause) }
  }

  /// Without a key there is nobody to send an array to, and another file may have its name.
  private func dropUnbound() {
    let held = unannounced + shipments.map(\.array)
    for array in held where arrays.isLastHolder(of: array) {
      removeFromUnannounced(array)
      removeShipment(of: array)
    }
  }

  private func sendNext(_ context: Context) {
    if !withdrawn.isEmpty {
      let (name, key) = withdrawn.removeFirst()
      var words = CommandWords()
      words.append(key)
      words.append(name)
      context.propagate("MMAP.WITHDRAW", words, to: .everyone)
    } else if let array = unannounced.first {
      // What cannot be read is announced when it has been mapped anew.
      if array.fault == nil, (try? array.count()) != nil { announce(array, context) }
      removeFromUnannounced(array)
    } else if !shipments.isEmpty {
      sendPiece(context)
    }
  }

  /// Sends `MMAP.BACKFILL key name index blob`, or at the end `MMAP.COMPLETE key name`.
  private func sendPiece(_ context: Context) {
    let array = shipments[0].array
    guard let name = array.name else { return arrays.release(shipments.removeFirst().array) }
    var words = CommandWords()
    words.append(array.replication.key)
    words.append(name)
    // It may have become shorter. Of what was added, a change may have taken some with it.
    var rest = shipments[0].rest.clamped(to: 0..<array.file.count)
    let isGrowth = shipments[0].isGrowth
    if isGrowth { rest = rest.clamped(to: array.replication.count..<max(array.replication.count, array.file.count)) }
    let piece = rest.prefix(array.file.wholeRows(within: Backfill.pieceBytes / array.elementType.size))
    guard isReadable(array, piece) else { return arrays.release(shipments.removeFirst().array) }
    if piece.isEmpty {
      guard !isGrowth else { return arrays.release(shipments.removeFirst().array) }
      context.propagate("MMAP.COMPLETE", words, to: .replicas)
      array.replication.isHeld = true
      arrays.release(shipments.removeFirst().array)
    } else {
      words.append(integer: piece.lowerBound)
      array.file.withPackedElements(in: piece) { words.append($0) }
      context.propagate("MMAP.BACKFILL", words, to: .replicas)
      shipments[0].rest = piece.upperBound..<max(piece.upperBound, shipments[0].rest.upperBound)
      if isGrowth { array.noteReplicated(grownTo: piece.upperBound) }
    }
  }

  private func isReadable(_ array: ServedArray, _ range: Range<Int>) -> Bool {
    do {
      try array.file.checkReadable(range)
      return true
    } catch {
      // Mapped anew, it is announced by whoever finds it whole.
      arrays.recover(array, after: .array(error))
      return false
    }
  }
}
