import DecimalText
import MappedArray
import ModuleWork
import ServerModule

/// Contents on their way to replicas: of files that had some when they were mapped, and of what other programs have
/// appended to raw files. They go in pieces, and only as fast as the replicas take them.
final class Backfill {
  private struct Entry {
    let array: ServedArray
    /// The elements that are still to go.
    var rest: Range<Int>
  }

  private let arrays: ArrayRegistry
  private let stream: ReplicationStream
  private var entries: [Entry] = []
  /// Whether there is a timer for the next piece.
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

  var pendingBytes: Int { entries.reduce(0) { $0 + $1.rest.count * $1.array.elementType.size } }

  /// Sends all that an array holds. What was under way to its path before is not needed any more.
  func addAll(of array: ServedArray, _ context: Context) {
    let path = array.file.path
    entries.removeAll { entry in
      guard entry.array.file.path == path else { return false }
      arrays.release(entry.array)
      return true
    }
    array.replication.count = array.file.count
    add(array, 0..<array.file.count, context)
  }

  private func add(_ array: ServedArray, _ elements: Range<Int>, _ context: Context) {
    guard !elements.isEmpty else { return }
    // The array stays mapped until all is sent, or nobody else is bound to it.
    arrays.retain(array)
    entries.append(Entry(array: array, rest: elements))
    if !isScheduled { scheduleTurn(context) }
  }

  /// Other programs may have lengthened a raw file since the last look: replicas need what they wrote. Only a primary
  /// asks.
  func noticeGrowth(of array: ServedArray, _ context: Context) {
    // An array that cannot be looked at now replies its error to the command that asks.
    guard array.format == .raw, array.replication.isReplicated, stream.isPrimary, let count = try? array.count() else {
      return
    }
    if count > array.replication.count { add(array, array.replication.count..<count, context) }
    array.replication.count = count
  }

  private func scheduleTurn(_ context: Context) {
    isScheduled = true
    context.schedule(afterMilliseconds: Backfill.pause) { [unowned self] context in turn(context) }
  }

  private func turn(_ context: Context) {
    isScheduled = false
    // A replica that comes when nobody reads the stream gets the contents with its full synchronisation.
    if !stream.isPropagating { abandonAll() }
    guard !entries.isEmpty else { return }
    // What may not be sent now is sent afterwards.
    if !Context.mustAvoidReplicaTraffic, stream.largestOutputBuffer(context) < Backfill.maximumBufferedBytes {
      sendPiece(context)
    }
    if !entries.isEmpty { scheduleTurn(context) }
  }

  private func abandonAll() {
    for entry in entries { arrays.release(entry.array) }
    entries = []
  }

  private func sendPiece(_ context: Context) {
    let array = entries[0].array
    // Half a change must not go out: the rest of it is not sent.
    guard array.unfinishedChange == nil else { return entries.append(entries.removeFirst()) }
    let piece = entries[0].rest.prefix(Backfill.pieceBytes / array.elementType.size)
    // Without a key there is nobody to send it to.
    let isSent = !arrays.isLastBinding(of: array) && send(piece, of: array, context)
    entries[0].rest = piece.upperBound..<entries[0].rest.upperBound
    if entries[0].rest.isEmpty || !isSent { arrays.release(entries.removeFirst().array) }
  }

  /// Sends what there still is of a piece: `MMAP.BACKFILL key path index blob`.
  ///
  /// - Returns: whether there was anything.
  private func send(_ piece: Range<Int>, of array: ServedArray, _ context: Context) -> Bool {
    do {
      try array.file.checkReadable(piece)
    } catch {
      arrays.recover(array, after: .array(error))
      return false
    }
    return array.file.withPackedElements(in: piece) { bytes in
      guard !bytes.isEmpty else { return false }
      var words = CommandWords()
      words.append(array.replication.key)
      words.append(array.file.path.bytes)
      words.append(integer: piece.lowerBound)
      words.append(bytes)
      context.propagate("MMAP.BACKFILL", words, to: .replicas)
      return true
    }
  }
}

extension CommandWords {
  mutating func append(integer: Int) { NumberText(integer).withBytes { append($0) } }
}
