extension RemoteArray {
  /// Writes elements from `index` on. They may reach past the end; a gap before them is filled with zeros.
  ///
  /// More than 64 MiB are sent in several commands: others may see, and a failure may leave, a part of them.
  ///
  /// - Returns: how many were written.
  @discardableResult
  public func write(_ elements: Span<Element>, at index: Int) throws(ClientError) -> Int {
    // Beyond an Int the server says that there can't be such an index.
    try sendPieces(of: elements) { ["MMAP.WRITE", key, Argument(Int128(index) + Int128($0))] }
  }

  /// Writes elements from `index` on. They may reach past the end; a gap before them is filled with zeros.
  ///
  /// More than 64 MiB are sent in several commands: others may see, and a failure may leave, a part of them.
  ///
  /// - Returns: how many were written.
  @discardableResult
  public func write(_ elements: some Collection<Element>, at index: Int) throws(ClientError) -> Int {
    try withSpan(of: elements) { span throws(ClientError) in try write(span, at: index) }
  }

  /// Adds elements at the end.
  ///
  /// More than 64 MiB are sent in several commands: others may see, and a failure may leave, a part of them.
  ///
  /// - Returns: how many were added.
  @discardableResult
  public func append(contentsOf elements: Span<Element>) throws(ClientError) -> Int {
    try sendPieces(of: elements) { _ in ["MMAP.APPEND", key] }
  }

  /// Adds elements at the end.
  ///
  /// More than 64 MiB are sent in several commands: others may see, and a failure may leave, a part of them.
  ///
  /// - Returns: how many were added.
  @discardableResult
  public func append(contentsOf elements: some Collection<Element>) throws(ClientError) -> Int {
    try withSpan(of: elements) { span throws(ClientError) in try append(contentsOf: span) }
  }

  /// Adds elements at the end, as `VADD` does.
  ///
  /// - Returns: how many were added.
  @discardableResult
  public func add(_ elements: Element...) throws(ClientError) -> Int {
    try append(contentsOf: elements)
  }

  /// Replaces the element at `index`.
  ///
  /// - Returns: whether there is one.
  @discardableResult
  public func set(_ element: Element, at index: Int) throws(ClientError) -> Bool {
    try call("MMAP.SET", [Argument(index), element.argument], as: Int.self) == 1
  }

  /// Removes and returns the last element; nil if the array is empty.
  @discardableResult
  public func popLast() throws(ClientError) -> Element? {
    try call("MMAP.POP")
  }

  /// Adds `increment` to the element at `index`, all in one step, and returns the new value; nil if there is none.
  ///
  /// - Throws: `ClientError.server` if the result does not fit and `overflow` is `.fail`; nothing is changed then.
  @discardableResult
  public func incremented(
    at index: Int, by increment: Element.Increment, overflow: OverflowPolicy = .fail
  ) throws(ClientError) -> Element? {
    let words = ["OVERFLOW", Argument(overflow.rawValue), Argument(index), increment.argument]
    return try call("MMAP.INCRBY", words, as: [Element?].self).first ?? nil
  }

  /// Sets the elements of `range` that there are to `value`.
  ///
  /// - Returns: how many there are.
  @discardableResult
  public func fill(_ range: Range<Int> = 0..<Int.max, with value: Element) throws(ClientError) -> Int {
    try call("MMAP.FILL", positions(of: range) + [value.argument])
  }

  /// Cuts elements off or adds zeros, so that there are `count`.
  public func resize(to count: Int) throws(ClientError) {
    _ = try call("MMAP.RESIZE", [Argument(count)], as: Int.self)
  }

  /// Removes all elements; the file stays.
  ///
  /// - Returns: how many there were.
  @discardableResult
  public func removeAll() throws(ClientError) -> Int {
    try call("MMAP.CLEAR")
  }

  // MARK: - Pieces

  /// How many elements are sent in a command, 64 MiB: servers refuse longer arguments than 512 MB.
  static var pieceCount: Int { 64 << 20 / MemoryLayout<Element>.size }

  /// Sends elements in commands of at most `pieceCount`. Without elements one is sent too, for its error.
  func sendPieces(
    of elements: Span<Element>, pieceCount: Int = Self.pieceCount, _ command: (_ offset: Int) -> [Argument]
  ) throws(ClientError) -> Int {
    var sum = 0
    var offset = 0
    repeat {
      let end = min(elements.count, offset + pieceCount)
      try connection.append(command(offset), payload: elements.extracting(offset..<end).bytes)
      try connection.flush()
      sum += try Int(connection.checked(connection.readCommandReply()))
      offset = end
    } while offset < elements.count
    return sum
  }

  /// Calls `body` with the elements side by side, copied only if the collection does not keep them so.
  private func withSpan<Value>(
    of elements: some Collection<Element>, _ body: (Span<Element>) throws(ClientError) -> Value
  ) throws(ClientError) -> Value {
    let result = elements.withContiguousStorageIfAvailable { buffer in
      Result { () throws(ClientError) in try body(buffer.span) }
    }
    if let result { return try result.get() }
    return try body(Array(elements).span)
  }
}
