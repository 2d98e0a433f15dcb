/// An array in a cluster; ``ClusterConnection/array(_:of:)`` makes one.
///
/// ```swift
/// let prices = try cluster.array("prices", of: Float.self)
/// try prices.run { array throws(ClientError) in try array.append(contentsOf: [20.5, 21]) }
/// ```
public struct ClusterArray<Element: ArrayElement> {
  /// The array's key.
  public let key: Argument
  /// The connections to the cluster.
  public let cluster: ClusterConnection

  /// Lends the array to `body`, on the connection to the node that has it now.
  ///
  /// `body` should make one call, and runs again if the node says that another has the key: see
  /// ``ClusterConnection/run(_:mayRepeat:_:)``.
  public func run<Value>(
    mayRepeat: Bool = false, _ body: (RemoteArray<Element>) throws(ClientError) -> Value
  ) throws(ClientError) -> Value {
    try cluster.run(key, mayRepeat: mayRepeat) { node throws(ClientError) in
      try body(RemoteArray(key, checkedOn: node))
    }
  }
}

extension ClusterConnection {
  /// Binds to a key that is mapped already; see ``RemoteArray/init(_:on:)``.
  public func array<Element: ArrayElement>(
    _ key: some ArgumentConvertible, of type: Element.Type
  ) throws(ClientError) -> ClusterArray<Element> {
    try run(key, mayRepeat: true) { node throws(ClientError) in _ = try RemoteArray<Element>(key, on: node) }
    return ClusterArray(key: key.argument, cluster: self)
  }
}
