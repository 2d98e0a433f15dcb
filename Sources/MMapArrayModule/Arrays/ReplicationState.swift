/// What replicas know of an array. Propagation's.
struct ReplicationState {
  /// Whether replicas have been told of it, or get it with a full synchronisation.
  var isReplicated = false
  /// How many elements of a raw file replicas know of, or will with what is on its way to them.
  var count = 0
  /// A key that it is bound to, or was before that was renamed. In a cluster both are in one slot, and what follows a slot
  /// that moves is told by a key.
  var key: [UInt8] = []
}
