/// A connection for asynchronous code: its calls wait on a thread of its own, never on the pool that tasks share.
///
/// One call is served at a time. A call that waits for the server can't be cancelled; the time-out ends it.
///
/// ```swift
/// let server = try await AsyncConnection(to: .tcp(host: "localhost", port: 6379), timeout: .seconds(5))
/// try await server("VADD", "temperatures", 20.5, 21)
/// let temperatures = try await server.array("temperatures", of: Double.self)
/// let count = try await temperatures.count
/// ```
public actor AsyncConnection {
  private let executor: ThreadExecutor
  /// Nil only before it is made.
  private var connection: Connection?

  /// The thread that the calls wait on.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// Connects; see ``Connection/init(to:timeout:user:password:database:protocolVersion:)``.
  public init(
    to address: Address, timeout: Duration? = nil, user: String? = nil, password: String? = nil, database: Int = 0,
    protocolVersion: ProtocolVersion = .resp3
  ) async throws(ClientError) {
    executor = try ThreadExecutor()
    // An actor's asynchronous initialiser goes on in the actor, here on its thread, once all members are set.
    connection = nil
    connection = try Connection(
      to: address, timeout: timeout, user: user, password: password, database: database,
      protocolVersion: protocolVersion)
  }

  /// Lends the connection to `body`, which runs on its thread; nothing comes in between its calls.
  ///
  /// ```swift
  /// let replies = try await server.run { connection throws(ClientError) in
  ///   try connection.pipeline { $0("VGET", "a", 0); $0("VGET", "b", 0) }
  /// }
  /// ```
  public func run<Value: Sendable>(
    _ body: @Sendable (Connection) throws(ClientError) -> Value
  ) throws(ClientError) -> Value {
    guard let connection else { throw .connection(code: 0, message: "not connected") }
    return try body(connection)
  }

  /// Sends a command and returns its reply.
  ///
  /// - Throws: `ClientError.server` if the server refuses it.
  @discardableResult
  public func callAsFunction(_ arguments: any (ArgumentConvertible & Sendable)...) throws(ClientError) -> Reply {
    let arguments = arguments.map(\.argument)
    return try run { connection throws(ClientError) in try connection.checked(connection.send(arguments)) }
  }

  /// Binds to a key that is mapped already; see ``RemoteArray/init(_:on:)``.
  public func array<Element: ArrayElement>(
    _ key: String, of type: Element.Type
  ) throws(ClientError) -> AsyncRemoteArray<Element> {
    try run { connection throws(ClientError) in _ = try RemoteArray<Element>(key, on: connection) }
    return AsyncRemoteArray(key: Argument(key), connection: self)
  }
}
