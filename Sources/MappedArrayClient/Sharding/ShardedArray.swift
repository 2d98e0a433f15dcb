/// An array that may be larger than a machine: its elements are divided among many arrays of a cluster, its shards.
///
/// The shards of the array `prices` are the keys `prices:0`, `prices:1` …, each a file of its own, `prices-0.npy` and so
/// on, below the root of the node that serves it. All but the last have the same number of elements. Keys are hashed
/// whole, so the shards spread over slots and nodes (`{prices}:0` would not do: a cluster hashes only what is in the
/// braces, and all shards would share a slot). The key `prices` itself is a string that says what they have in common:
/// the element type, the elements per shard, and how the files are named.
///
/// Shards are ordinary arrays, so every command works on them, and resharding moves them like any key. What is asked of
/// several shards is asked of all their nodes at once. Calls block the thread.
///
/// ```swift
/// let cluster = try ClusterConnection(to: [.tcp(host: "localhost", port: 7000)])
/// let prices = try ShardedArray<Float>.create("prices", elementsPerShard: 100_000_000, on: cluster)
/// try prices.append(contentsOf: [20.5, 21])
/// let summary = try prices.summary()
/// ```
public struct ShardedArray<Element: ArrayElement> {
  /// The connections to the cluster.
  public let cluster: ClusterConnection
  /// What the shards' keys begin with.
  public let name: String
  /// What the shards' files begin with.
  public let path: String
  let layout: ShardLayout

  /// How many elements each shard but the last has.
  public var elementsPerShard: Int { layout.elementsPerShard }

  /// Binds to a sharded array that is there.
  ///
  /// - Throws: `ClientError.typeMismatch` if there is none, or its elements are of another type.
  public init(_ name: String, on cluster: ClusterConnection) throws(ClientError) {
    let text = try cluster.run(name, mayRepeat: true) { node throws(ClientError) in
      try node("GET", name, as: String?.self)
    }
    try self.init(name, described: text ?? "no such key", on: cluster)
  }

  /// Makes a sharded array, or binds to the one that is there.
  ///
  /// - Parameters:
  ///   - name: what the shards' keys begin with. A name with a hash tag, as in `{eu}prices`, keeps all shards in one slot.
  ///   - elementsPerShard: how many elements each shard but the last has. It can't be changed later.
  ///   - path: what the shards' files begin with; as the keys if nil.
  ///   - cluster: connections to the cluster.
  /// - Throws: `ClientError.typeMismatch` if there is another array of that name.
  public static func create(
    _ name: String, elementsPerShard: Int, path: String? = nil, on cluster: ClusterConnection
  ) throws(ClientError) -> ShardedArray {
    let layout = try ShardLayout(elementsPerShard: elementsPerShard)
    let description = "\(Element.elementTypeName) \(layout.elementsPerShard) \(path ?? name)"
    let before = try cluster.run(name, mayRepeat: true) { node throws(ClientError) in
      try node("SET", name, description, "NX", "GET", as: String?.self)
    }
    guard let before, before != description else {
      return try ShardedArray(name, described: description, on: cluster)
    }
    throw .typeMismatch(expected: description, found: before)
  }

  private init(_ name: String, described text: String, on cluster: ClusterConnection) throws(ClientError) {
    let words = text.split(separator: " ", maxSplits: 2)
    guard words.count == 3, words[0] == Element.elementTypeName, let elementsPerShard = Int(words[1]) else {
      throw .typeMismatch(expected: "a sharded array of \(Element.elementTypeName)", found: text)
    }
    self.cluster = cluster
    self.name = name
    path = String(words[2])
    layout = try ShardLayout(elementsPerShard: elementsPerShard)
  }

  /// The key of a shard, counted from 0.
  public func key(ofShard shard: Int) -> String { "\(name):\(shard)" }

  /// The path of a shard's file below the root of the node that has it.
  public func path(ofShard shard: Int) -> String { "\(path)-\(shard).npy" }

  /// How many elements there are now.
  ///
  /// - Complexity: O(shards), and a round trip for every 32 of them.
  public var count: Int {
    get throws(ClientError) {
      let window = 32
      var first = 0
      while true {
        let requests = (first..<first + window).map { request("MMAP.COUNT", shard: $0) }
        let counts = try cluster.read(requests) { node throws(ClientError) in
          try Int(node.checked(node.readCommandReply()))
        }
        if let position = counts.firstIndex(where: { $0 < elementsPerShard }) {
          return try index(of: counts[position], in: first + position)
        }
        first += window
      }
    }
  }

  func request(_ name: Argument, shard: Int, _ arguments: [Argument] = []) -> ReadRequest {
    let key = Argument(key(ofShard: shard))
    return ReadRequest(key: key, words: [name, key] + arguments)
  }

  /// The index in the whole array of an element of a shard.
  func index(of offset: Int, in shard: Int) throws(ClientError) -> Int {
    guard let index = layout.index(of: offset, in: shard) else {
      throw .typeMismatch(expected: "an index", found: "element \(offset) of shard \(shard)")
    }
    return index
  }
}
