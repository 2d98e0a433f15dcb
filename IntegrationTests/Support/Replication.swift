import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Waits until a condition holds; records an issue if that takes too long.
func eventually(
  _ what: String, atMost patience: Duration = LiveServer.patience, sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () throws -> Bool
) throws {
  let deadline = ContinuousClock.now + patience
  while ContinuousClock.now < deadline {
    if try condition() { return }
    usleep(3000)
  }
  Issue.record("not in time: \(what)", sourceLocation: sourceLocation)
}

/// What the tests of replication ask of a server.
extension ModuleServer {
  /// A server that others can follow.
  static func node(
    _ configuration: [(String, String)] = [], program: [String] = Environment.program, moduleArguments: [String] = []
  ) throws -> ModuleServer {
    let quick = [("repl-diskless-sync-delay", "0"), ("repl-ping-replica-period", "1"), ("latency-tracking", "no")]
    return try ModuleServer(
      program: program, configuration: quick + configuration, moduleArguments: moduleArguments, listensOnTCP: true)
  }

  /// The fields of a section of `INFO`.
  func information(_ section: String) throws -> [String: String] {
    let text = try connection("INFO", section, as: String.self)
    return text.split(whereSeparator: \.isNewline).reduce(into: [:]) { fields, line in
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { fields[String(parts[0])] = String(parts[1]) }
    }
  }

  func number(_ field: String, of section: String) throws -> Int {
    try #require(try information(section)[field].flatMap { Int($0) })
  }

  /// Saves, as soon as the child that served a replica has ended, which may be after the replica has all.
  func save() throws {
    try eventually("it is saved") { try self("SAVE") == .ok }
  }

  /// Makes this server a replica of another.
  func follow(_ master: ModuleServer) throws {
    #expect(try self("REPLICAOF", "127.0.0.1", Int(try #require(master.live.port))) == .ok)
  }

  /// Makes this server a replica and waits until it has all that the master has.
  func join(_ master: ModuleServer) throws {
    try follow(master)
    try catchUp(with: master)
  }

  /// Waits until this server has all that the master has.
  func catchUp(with master: ModuleServer, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try eventually("a replica catches up", sourceLocation: sourceLocation) {
      let (mine, theirs) = (try information("replication"), try master.information("replication"))
      // A replica may not have noticed yet that its master is another.
      guard mine["master_link_status"] == "up", mine["master_replid"] == theirs["master_replid"],
        try master.number("mmaparray_shipping_bytes", of: "mmaparray") == 0,
        let offset = mine["slave_repl_offset"].flatMap({ Int($0) }),
        let end = try master.information("replication")["master_repl_offset"].flatMap({ Int($0) })
      else { return false }
      return offset >= end
    }
  }

  func digests(_ keys: [String]) throws -> [String] {
    try connection.checkedElements(["DEBUG", "DIGEST-VALUE"] + keys)
  }

  /// Kilobytes of memory of the process that belong to no file.
  func anonymousMemory() throws -> Int {
    let status = try Files.text("/proc/\(live.processIdentifier)/status")
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
    return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
  }
}

extension Connection {
  fileprivate func checkedElements(_ words: [String]) throws -> [String] {
    let reply = try send(words.map(\.argument))
    return try #require(reply.elements, "\(reply)").map { $0.text ?? "" }
  }
}

/// Whether replicas have the same keys with the same contents, in their own files too.
func expectSame(
  _ master: ModuleServer, _ replicas: [ModuleServer], keys: [String], _ comment: Comment? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let digests = try master.digests(keys)
  for replica in replicas {
    try replica.catchUp(with: master, sourceLocation: sourceLocation)
    #expect(try replica.digests(keys) == digests, comment, sourceLocation: sourceLocation)
    #expect(try replica("DBSIZE") == master("DBSIZE"), comment, sourceLocation: sourceLocation)
  }
}
