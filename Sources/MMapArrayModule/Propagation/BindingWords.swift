import DecimalText
import MappedArray
import ServerModule

// What a server records or sends of a binding:
//
//     MMAP.BIND key path type npy|raw|raw:columns writable|readonly [ARRAY name] [FILE name] [state]
//
// ARRAY is what the array is called, where that is not the path: replicas have its file under that name. FILE is what its
// file is called on the server that wrote the line into its AOF, which is that of a replica. The state says what replicas
// have, or get: KNOWN, the array of that name; EMPTY with the dimensions, a new array without elements; FOLLOWS, contents
// in the next messages; ABSENT, no array.

/// What replicas have of the array of a binding.
enum AnnouncedState {
  /// Nothing is said: each node has its own.
  case none
  case known
  case empty(shape: [Int])
  case follows
  case absent
}

extension CommandWords {
  /// What `MMAP.BIND` needs behind the key.
  mutating func append(_ binding: Binding, _ state: AnnouncedState) {
    append(binding.path.bytes)
    append(binding.file.layout)
    append(binding.access.name)
    if let name = binding.file.array?.name, name.path.bytes != binding.path.bytes {
      append("ARRAY")
      append(name.path.bytes)
    }
    if binding.file.path.bytes != binding.path.bytes {
      append("FILE")
      append(binding.file.path.bytes)
    }
    switch state {
    case .none: break
    case .known: append("KNOWN")
    case .empty(let shape):
      append("EMPTY")
      for dimension in shape { append(integer: dimension) }
    case .follows: append("FOLLOWS")
    case .absent: append("ABSENT")
    }
  }

  /// The name of an array in messages about it: path type npy|raw.
  mutating func append(_ name: ArrayName) {
    append(name.path.bytes)
    append(name.layout)
  }

  /// Type npy|raw|raw:columns.
  mutating func append(_ layout: ArrayLayout) {
    append(layout.elementType.name)
    append(layout.format.name + (layout.columns.map { ":\($0)" } ?? ""))
  }

  mutating func append(integer: Int) { NumberText(integer).withBytes { append($0) } }
}

extension BoundFile {
  /// What this server's AOF says of it.
  var recordedState: AnnouncedState {
    switch state {
    case .attached, .detached: .none
    case .incoming, .absent: .absent
    }
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

extension Propagation {
  /// Propagates a binding that a client has made.
  ///
  /// - Parameter isKnown: whether replicas have the array for sure, because a key that is there is bound to it.
  func propagate(_ binding: Binding, to array: ServedArray, isKnown: Bool, by call: Call) {
    var state = AnnouncedState.none
    if binding.access == .writable {
      array.replication.key = Array(call.key.bytes)
      state = announcement(of: array, isKnown: isKnown, call.context)
    }
    var words = CommandWords(call.key)
    words.append(binding, state)
    call.context.propagate("MMAP.BIND", words, to: .everyone)
  }

  private func announcement(of array: ServedArray, isKnown: Bool, _ context: Context) -> AnnouncedState {
    guard stream.isPropagating else {
      // Whoever follows this server one day gets it with a full synchronisation.
      backfill.announceNothing(of: array)
      return .none
    }
    if array.replication.isAnnounced, isKnown { return .known }
    if array.file.count == 0 {
      backfill.announceNothing(of: array)
      return .empty(shape: array.file.shape)
    }
    (array.replication.isAnnounced, array.replication.isHeld) = (false, false)
    backfill.announceSoon(array, context)
    return .follows
  }

  /// Records a binding as it is here, in the AOF.
  func record(_ binding: Binding, by call: Call) {
    var words = CommandWords(call.key)
    words.append(binding, binding.file.recordedState)
    call.context.propagate("MMAP.BIND", words, to: .everyone)
  }
}
