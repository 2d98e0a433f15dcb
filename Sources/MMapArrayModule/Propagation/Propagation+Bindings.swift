import MappedArray
import ServerModule

// What a server records or sends of a binding: `MMAP.BIND key path type npy|raw writable|readonly [dimension …]`. With a
// shape the array is new to replicas: they make a file of that shape, whatever they have under that path, and its
// contents follow in pieces. Without one it is the array of the path that they have already, or read-only and their own.
extension Propagation {
  /// Propagates a binding that `call` has made or attached; `array` is nil if it is detached.
  func propagate(_ binding: Binding, of array: ServedArray?, by call: Call, to target: PropagationTarget) {
    array?.replication.key = Array(call.key.bytes)
    var words = CommandWords(call.key)
    if binding.access == .writable, let array {
      let isNew = stream.isPropagating && !array.replication.isReplicated && !call.origin.isReplay
      words.append(binding, of: array, includingShape: isNew)
      if isNew { backfill.addAll(of: array, call.context) }
      array.replication.isReplicated = true
    } else {
      words.append(binding)
    }
    call.context.propagate("MMAP.BIND", words, to: target)
  }

  /// A file could be mapped that was missed, or has been cut and is mapped anew: replicas have not what it holds.
  ///
  /// - Returns: false if that may not be said now: it must be tried again.
  func propagateAttached(_ binding: Binding, to array: ServedArray, by call: Call) -> Bool {
    guard stream.isPropagating, !call.origin.isReplay else { return true }
    guard !Context.mustAvoidReplicaTraffic else { return false }
    propagate(binding, of: array, by: call, to: .replicas)
    return true
  }
}

extension CommandWords {
  /// What `MMAP.BIND` needs behind the key to make a binding anew on this server.
  mutating func append(_ binding: Binding) { append(binding, path: binding.path.bytes) }

  /// The same for another server. The file may have several names here; there it has one. With the shape of the array it
  /// is made anew there.
  mutating func append(_ binding: Binding, of array: ServedArray, includingShape: Bool) {
    append(binding, path: array.file.path.bytes)
    if includingShape { for dimension in array.file.shape { append(integer: dimension) } }
  }

  private mutating func append(_ binding: Binding, path: [UInt8]) {
    append(path)
    append(binding.elementType.name)
    append(binding.format.name)
    append(binding.access.name)
  }
}

extension Access {
  /// As in `MMAP.BIND`.
  var name: String {
    switch self {
    case .writable: "writable"
    case .readOnly: "readonly"
    }
  }
}
