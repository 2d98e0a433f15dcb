extension RemoteArray {
  /// The element at `index`; nil if there is none.
  public subscript(index: Int) -> Element? {
    get throws(ClientError) {
      guard index >= 0 else { return nil }
      try send(.read(index..<index + (index == .max ? 0 : 1)))
      return try receive().first
    }
  }

  /// The elements at the indexes of `range` that there are.
  ///
  /// - Complexity: O(elements) bytes are received in place; nothing is done for each element.
  public subscript(range: Range<Int>) -> [Element] {
    get throws(ClientError) {
      try send(.read(range))
      return try receive()
    }
  }

  /// All elements.
  public func elements() throws(ClientError) -> [Element] {
    try send(.all)
    return try receive()
  }

  /// The elements at the indexes given, nil where there is none.
  ///
  /// They travel as text: for neighbours, ranges are faster.
  public func elements(at indexes: some Sequence<Int>) throws(ClientError) -> [Element?] {
    let arguments = indexes.map { Argument($0) }
    return arguments.isEmpty ? [] : try call("MMAP.MGET", arguments)
  }

  /// The elements of each range, rows of a matrix for instance, in one round trip for every 256 ranges.
  public func elements(inEach ranges: some Collection<Range<Int>>) throws(ClientError) -> [[Element]] {
    var found: [[Element]] = []
    found.reserveCapacity(ranges.count)
    try forEachWindow(of: ranges) { () throws(ClientError) in found.append(try receive()) }
    return found
  }

  /// Reads elements from `index` on into memory of the caller, as many as there are and as it has room for.
  ///
  /// ```swift
  /// var window = [Double](repeating: 0, count: 1024)
  /// var span = window.mutableSpan
  /// let count = try temperatures.read(from: 5000, into: &span)
  /// ```
  ///
  /// - Returns: how many were read; what is behind them is as before.
  public func read(from index: Int, into destination: inout MutableSpan<Element>) throws(ClientError) -> Int {
    let (end, overflow) = index.addingReportingOverflow(destination.count)
    guard index >= 0 else { throw .typeMismatch(expected: "an index of 0 or more", found: "\(index)") }
    try send(.read(index..<(overflow ? .max : end)))
    let byteCount = try destination.withUnsafeMutableBytes { bytes throws(ClientError) in
      // Elements are packed: every bit pattern that arrives is one.
      try connection.readBulk(into: bytes)
    }
    return (byteCount ?? 0) / MemoryLayout<Element>.size
  }

  // MARK: - Requests and their replies

  /// What `MMAP.READ` is asked for.
  private enum Part {
    case all
    case read(Range<Int>)
  }

  private func append(_ part: Part) throws(ClientError) {
    switch part {
    case .all:
      try connection.append(["MMAP.READ", key])
    case .read(let range):
      let range = range.clamped(to: 0..<Int.max)
      try connection.append(["MMAP.READ", key, Argument(range.lowerBound), Argument(range.count)])
    }
  }

  private func send(_ part: Part) throws(ClientError) {
    try append(part)
    try connection.flush()
  }

  private func receive() throws(ClientError) -> [Element] {
    try connection.readBulk(of: Element.self) ?? []
  }

  /// Asks for ranges, so many at a time that neither side has to hold much for the other, and has each reply read.
  private func forEachWindow(
    of ranges: some Collection<Range<Int>>, _ receive: () throws(ClientError) -> Void
  ) throws(ClientError) {
    var rest = ranges[...]
    while !rest.isEmpty {
      let window = rest.prefix(256)
      for range in window { try append(.read(range)) }
      try connection.flush()
      var failure: ClientError?
      for _ in window {
        do throws(ClientError) {
          try receive()
        } catch {
          // The replies that are on their way have to be read, or the next command would get them.
          failure = failure ?? error
        }
      }
      if let failure { throw failure }
      rest = rest.dropFirst(window.count)
    }
  }
}
