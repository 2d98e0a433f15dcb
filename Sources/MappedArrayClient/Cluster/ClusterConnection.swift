import Glibc

/// Connections to the nodes of a Redis or Valkey cluster. Commands go to the node that serves their key, and follow it
/// while slots move from node to node or a replica is promoted.
///
/// Calls block the thread, and a connection serves one thread at a time, as ``Connection``.
///
/// ```swift
/// let cluster = try ClusterConnection(to: [.tcp(host: "localhost", port: 7000)], timeout: .seconds(5))
/// try cluster("MMAP", "prices", "prices.npy", "f32")
/// let prices = try cluster.array("prices", of: Float.self)
/// try prices.run { array throws(ClientError) in try array.append(contentsOf: [20.5, 21]) }
/// ```
public final class ClusterConnection {
  private let seeds: [Address]
  private let patience: Duration
  private let connect: (Address) throws(ClientError) -> Connection
  private var connections: [Address: Connection] = [:]
  private var slots = SlotMap()

  /// Asks one of the nodes which of them serves what.
  ///
  /// - Parameters:
  ///   - seeds: where some nodes of the cluster listen.
  ///   - timeout: how long connecting to a node, and any wait for it, may last.
  ///   - patience: how long a call looks for a node that serves its key, while nobody does or it moves.
  ///   - user: the user that `password` belongs to, `default` if nil.
  ///   - password: the user's password; none is sent if nil.
  ///   - protocolVersion: the version that replies come in.
  /// - Throws: what the last of them said if none could be asked.
  public init(
    to seeds: [Address], timeout: Duration = .seconds(5), patience: Duration = .seconds(30), user: String? = nil,
    password: String? = nil, protocolVersion: ProtocolVersion = .resp3
  ) throws(ClientError) {
    self.seeds = seeds
    self.patience = patience
    connect = { address throws(ClientError) in
      try Connection(
        to: address, timeout: timeout, user: user, password: password, protocolVersion: protocolVersion)
    }
    try refresh()
  }

  /// The nodes that serve slots, as far as is known.
  public var masters: [Address] { slots.masters }

  /// The node that serves a key, as far as is known.
  public func master(of key: some ArgumentConvertible) -> Address? { slots[HashSlot.of(key)] }

  /// Sends a command whose first argument behind its name is its key, and returns the reply.
  ///
  /// - Throws: `ClientError.server` if the server refuses it; see ``run(_:mayRepeat:_:)`` for the others.
  @discardableResult
  public func callAsFunction(
    _ name: Argument, _ key: some ArgumentConvertible, _ arguments: any ArgumentConvertible...
  ) throws(ClientError) -> Reply {
    let words = [name, key.argument] + arguments.map(\.argument)
    return try run(key) { node throws(ClientError) in try node.checked(node.send(words)) }
  }

  /// Lends the connection to the node that serves `key` to `body`.
  ///
  /// When the node says that another serves the key, `body` runs again with that one's. So it should send one command:
  /// one that follows may be sent twice, and while the slot moves a node replies to the first only.
  ///
  /// - Parameters:
  ///   - key: the key, which decides upon the node.
  ///   - mayRepeat: whether `body` may also run again when a connection breaks, and nobody knows whether the node has
  ///     done what it was asked to: true for what only reads.
  ///   - body: gets the connection, for as long as it runs.
  /// - Throws: what `body` throws. `ClientError.connection` and `.timeout` end one call; the next finds its way anew.
  public func run<Value>(
    _ key: some ArgumentConvertible, mayRepeat: Bool = false, _ body: (Connection) throws(ClientError) -> Value
  ) throws(ClientError) -> Value {
    let slot = HashSlot.of(key)
    var attempts = Attempts(patience)
    var asked: Address?
    while true {
      // A node that does not serve the slot says who does, or that nobody does.
      guard let address = asked ?? slots[slot] ?? slots.masters.first ?? seeds.first else { throw Self.noNode }
      let isAsking = asked != nil
      asked = nil
      let node: Connection
      do throws(ClientError) {
        node = try connection(to: address)
      } catch {
        // Nothing was sent: whoever takes the node's place can be asked.
        try attempts.fail(error)
        try? refresh()
        continue
      }
      do throws(ClientError) {
        if isAsking { try node.checked(node.send(["ASKING"])) }
        return try body(node)
      } catch {
        let redirection = Redirection(error, askedAt: address)
        if node.failure != nil { connections[address] = nil }
        guard redirection != nil || mayRepeat && node.failure != nil else { throw error }
        switch redirection {
        case .ask(let target):
          try attempts.redirect(error)
          asked = target
        case .moved(let slot, let target):
          try attempts.redirect(error)
          try? refresh()
          // The node knows better than the one that was asked for the map.
          slots.move(slot, to: target)
        case .wait, nil:
          try attempts.fail(error)
          try? refresh()
        }
      }
    }
  }

  /// Asks the nodes again which of them serves what. Calls do it by themselves when a node sends them elsewhere.
  public func refresh() throws(ClientError) {
    var failure = Self.noNode
    for address in slots.masters + seeds.filter({ !slots.masters.contains($0) }) {
      do throws(ClientError) {
        slots = try SlotMap(connection(to: address)("CLUSTER", "SLOTS"), askedAt: address)
        // Nodes that serve nothing any more.
        connections = connections.filter { slots.masters.contains($0.key) || seeds.contains($0.key) }
        return
      } catch {
        connections[address] = nil
        failure = error
      }
    }
    throw failure
  }

  private static let noNode = ClientError.connection(code: 0, message: "no node of the cluster is known")

  /// The connection to a node, which is made if need be.
  func connection(to address: Address) throws(ClientError) -> Connection {
    if let connection = connections[address], connection.failure == nil { return connection }
    let connection = try connect(address)
    connections[address] = connection
    return connection
  }

  /// The node that serves `key`, with its connection; nil if there is none at the moment.
  func knownNode(of key: Argument) -> Connection? {
    slots[HashSlot.of(key)].flatMap { try? connection(to: $0) }
  }
}

/// How often a call was sent elsewhere or in vain, and for how long.
private struct Attempts {
  private let deadline: ContinuousClock.Instant
  /// Microseconds.
  private var pause: UInt32 = 1000
  private var redirections = 0

  init(_ patience: Duration) {
    deadline = .now + patience
  }

  /// - Throws: `error` if it was the last straw.
  mutating func fail(_ error: ClientError) throws(ClientError) {
    guard ContinuousClock.now < deadline else { throw error }
    usleep(pause)
    pause = min(2 * pause, 50_000)
  }

  /// Nodes that are not of one mind may send a call to and fro for a while.
  mutating func redirect(_ error: ClientError) throws(ClientError) {
    redirections += 1
    if redirections > 5 { try fail(error) }
  }
}
