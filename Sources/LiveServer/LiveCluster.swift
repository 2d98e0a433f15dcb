import Glibc
import MappedArrayClient

/// A cluster of real servers for one test: masters that share all slots, each with a replica, on ports of this machine,
/// and each in a directory of its own.
public final class LiveCluster: Sendable {
  /// The masters, then a replica of each in the same order, as they were at first.
  public let nodes: [LiveServer]

  /// Starts the servers and makes them a cluster.
  ///
  /// - Parameters:
  ///   - masterCount: how many masters there are; the slots are divided evenly.
  ///   - hasReplicas: whether each has a replica.
  ///   - nodeTimeout: how long a node is silent before the others take it for dead.
  ///   - module, configuration: as for ``LiveServer``.
  /// - Throws: `ProcessError`, with the logs if the cluster does not come up.
  public init(
    masterCount: Int = 3, hasReplicas: Bool = true, nodeTimeout: Duration = .seconds(15),
    module: String? = Environment.module, configuration: [(String, String)] = []
  ) throws(ProcessError) {
    let common = [
      // Masters wait that long before they serve.
      ("cluster-node-timeout", "500"), ("cluster-replica-validity-factor", "0"),
      ("repl-diskless-sync-delay", "0"), ("repl-ping-replica-period", "1"),
    ]
    var nodes: [LiveServer] = []
    for _ in 0..<(hasReplicas ? 2 : 1) * masterCount {
      nodes.append(try LiveServer(module: module, configuration: common + configuration, isClusterNode: true))
    }
    self.nodes = nodes
    do throws(ClientError) {
      try join(masterCount: masterCount)
    } catch {
      throw .client("\(error)", output: nodes.map(\.log).joined(separator: "\n"))
    }
    try wait(for: "the cluster's start") { () throws(ClientError) in try isComplete(masterCount: masterCount) }
    do throws(ClientError) {
      for node in nodes {
        try node.connect()("CONFIG", "SET", "cluster-node-timeout", Int(nodeTimeout / .milliseconds(1)))
      }
    } catch {
      throw .client("\(error)", output: "")
    }
  }

  /// Where the nodes listen.
  public var addresses: [Address] { nodes.compactMap { Self.address(of: $0) } }

  /// Where a node listens for clients of the cluster.
  public static func address(of node: LiveServer) -> Address? {
    node.port.map { .tcp(host: "127.0.0.1", port: $0) }
  }

  /// The node that listens there.
  public func node(at address: Address?) -> LiveServer? { nodes.first { Self.address(of: $0) == address } }

  /// The name that the other nodes know a node by.
  public func identifier(of node: LiveServer) throws(ClientError) -> String {
    try node.connect()("CLUSTER", "MYID", as: String.self)
  }

  /// Moves slots from one master to another with `redis-cli --cluster reshard`.
  public func reshard(_ slotCount: Int, from source: LiveServer, to target: LiveServer) throws {
    // The program refuses to while some node has not heard of an earlier change.
    try wait(for: "all nodes to agree") { () throws(ClientError) in
      let maps = try nodes.map { node throws(ClientError) in try owners(asKnownTo: node) }
      return maps.allSatisfy { $0 == maps.first }
    }
    try Program.run(
      Environment.clientProgram + [
        "--cluster", "reshard", "127.0.0.1:\(source.port ?? 0)", "--cluster-from", identifier(of: source),
        "--cluster-to", identifier(of: target), "--cluster-slots", "\(slotCount)", "--cluster-yes",
      ], in: Environment.chroot)
  }

  /// Ranges of slots with their masters.
  private func owners(asKnownTo node: LiveServer) throws(ClientError) -> Set<String> {
    let ranges = try node.connect()("CLUSTER", "SLOTS", as: [Reply].self).compactMap(\.elements)
    return Set(ranges.map { "\($0.prefix(3))" })
  }

  /// Waits until `condition` holds.
  ///
  /// - Throws: `ProcessError.timeout`, with the logs, if that takes longer than a server's start may.
  public func wait(
    for what: String, atMost patience: Duration = LiveServer.patience * 2,
    _ condition: () throws(ClientError) -> Bool
  ) throws(ProcessError) {
    let deadline = ContinuousClock.now + patience
    var failure = ""
    while ContinuousClock.now < deadline {
      do throws(ClientError) {
        if try condition() { return }
      } catch {
        failure = " (\(error))"
      }
      usleep(10_000)
    }
    throw .timeout(what + failure, output: nodes.map(\.log).joined(separator: "\n"))
  }

  // MARK: - Making a cluster

  private func join(masterCount: Int) throws(ClientError) {
    for (position, node) in nodes.enumerated() {
      let connection = try node.connect()
      try connection("CLUSTER", "SET-CONFIG-EPOCH", position + 1)
      if position < masterCount {
        let first = HashSlot.count * position / masterCount
        let last = HashSlot.count * (position + 1) / masterCount - 1
        try connection("CLUSTER", "ADDSLOTSRANGE", first, last)
      }
      // Each meets each: they would hear of one another, but later.
      for other in nodes[..<position] {
        try connection("CLUSTER", "MEET", "127.0.0.1", Int(other.port ?? 0), Int(other.clusterPort ?? 0))
      }
    }
    for (replica, master) in zip(nodes[masterCount...], nodes) {
      let connection = try replica.connect()
      let identifier = try identifier(of: master)
      let deadline = ContinuousClock.now + LiveServer.patience
      // It has to have met the master.
      while true {
        do throws(ClientError) {
          try connection("CLUSTER", "REPLICATE", identifier)
          break
        } catch {
          guard ContinuousClock.now < deadline else { throw error }
          usleep(10_000)
        }
      }
    }
  }

  /// Whether every node knows that all slots are served, and by whom, and replicas have all data.
  private func isComplete(masterCount: Int) throws(ClientError) -> Bool {
    for (position, node) in nodes.enumerated() {
      let connection = try node.connect()
      let state = try connection("CLUSTER", "INFO", as: String.self).split(whereSeparator: \.isNewline)
      guard state.contains("cluster_state:ok"), state.contains("cluster_known_nodes:\(nodes.count)") else {
        return false
      }
      let ranges = try connection("CLUSTER", "SLOTS", as: [Reply].self)
      let isWhole = ranges.allSatisfy { $0.elements?.count == (nodes.count > masterCount ? 4 : 3) }
      guard ranges.count == masterCount, isWhole else { return false }
      guard position >= masterCount else { continue }
      guard try connection("INFO", "replication", as: String.self).contains("master_link_status:up") else {
        return false
      }
    }
    return true
  }
}
