/// An array in a cluster as rows; ``ClusterConnection/matrix(_:of:)`` makes one.
///
/// ```swift
/// let words = try cluster.matrix("words", of: Float.self)
/// let similar = try words.run { matrix throws(ClientError) in try matrix.nearest(10, to: vector) }
/// ```
public struct ClusterMatrix<Element: ArrayElement> {
  /// The elements of all rows as one array.
  public let elements: ClusterArray<Element>
  /// The lengths of the dimensions after the first.
  public let rowShape: [Int]

  /// Lends the rows to `body`, on the connection to the node that has them now.
  ///
  /// `body` should make one call, and runs again if the node says that another has the key: see
  /// ``ClusterConnection/run(_:mayRepeat:_:)``.
  public func run<Value>(
    mayRepeat: Bool = false, _ body: (RemoteMatrix<Element>) throws(ClientError) -> Value
  ) throws(ClientError) -> Value {
    try elements.run(mayRepeat: mayRepeat) { array throws(ClientError) in
      try body(RemoteMatrix(array, rowShape: rowShape))
    }
  }
}

extension ClusterConnection {
  /// Binds to the rows of a key that is mapped already; see ``RemoteMatrix/init(_:on:)``.
  public func matrix<Element: ArrayElement>(
    _ key: some ArgumentConvertible, of type: Element.Type
  ) throws(ClientError) -> ClusterMatrix<Element> {
    let rowShape = try run(key, mayRepeat: true) { node throws(ClientError) in
      try RemoteMatrix<Element>(key, on: node).rowShape
    }
    return ClusterMatrix(elements: ClusterArray(key: key.argument, cluster: self), rowShape: rowShape)
  }
}
