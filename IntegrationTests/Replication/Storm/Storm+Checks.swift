import Glibc
import LiveServer
import MappedArrayClient

// What must be true at a quiet point.
extension Storm {
  /// Waits until a condition holds; fails with what is known of the nodes if that takes too long.
  func wait(_ what: String, _ condition: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + LiveServer.patience * 2
    while ContinuousClock.now < deadline {
      do {
        if try condition() { return }
      } catch let error as ClientError {
        throw StormFailure("\(what): \(error)\n\(nodes.compactMap { $0.damage() }.joined(separator: "\n"))")
      }
      usleep(5000)
    }
    let states = nodes.map { node in
      let fields = ((try? node.server.information("replication")) ?? [:]).merging(
        (try? node.server.information("mmaparray")) ?? [:]
      ) { first, _ in first }
      let chosen = fields.filter {
        $0.key.hasPrefix("mmaparray") || $0.key.contains("offset") || $0.key.contains("role") || $0.key.contains("link")
          || $0.key == "master_replid"
      }
      return "node \(node.number): \(chosen.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })"
    }
    throw StormFailure("not in time: \(what)\n\(states.joined(separator: "\n"))")
  }

  private func hasCaughtUp(_ node: StormNode) throws -> Bool {
    let (mine, theirs) = (try node.server.information("replication"), try master.server.information("replication"))
    guard mine["master_link_status"] == "up", mine["master_replid"] == theirs["master_replid"],
      try master.server.shippingBytes() == 0,
      try node.server.information("mmaparray")["mmaparray_detached"] ?? "0" == "0",
      let offset = mine["slave_repl_offset"].flatMap({ Int($0) }),
      let end = try master.server.information("replication")["master_repl_offset"].flatMap({ Int($0) })
    else { return false }
    return offset >= end
  }

  /// Waits until all nodes have the same, and looks whether that is what it must be.
  func checkAll() throws {
    note("quiet")
    for node in nodes { if let damage = node.damage() { throw StormFailure(damage) } }
    // What has been away since the roles changed.
    for array in bound where !array.isKnown { _ = try learn(array) }
    try wait("replicas have caught up") { try replicas.allSatisfy(hasCaughtUp) }
    try checkMaster()
    for replica in replicas { try checkSame(replica) }
    for node in nodes { try checkFiles(node) }
    for node in nodes { if let damage = node.damage() { throw StormFailure(damage) } }
    for array in bound { (array.isSettled, array.hasOutsideChange) = (true, false) }
    large?.isSettled = true
  }

  private func checkMaster() throws {
    let expected = Set(bound.flatMap(\.keys))
    let found = Set(
      try send(["SCAN", 0, "COUNT", 10_000, "TYPE", "mmaparray"]).elements?.last?.elements?.compactMap(\.text) ?? [])
    guard found.subtracting(["large"]) == expected else {
      throw StormFailure("the master's keys are \(found.sorted()), not \(expected.sorted())")
    }
    for array in bound {
      for key in array.keys.sorted() {
        guard case .bulk(let packed) = try send(["MMAP.READ", key]), array.contents.isSame(packed) else {
          throw failure("the master's \(key) has not what was acknowledged", array)
        }
      }
    }
    try checkLarge()
  }

  /// Keys, contents and whether there are times to live.
  private func checkSame(_ replica: StormNode) throws {
    let keys = bound.flatMap(\.keys).sorted() + (large == nil ? [] : ["large"]) + ["text"]
    var different: [String] = []
    do {
      try wait("digests are equal") {
        let theirs = try replica.server.digests(keys)
        different = zip(keys, zip(theirs, try master.server.digests(keys))).filter { $1.0 != $1.1 }.map(\.0)
        return different.isEmpty
      }
    } catch {
      let facts = try different.map { key in
        let states = try nodes.map { node in
          let facts = try node.server("MMAP.INFO", key)
          let words = ["state", "reason", "path", "count"].map { "\($0) \(facts[$0]?.text ?? "-")" }
          return "node \(node.number): \(words.joined(separator: ", "))"
        }
        return """
          \(key) differs on node \(replica.number)\(try firstDifference(of: key, on: replica)):
            \(states.joined(separator: "\n  "))
          \(array(boundTo: key)?.description ?? "")
          """
      }
      throw StormFailure("\(facts.joined(separator: "\n"))\n\(error)")
    }
    guard try replica.server("DBSIZE") == master.server("DBSIZE") else {
      throw StormFailure("node \(replica.number) has other keys: \(try replica.server("KEYS", "*"))")
    }
    for key in keys {
      let (here, there) = (try master.server("PTTL", key), try replica.server("PTTL", key))
      guard (here == .integer(-1)) == (there == .integer(-1)) else {
        throw failure("time to live of \(key): \(here) and on node \(replica.number) \(there)", array(boundTo: key))
      }
    }
  }

  /// Where the elements of a replica are others than the master's, if they are.
  private func firstDifference(of key: String, on replica: StormNode) throws -> String {
    guard case .bulk(let mine) = try master.server("MMAP.READ", key),
      case .bulk(let theirs) = try replica.server("MMAP.READ", key)
    else { return "" }
    guard let byte = zip(mine, theirs).enumerated().first(where: { $1.0 != $1.1 })?.offset else {
      return mine.count == theirs.count
        ? ", though not in its bytes" : ", which has \(theirs.count) bytes of \(mine.count)"
    }
    let start = max(0, byte - 8)
    return " from byte \(byte) on: \(theirs[start...].prefix(24)) where the master has \(mine[start...].prefix(24))"
  }

  /// Each node has the elements in a file of its own, where a restart would find them.
  private func checkFiles(_ node: StormNode) throws {
    for array in bound where !array.hasLink {
      guard let key = array.writers.sorted().first, let path = try node.server("VFILEPATH", key).text,
        let bytes = try? node.bytes(path), array.holds(bytes)
      else { throw failure("the file on node \(node.number) has not what its array has", array) }
      guard path == array.path else { throw failure("node \(node.number) has it as '\(path)'", array) }
    }
  }
}
