/// What replicas know of an array.
struct ReplicationState {
  /// Whether they have been told of it, or get it with a full synchronisation.
  var isReplicated = false
  /// How many elements of a raw file they know of, or will with what is on its way to them.
  var replicatedCount: Int
  /// A key that it is bound to, or was before that was renamed. In a cluster both are in one slot, and what follows a slot
  /// that moves is told by a key.
  var key: [UInt8] = []

  init(replicatedCount: Int) { self.replicatedCount = replicatedCount }
}
