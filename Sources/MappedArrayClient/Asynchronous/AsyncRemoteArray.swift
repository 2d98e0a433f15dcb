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

  /// Aggregates of each of `count` equal parts of `range`; see ``RemoteArray/buckets(_:_:over:)``.
  public func buckets<each Value: ReplyValue & Sendable>(
    _ count: Int, _ aggregates: repeat Aggregate<Element, each Value>, over range: Range<Int> = 0..<Int.max
  ) async throws(ClientError) -> [(repeat each Value)] {
    try await run { array throws(ClientError) in try array.buckets(count, repeat each aggregates, over: range) }
  }

  /// Points that look like the elements of `range`; see ``RemoteArray/downsampled(to:in:)``.
  public func downsampled(
    to count: Int, in range: Range<Int> = 0..<Int.max
  ) async throws(ClientError) -> [(index: Int, value: Element)] {
    try await run { array throws(ClientError) in try array.downsampled(to: count, in: range) }
  }

  /// The values below which parts of the elements of `range` lie; see ``RemoteArray/quantiles(_:in:)``.
  public func quantiles(
    _ parts: [Double], in range: Range<Int> = 0..<Int.max
  ) async throws(ClientError) -> [Element.Statistic] {
    try await run { array throws(ClientError) in try array.quantiles(parts, in: range) }
  }

  /// How many elements of `range` are in each of some bins; see ``RemoteArray/histogram(_:between:in:)``.
  public func histogram(
    _ binCount: Int, between bounds: ClosedRange<Element>? = nil, in range: Range<Int> = 0..<Int.max
  ) async throws(ClientError) -> [Int] {
    try await run { array throws(ClientError) in try array.histogram(binCount, between: bounds, in: range) }
  }
}
