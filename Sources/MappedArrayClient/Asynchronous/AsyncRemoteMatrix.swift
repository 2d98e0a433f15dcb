/// An array on a server as rows, for asynchronous code; ``AsyncConnection/matrix(_:of:)`` makes one.
///
/// What is used most is here. Everything else, and several calls with nothing in between, go through ``run(_:)``.
public struct AsyncRemoteMatrix<Element: ArrayElement>: Sendable {
  /// The elements of all rows as one array.
  public let elements: AsyncRemoteArray<Element>
  /// The lengths of the dimensions after the first.
  public let rowShape: [Int]
  /// How many elements a row has.
  public let columnCount: Int

  init(_ elements: AsyncRemoteArray<Element>, rowShape: [Int], columnCount: Int) {
    (self.elements, self.rowShape, self.columnCount) = (elements, rowShape, columnCount)
  }

  /// Lends the rows to `body`, which runs on the connection's thread.
  public func run<Value: Sendable>(
    _ body: @Sendable (RemoteMatrix<Element>) throws(ClientError) -> Value
  ) async throws(ClientError) -> Value {
    try await elements.run { [rowShape] array throws(ClientError) in try body(RemoteMatrix(array, rowShape: rowShape)) }
  }

  /// How many rows there are now.
  public var rowCount: Int {
    get async throws(ClientError) { try await run { matrix throws(ClientError) in try matrix.rowCount } }
  }

  /// The row with this number; nil if there is none.
  public subscript(row: Int) -> [Element]? {
    get async throws(ClientError) { try await run { matrix throws(ClientError) in try matrix[row] } }
  }

  /// The rows with these numbers, nil where there is none.
  public func rows(at numbers: [Int]) async throws(ClientError) -> [[Element]?] {
    try await run { matrix throws(ClientError) in try matrix.rows(at: numbers) }
  }

  /// Adds rows at the end and returns how many.
  @discardableResult
  public func append(_ rows: [[Element]]) async throws(ClientError) -> Int {
    try await run { matrix throws(ClientError) in try matrix.append(rows) }
  }

  /// The rows that are nearest to a vector; see ``RemoteMatrix/nearest(_:to:by:in:)``.
  public func nearest(
    _ count: Int, to vector: [Element], by measure: RowMeasure = .squaredDistance, in rows: Range<Int> = 0..<Int.max
  ) async throws(ClientError) -> [NearRow] {
    try await run { matrix throws(ClientError) in try matrix.nearest(count, to: vector, by: measure, in: rows) }
  }

  /// The rows that are nearest to each of several vectors; see ``RemoteMatrix/nearest(_:toEach:by:in:)``.
  public func nearest(
    _ count: Int, toEach vectors: [[Element]], by measure: RowMeasure = .squaredDistance,
    in rows: Range<Int> = 0..<Int.max
  ) async throws(ClientError) -> [[NearRow]] {
    try await run { matrix throws(ClientError) in try matrix.nearest(count, toEach: vectors, by: measure, in: rows) }
  }
}

extension AsyncConnection {
  /// Binds to the rows of a key that is mapped already; see ``RemoteMatrix/init(_:on:)``.
  public func matrix<Element: ArrayElement>(
    _ key: String, of type: Element.Type
  ) throws(ClientError) -> AsyncRemoteMatrix<Element> {
    let (rowShape, columnCount) = try run { connection throws(ClientError) in
      let matrix = try RemoteMatrix<Element>(key, on: connection)
      return (matrix.rowShape, matrix.columnCount)
    }
    return AsyncRemoteMatrix(
      AsyncRemoteArray(key: Argument(key), connection: self), rowShape: rowShape, columnCount: columnCount)
  }
}
