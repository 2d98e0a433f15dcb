/// How a sharded array is divided: every shard but the last is full.
struct ShardLayout: Equatable, Sendable {
  /// Elements of one shard that are side by side in the whole array.
  struct Piece: Equatable, Sendable {
    let shard: Int
    /// Their indexes in the shard.
    let range: Range<Int>
  }

  let elementsPerShard: Int

  /// - Throws: `ClientError.typeMismatch` unless there is room for an element in a shard.
  init(elementsPerShard: Int) throws(ClientError) {
    guard elementsPerShard > 0 else {
      throw .typeMismatch(expected: "1 or more elements per shard", found: "\(elementsPerShard)")
    }
    self.elementsPerShard = elementsPerShard
  }

  /// The shard that the element at `index` is in, and its index there.
  func place(of index: Int) -> (shard: Int, offset: Int) {
    let (shard, offset) = index.quotientAndRemainder(dividingBy: elementsPerShard)
    return (shard, offset)
  }

  /// The index in the whole array of an element of a shard; nil if there can't be such a one.
  func index(of offset: Int, in shard: Int) -> Int? {
    let (start, isTooLarge) = shard.multipliedReportingOverflow(by: elementsPerShard)
    let (index, isTooFar) = start.addingReportingOverflow(offset)
    return isTooLarge || isTooFar ? nil : index
  }

  /// The pieces of a range, in order. There may be very many: they are made one by one.
  func pieces(of range: Range<Int>) -> some Sequence<Piece> {
    let range = range.clamped(to: 0..<Int.max)
    return sequence(state: range) { rest -> Piece? in
      guard !rest.isEmpty else { return nil }
      let (shard, offset) = place(of: rest.lowerBound)
      let count = min(rest.count, elementsPerShard - offset)
      rest = rest.dropFirst(count)
      return Piece(shard: shard, range: offset..<offset + count)
    }
  }
}
