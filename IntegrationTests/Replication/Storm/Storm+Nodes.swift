import Glibc
import LiveServer
import MappedArrayClient

// What happens to nodes: links, roles, kills, disks.
extension Storm {
  func change(_ count: Int) throws { for _ in 0..<count { try change() } }

  /// One disturbance, with changes before, meanwhile and after.
  func disturb() throws {
    // The others are among the changes.
    let events = Disturbance.names.filter { has($0.disturbance) && Disturbance.events.contains($0.disturbance) }
    guard let chosen = pick(events) else { return }
    switch chosen.disturbance {
    case .pause: try pause()
    case .failover: try failover()
    case .promote: try promote()
    case .killReplica: try killReplica()
    case .killMaster: try killMaster()
    case .fullDisk: try fillDisk()
    case .synchronize: try synchronize()
    case .outside: try changeOutside()
    case .links: if chance(3) { try addName() }
    case .reload: if hasReload { try publish() }
    case .large: if chance(3) { try mapLarge() } else { try changeLarge() }
    case .flush: if chance(6) { try flush() }
    default: break
    }
  }

  private func flush() throws {
    note("flush")
    try expect(.ok, ["FLUSHALL", chance(2) ? "ASYNC" : "SYNC"])
    for array in arrays { for key in array.keys { unbind(key) } }
    large = nil
  }

  private func pause() throws {
    let isAll = chance(3)
    note("pause: \(isAll ? "ALL" : "WRITE")")
    if has(.outside), chance(2) { try changeOutside() }
    if has(.large), chance(2) { try mapLarge() }
    try expect(.ok, ["CLIENT", "PAUSE", isAll ? 60 : 200, isAll ? "ALL" : "WRITE"])
    if has(.outside) { try changeOutside() }
    for _ in 0..<10 { try look() }
    try expect(.ok, ["CLIENT", "UNPAUSE"])
  }

  private func synchronize() throws {
    guard let replica = pick(replicas), let primary = replica.primary else { return }
    switch number(0..<4) {
    case 0:
      note("synchronize: all in full")
      try send(["DEBUG", "CHANGE-REPL-ID"])
      try send(["CLIENT", "KILL", "TYPE", "REPLICA"])
    case 1:
      note("synchronize: \(replica.number) misses more than the backlog has")
      replica.freeze()
      defer { replica.thaw() }
      try primary.server("CLIENT", "KILL", "TYPE", "REPLICA")
      try change(20)
      try expect(.ok, ["SET", "text", String(repeating: "x", count: 200_000)])
      try change(5)
    case 2:
      note("synchronize: \(replica.number) reconnects")
      try replica.server("CLIENT", "KILL", "TYPE", "MASTER")
    default:
      guard let last = replicas.first(where: { node in !nodes.contains { $0.primary === node } }),
        let other = nodes.first(where: { $0 !== last && $0 !== last.primary })
      else { return }
      note("synchronize: \(last.number) follows \(other.number)")
      try last.follow(other)
    }
    try change(number(0..<40))
  }

  private func fillDisk() throws {
    guard let replica = pick(replicas), let disk = replica.disk else { return }
    note("fullDisk: \(replica.number)")
    try disk.fill(leaving: number(0..<12))
    for array in arrays { array.isSettled = false }
    large?.isSettled = false
    for _ in 0..<number(1..<4) { try growMuch() }
    try change(number(20..<80))
    if has(.large), chance(4) { try mapLarge() }
    try disk.clear()
    note("fullDisk: \(replica.number) has room again")
    if chance(2) { try change(30) }
  }

  /// An array gets more elements than a full disk has room for.
  private func growMuch() throws {
    guard let array = pick(writable), let key = pick(array.writers.sorted()) else { return }
    if !array.isKnown, try !learn(array) { return }
    let blob = array.contents.grow(by: 20_000, using: &generator)
    try expect(.integer(20_000), ["MMAP.APPEND", key, blob], about: array)
  }

  private func killReplica() throws {
    guard let replica = pick(replicas), let primary = replica.primary else { return }
    note("killReplica: \(replica.number)")
    if chance(3) { try replica.server("BGSAVE") }
    replica.kill()
    try change(number(0..<60))
    try replica.server.start()
    try replica.follow(primary)
    note("killReplica: \(replica.number) is back")
  }

  /// What a master records of bindings is on the disk.
  private func secureBindings() throws {
    let node = master
    guard node.usesAOF else {
      return try wait("node \(node.number) saves") { try node.server("SAVE") == .ok }
    }
    try wait("node \(node.number) has written its AOF") {
      let fields = try node.server.information("persistence")
      return fields["aof_rewrite_in_progress"] == "0" && fields["aof_rewrite_scheduled"] == "0"
        && fields["aof_enabled"] == "1"
    }
  }

  private func killMaster() throws {
    let node = master
    try secureBindings()
    let missed = chance(3) ? pick(bound.filter { !$0.hasLink }) : nil
    note("killMaster: \(node.number)\(missed.map { ", which misses \($0.path) then" } ?? "")")
    node.kill()
    if let missed { Glibc.rename(node.path(missed.path), node.path("away")) }
    try node.server.start()
    guard let missed, let key = missed.keys.sorted().first else { return }
    missed.isSettled = false
    let reply = try send(["VCOUNT", key], about: missed)
    guard reply.errorText?.contains("No such file") == true else { throw failure("a missing file: \(reply)", missed) }
    Glibc.rename(node.path("away"), node.path(missed.path))
    try expect(.integer(missed.contents.count), ["VCOUNT", key], about: missed)
  }
}
