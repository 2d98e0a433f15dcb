/// What replicas know of an array. Propagation's.
struct ReplicationState {
  /// Whether replicas have its contents, or get them with what has been sent or saved for them. Until then changes need not
  /// be sent: the contents are sent as they are by then.
  var isAnnounced = false {
    didSet { if isAnnounced { isHeld = true } }
  }
  /// Whether replicas have some whole contents of it, these or older ones.
  var isHeld = false
  /// How many elements of a raw file replicas know of, or will with what is on its way to them.
  var count = 0
  /// What other programs have added to a raw file before a change, and goes with it.
  var gap = 0..<0
  /// The beginning of a raw file as it was seen last, which tells a file that was written anew from one that has grown;
  /// nil if a change of our own may have been made since.
  var beginning: [UInt8]?
  /// A key that it is bound to, or was before that was renamed. In a cluster both are in one slot, and what follows a slot
  /// that moves is told by a key.
  var key: [UInt8] = []
}
