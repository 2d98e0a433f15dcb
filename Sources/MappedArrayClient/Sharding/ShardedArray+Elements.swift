extension ShardedArray {
  // MARK: - Reading

  /// The element at `index`; nil if there is none.
  public subscript(index: Int) -> Element? {
    get throws(ClientError) {
      guard index >= 0 else { return nil }
      let (shard, offset) = layout.place(of: index)
      return try array(ofShard: shard).run(mayRepeat: true) { array throws(ClientError) in try array[offset] }
    }
  }

  /// The elements at the indexes of `range` that there are.
  public subscript(range: Range<Int>) -> [Element] {
    get throws(ClientError) {
      var elements: [Element] = []
      var window: [ShardLayout.Piece] = []
      /// Returns whether all that was asked for was there.
      func readWindow() throws(ClientError) -> Bool {
        let requests = window.map {
          request("MMAP.READ", shard: $0.shard, [Argument($0.range.lowerBound), Argument($0.range.count)])
        }
        let found = try cluster.read(requests) { node throws(ClientError) in
          try node.readBulk(of: Element.self) ?? []
        }
        for (piece, part) in zip(window, found) {
          elements += part
          // The array ends here.
          if part.count < piece.range.count { return false }
        }
        window.removeAll(keepingCapacity: true)
        return true
      }
      for piece in layout.pieces(of: range) {
        window.append(piece)
        if window.count == 32, try !readWindow() { return elements }
      }
      _ = try readWindow()
      return elements
    }
  }

  /// The elements at the indexes given, nil where there is none; each shard is asked once, and all at the same time.
  public func elements(at indexes: some Sequence<Int>) throws(ClientError) -> [Element?] {
    let indexes = Array(indexes)
    var offsets: [Int: [(position: Int, offset: Int)]] = [:]
    for (position, index) in indexes.enumerated() where index >= 0 {
      let (shard, offset) = layout.place(of: index)
      offsets[shard, default: []].append((position, offset))
    }
    let shards = offsets.keys.sorted()
    let requests = shards.map { shard in
      request("MMAP.MGET", shard: shard, (offsets[shard] ?? []).map { Argument($0.offset) })
    }
    let replies = try cluster.read(requests) { node throws(ClientError) in
      try [Element?](node.checked(node.readCommandReply()))
    }
    var elements = [Element?](repeating: nil, count: indexes.count)
    for (shard, reply) in zip(shards, replies) {
      for (place, element) in zip(offsets[shard] ?? [], reply) { elements[place.position] = element }
    }
    return elements
  }

  /// A shard, which may not be there yet.
  private func array(ofShard shard: Int) -> ClusterArray<Element> {
    ClusterArray(key: Argument(key(ofShard: shard)), cluster: cluster)
  }

  // MARK: - Writing

  /// Replaces the element at `index`.
  ///
  /// - Returns: whether there is one.
  @discardableResult
  public func set(_ element: Element, at index: Int) throws(ClientError) -> Bool {
    guard index >= 0 else { return false }
    let (shard, offset) = layout.place(of: index)
    return try array(ofShard: shard).run(mayRepeat: true) { array throws(ClientError) in
      try array.set(element, at: offset)
    }
  }

  /// Adds elements at the end, in new shards when one is full. Others may append at the same time.
  ///
  /// What fits into a shard is added in commands of at most 16 MiB, each all in one step. Elements of others may come
  /// to stand between those of several commands, and a failure may leave a part of them.
  public func append(contentsOf elements: some Collection<Element>) throws(ClientError) {
    let all = Array(elements)
    guard !all.isEmpty else { return }
    let pieceCount = 16 << 20 / MemoryLayout<Element>.size
    var shard = layout.place(of: try count).shard
    var start = 0
    while start < all.count {
      let piece = all[start..<min(all.count, start + pieceCount)]
      let added = try append(piece, toShard: shard)
      start += added
      if added < piece.count { shard += 1 }
    }
  }

  /// Adds as many elements as a shard has room for, and makes the shard if need be, all in one step on its node.
  private func append(_ elements: ArraySlice<Element>, toShard shard: Int) throws(ClientError) -> Int {
    let words: [Argument] = [
      "EVAL", Argument(Self.appendScript), 1, Argument(key(ofShard: shard)), Argument(path(ofShard: shard)),
      Argument(Element.elementTypeName), Argument(elementsPerShard), Argument(MemoryLayout<Element>.size),
    ]
    let added = try cluster.run(key(ofShard: shard)) { node throws(ClientError) in
      let buffer = elements.withUnsafeBytes { Argument(Array($0)) }
      return try Int(node.checked(node.send(words + [buffer])))
    }
    guard 0...elements.count ~= added else {
      throw .typeMismatch(expected: "at most \(elements.count) elements", found: "\(added)")
    }
    return added
  }

  private static var appendScript: String {
    """
    if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('MMAP', KEYS[1], ARGV[1], ARGV[2]) end
    local room = tonumber(ARGV[3]) - redis.call('MMAP.COUNT', KEYS[1])
    if room <= 0 then return 0 end
    return redis.call('MMAP.APPEND', KEYS[1], string.sub(ARGV[5], 1, room * tonumber(ARGV[4])))
    """
  }
}
