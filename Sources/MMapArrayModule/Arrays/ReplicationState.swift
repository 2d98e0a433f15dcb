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
  fileprivate(set) var count = 0
  /// What other programs have added to a raw file before a change, and goes with it.
  var gap = 0..<0
  /// The first bytes of what replicas know of a raw file, which tell a file that was written anew from one that has grown;
  /// nil if they are not known: then replicas get all of a file that is longer.
  fileprivate(set) var beginning: [UInt8]?
  /// A key that it is bound to, or was before that was renamed. In a cluster both are in one slot, and what follows a slot
  /// that moves is told by a key.
  var key: [UInt8] = []
}

extension ServedArray {
  /// Bytes that tell whether a file that is longer has been written anew.
  private static let beginningBytes = 4096

  /// Replicas know of all elements from now on.
  ///
  /// - Parameter changed: the first element that may be another than they knew.
  func noteReplicated(changedFrom changed: Int = 0) {
    (replication.count, replication.gap) = (file.count, 0..<0)
    let isBehind = changed * file.elementSize >= ServedArray.beginningBytes
    if !isBehind || replication.beginning?.count != beginningSize { noteBeginning() }
  }

  /// Replicas know of so many elements from now on, which are those they knew and others behind them.
  func noteReplicated(grownTo count: Int) {
    // If it has been written anew, that must be seen yet.
    let isSame = hasReplicatedBeginning
    replication.count = count
    if isSame { noteBeginning() }
  }

  /// Replicas know of so many elements; what they are was not looked at.
  func noteReplicated(count: Int) { (replication.count, replication.beginning) = (count, nil) }

  private var beginningSize: Int {
    min(min(replication.count, file.count) * file.elementSize, ServedArray.beginningBytes)
  }

  private func noteBeginning() {
    guard format == .raw else { return }
    file.withPackedElements(in: 0..<file.count) { replication.beginning = Array($0.prefix(beginningSize)) }
  }

  /// Whether the file still begins as replicas know it.
  var hasReplicatedBeginning: Bool {
    guard let beginning = replication.beginning else { return false }
    return file.withPackedElements(in: 0..<file.count) { $0.starts(with: beginning) }
  }
}
