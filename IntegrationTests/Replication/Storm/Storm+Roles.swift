import LiveServer
import MappedArrayClient

// Another node becomes the master: with nothing lost that replicas have had, and no original destroyed.
extension Storm {
  /// `FAILOVER`, which waits for the replica.
  func failover() throws {
    let old = master
    guard let target = replicas.first(where: { $0.primary === old }) else { return }
    if has(.large), chance(3) { try mapLarge() }
    if has(.outside), chance(3) { try changeOutside() }
    let files = rememberFiles()
    note("failover: from \(old.number) to \(target.number)")
    let reply = try send(["FAILOVER", "TO", "127.0.0.1", Int(target.server.live.port ?? 0), "TIMEOUT", 8000])
    // The replica may not be online at the moment.
    guard reply == .ok else { return note("failover: \(short(reply))") }
    var hasFailed = false
    try wait("a failover") {
      let fields = try old.server.information("replication")
      hasFailed = fields["role"] == "master" && fields["master_failover_state"] == "no-failover"
      if hasFailed { return true }
      return try fields["role"] == "slave" && target.server.information("replication")["role"] == "master"
        && fields["master_link_status"] == "up"
    }
    guard !hasFailed else { return note("failover: given up") }
    target.primary = nil
    old.primary = target
    try takeOver(from: old, files)
  }

  /// The master is killed after what a replica has confirmed, and that takes its place.
  func promote() throws {
    let old = master
    guard let target = replicas.first(where: { $0.primary === old }) else { return }
    try wait("node \(target.number) is online") {
      // `WAIT` is for the connection's last write, which may be one of an earlier time as the master, whose offset was
      // larger.
      try old.server("PUBLISH", "storm", "here")
      return try old.server("WAIT", 1, 100) == .integer(1)
        && target.server.information("replication")["master_link_status"] == "up"
    }
    try change(number(0..<20))
    if has(.large), chance(3) { try mapLarge() }
    let others = replicas.filter { $0.primary === old }
    guard others.count == 1 || chance(1) else { return }
    // Which of several has confirmed it is not said.
    guard try old.server("WAIT", others.count, 5000) == .integer(others.count) else { return }
    let files = rememberFiles()
    note("promote: \(target.number) instead of \(old.number)")
    old.kill()
    guard try target.server("REPLICAOF", "NO", "ONE") == .ok else { throw StormFailure("no promotion") }
    target.primary = nil
    for other in others where other !== target { try other.follow(target) }
    old.primary = target
    if chance(2) { try takeOver(from: nil, [:]) }
    try old.server.start()
    try old.follow(target)
    try takeOver(from: old, files)
  }

  /// What the master has in the files of arrays that replicas may not have had in whole.
  private func rememberFiles() -> [String: [UInt8]] {
    let paths = bound.filter { !$0.isSettled }.map(\.path) + (large.map { $0.isSettled ? [] : [$0.path] } ?? [])
    return paths.reduce(into: [:]) { files, path in files[path] = try? master.bytes(path) }
  }

  /// Looks at what the new master has, and settles with it.
  ///
  /// - Parameters:
  ///   - old: the node that was the master, if it runs.
  ///   - files: what it had of arrays that were not settled.
  private func takeOver(from old: StormNode?, _ files: [String: [UInt8]]) throws {
    for array in arrays where array.keys.isEmpty { array.isKnown = false }
    for array in bound {
      guard let key = array.keys.sorted().first else { continue }
      let reply = try send(["MMAP.READ", key], about: array)
      if case .bulk(let packed) = reply {
        // What is there is whole, but for what other programs may have written since.
        if array.isKnown, !array.hasOutsideChange, !array.contents.isSame(packed) {
          throw failure("the new master has other contents of \(key)", array)
        }
        array.contents.take(packed)
        array.isKnown = true
        continue
      }
      guard !array.isSettled else { throw failure("the new master has no \(key): \(short(reply))", array) }
      if let old { try checkOriginal(array.path, old, files) }
      try settle(array)
    }
    guard let large else { return }
    if case .integer = try send(["VCOUNT", "large"]) { return try checkLarge() }
    guard !large.isSettled else { throw StormFailure("the new master has no large file, which had been there") }
    if let old { try checkOriginal(large.path, old, files) }
    try send(["DEL", "large"])
    self.large = nil
  }

  /// A client decides what becomes of an array whose contents had not arrived.
  private func settle(_ array: StormArray) throws {
    guard let key = array.keys.sorted().first else { return }
    if hasReload, case .integer = try send(["MMAP.RELOAD", key], about: array) {
      array.isKnown = false
      _ = try learn(array)
      return
    }
    for key in array.keys.sorted() { try send(["DEL", key], about: array) }
    for key in array.keys { unbind(key) }
    forget(array)
  }

  private func checkOriginal(_ path: String, _ old: StormNode, _ files: [String: [UInt8]]) throws {
    guard let before = files[path] else { return }
    let now = try old.bytes(path)
    // Whoever gives a file up cuts off the room that it has reserved behind the elements.
    guard before.starts(with: now), now.count >= 128 || now == before, before[now.count...].allSatisfy({ $0 == 0 })
    else {
      throw StormFailure(
        "the file '\(path)' of node \(old.number), which was the master's, is destroyed: \(before.count) bytes, "
          + "now \(now.count)")
    }
  }
}
