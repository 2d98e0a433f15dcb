/// An array on a server, for asynchronous code; ``AsyncConnection/array(_:of:)`` makes one.
///
/// What is used most is here. Everything else, and several calls with nothing in between, go through ``run(_:)``.
public struct AsyncRemoteArray<Element: ArrayElement>: Sendable {
  /// The array's key.
  public let key: Argument
  /// The connection that the array is reached through.
  public let connection: AsyncConnection

  init(key: Argument, connection: AsyncConnection) {
    self.key = key
    self.connection = connection
  }

  /// Lends the array to `body`, which runs on the connection's thread.
  ///
  /// ```swift
  /// let (mean, peak) = try await temperatures.run { array throws(ClientError) in
  ///   try array.aggregate(.mean, .maximum)
  /// }
  /// ```
  public func run<Value: Sendable>(
    _ body: @Sendable (RemoteArray<Element>) throws(ClientError) -> Value
  ) async throws(ClientError) -> Value {
    try await connection.run { [key] connection throws(ClientError) in
      try body(RemoteArray(key, checkedOn: connection))
    }
  }

  /// How many elements there are now.
  public var count: Int {
    get async throws(ClientError) { try await run { array throws(ClientError) in try array.count } }
  }

  /// The element at `index`; nil if there is none.
  public subscript(index: Int) -> Element? {
    get async throws(ClientError) { try await run { array throws(ClientError) in try array[index] } }
  }

  /// The elements at the indexes of `range` that there are.
  public subscript(range: Range<Int>) -> [Element] {
    get async throws(ClientError) { try await run { array throws(ClientError) in try array[range] } }
  }

  /// Adds elements at the end and returns how many.
  @discardableResult
  public func append(contentsOf elements: [Element]) async throws(ClientError) -> Int {
    try await run { array throws(ClientError) in try array.append(contentsOf: elements) }
  }

  /// Writes elements from `index` on and returns how many. They may reach past the end.
  @discardableResult
  public func write(_ elements: [Element], at index: Int) async throws(ClientError) -> Int {
    try await run { array throws(ClientError) in try array.write(elements, at: index) }
  }
}
