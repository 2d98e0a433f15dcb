import CModuleShim
import MappedArray

/// Contents on their way to replicas: of files that had some when they were mapped, and of what other programs have
/// appended to raw files. They go in pieces, and only as fast as the replicas take them.
final class Shipments {
  private struct Shipment {
    let array: ServedArray
    /// The elements that are still to go.
    var rest: Range<Int>
  }

  private var shipments: [Shipment] = []
  /// Whether there is a timer for the next piece.
  private var isScheduled = false

  /// Bytes of a piece, and of a replica's output buffer above which it gets no more.
  private static let pieceBytes = 4 << 20
  private static let mostBufferedBytes = 16 << 20
  /// Between two pieces, in milliseconds. Each is sent in a turn of its own: two commands in one would leave an empty
  /// transaction in the AOF.
  private static let pause: Int64 = 5

  var pendingBytes: Int { shipments.reduce(0) { $0 + $1.rest.count * $1.array.elementType.size } }

  /// Ships all that an array holds. What was under way to its path before is not needed any more.
  func addAll(of array: ServedArray, _ context: OpaquePointer?) {
    let path = array.file.path
    shipments.removeAll { shipment in
      guard shipment.array.file.path == path else { return false }
      Module.current.arrays.release(shipment.array)
      return true
    }
    let count = array.file.count
    array.replication.replicatedCount = count
    add(array, 0..<count, context)
  }

  private func add(_ array: ServedArray, _ elements: Range<Int>, _ context: OpaquePointer?) {
    guard !elements.isEmpty else { return }
    // The array stays mapped until all is sent, or nobody else is bound to it.
    Module.current.arrays.retain(array)
    shipments.append(Shipment(array: array, rest: elements))
    if !isScheduled { scheduleTurn(context) }
  }

  /// Other programs may have lengthened a raw file since the last look: replicas need what they wrote. Only a master asks.
  func noticeGrowth(of array: ServedArray, _ context: OpaquePointer?) {
    // An array that cannot be looked at now answers its error to the command that asks.
    guard array.format == .raw, array.replication.isReplicated, Module.current.replication.isMaster,
      let count = try? array.count()
    else { return }
    if count > array.replication.replicatedCount { add(array, array.replication.replicatedCount..<count, context) }
    array.replication.replicatedCount = count
  }

  private func scheduleTurn(_ context: OpaquePointer?) {
    isScheduled = true
    _ = server_CreateTimer(context, Shipments.pause, { context, _ in Module.current.shipments.turn(context) }, nil)
  }

  private func turn(_ context: OpaquePointer?) {
    isScheduled = false
    // A replica that comes when nobody records the stream gets the contents with its full synchronisation.
    if !Module.current.replication.isRecorded { abandonAll() }
    guard !shipments.isEmpty else { return }
    if Replication.largestBuffer(context) < Shipments.mostBufferedBytes { sendPiece(context) }
    if !shipments.isEmpty { scheduleTurn(context) }
  }

  private func abandonAll() {
    for shipment in shipments { Module.current.arrays.release(shipment.array) }
    shipments = []
  }

  private func sendPiece(_ context: OpaquePointer?) {
    // Half a change must not go out: the rest of it is not sent.
    guard shipments[0].array.work.unfinishedChange == nil else { return shipments.append(shipments.removeFirst()) }
    let size = shipments[0].array.elementType.size
    let piece = shipments[0].rest.prefix(Shipments.pieceBytes / size)
    let array = shipments[0].array
    // Without a key there is nobody to send it to.
    let isBound = !Module.current.arrays.isLastBinding(of: array)
    let isSent = isBound && send(piece, of: array, context)
    shipments[0].rest = piece.upperBound..<shipments[0].rest.upperBound
    if shipments[0].rest.isEmpty || !isSent {
      let shipment = shipments.removeFirst()
      Module.current.arrays.release(shipment.array)
    }
  }

  /// Sends what there still is of a piece, and returns whether there was anything.
  private func send(_ piece: Range<Int>, of array: ServedArray, _ context: OpaquePointer?) -> Bool {
    do {
      try array.file.checkReadable(piece)
    } catch {
      array.noticeFault(.array(error))
      return false
    }
    return array.file.withPackedElements(in: piece) { bytes in
      guard !bytes.isEmpty else { return false }
      let words = [
        serverString(array.replication.key), serverString(array.file.path.bytes), serverString(piece.lowerBound),
        serverString(bytes),
      ]
      withServerStrings(words) { _ = server_replicate(context, "MMAP.SHIP", "Av", $0.baseAddress, $0.count) }
      return true
    }
  }
}
