extension RemoteMatrix {
  /// How many bytes of rows are asked for in one command: servers limit how long replies may be.
  private static var replyBytes: Int { 64 << 20 }

  /// The row with this number; nil if there is none.
  public subscript(row: Int) -> [Element]? {
    get throws(ClientError) { try rows(at: CollectionOfOne(row)).first ?? nil }
  }

  /// The rows of `range` that there are.
  ///
  /// - Complexity: O(elements) bytes are received in place, and copied once into their rows.
  public subscript(range: Range<Int>) -> [[Element]] {
    get throws(ClientError) { cut(try elements[indexes(of: range)], each: columnCount) }
  }

  /// The rows with these numbers, nil where there is none: in one round trip for every 64 MiB or 4096 rows.
  ///
  /// - Complexity: O(elements) bytes are received in place; nothing is done for each element.
  public func rows(at numbers: some Collection<Int>) throws(ClientError) -> [[Element]?] {
    let (rowBytes, overflow) = columnCount.multipliedReportingOverflow(by: MemoryLayout<Element>.size)
    let count = overflow ? 1 : min(4096, max(1, Self.replyBytes / max(1, rowBytes)))
    var found: [[Element]?] = []
    var rest = numbers[...]
    while !rest.isEmpty {
      let part = rest.prefix(count)
      // To the server negative ones would count from the end.
      try connection.append(["MMAP.ROWS", key] + part.map { Argument($0 < 0 ? .max : $0) })
      try connection.flush()
      let rows = try connection.readBulks(of: Element.self)
      guard rows.count == part.count else {
        throw .typeMismatch(expected: "\(part.count) rows", found: "\(rows.count)")
      }
      for row in rows { if let row { try checkColumns(of: row) } }
      found += rows
      rest = rest.dropFirst(part.count)
    }
    return found
  }

  /// What slices select along the first dimensions, as NumPy's basic slicing does; the other dimensions are whole.
  ///
  /// ```swift
  /// let thumbnails = try images.slice(.all, AxisSlice(by: 2), AxisSlice(by: 2))
  /// let column = try features.slice(.all, 17)
  /// ```
  ///
  /// - Returns: of each row that the first slice selects what the others select, one after the other; nothing if the
  ///   others select nothing.
  /// - Throws: `ClientError.server` if an index is out of range, a step is 0, or there are more slices than dimensions.
  /// - Complexity: O(selected elements).
  public func slice(_ slices: AxisSlice...) throws(ClientError) -> [[Element]] {
    try connection.append(["MMAP.SLICE", key] + slices.map { Argument($0.text) })
    try connection.flush()
    let selected = try connection.readBulk(of: Element.self) ?? []
    var count = 1
    for (axis, length) in rowShape.enumerated() {
      // No larger than a row.
      count *= axis + 1 < slices.count ? slices[axis + 1].count(of: length) : length
    }
    guard count > 0 ? selected.count.isMultiple(of: count) : selected.isEmpty else {
      throw .typeMismatch(expected: "rows of \(count) elements", found: "\(selected.count) elements")
    }
    return cut(selected, each: count)
  }

  /// Adds rows at the end.
  ///
  /// More than 64 MiB are sent in several commands: others may see, and a failure may leave, the first of the rows.
  ///
  /// - Returns: how many were added.
  /// - Throws: `ClientError.typeMismatch` if a row has not as many elements as those of the file; nothing is sent then.
  @discardableResult
  public func append(_ rows: some Collection<[Element]>) throws(ClientError) -> Int {
    try send(rows) { _ in ["MMAP.APPEND", key] }
  }

  /// Writes rows from row `row` on. They may reach past the end; a gap before them is filled with zeros.
  ///
  /// More than 64 MiB are sent in several commands: others may see, and a failure may leave, the first of the rows.
  ///
  /// - Returns: how many were written.
  /// - Throws: `ClientError.typeMismatch` if a row has not as many elements as those of the file; nothing is sent then.
  @discardableResult
  public func write(_ rows: some Collection<[Element]>, at row: Int) throws(ClientError) -> Int {
    // Beyond an Int the server says that there can't be such an index.
    try send(rows) {
      let (index, overflow) = (Int128(row) + Int128($0)).multipliedReportingOverflow(by: Int128(columnCount))
      return ["MMAP.WRITE", key, Argument(overflow ? .max : index)]
    }
  }

  // MARK: - Rows and elements

  func checkColumns(of row: [Element]) throws(ClientError) {
    guard row.count == columnCount else {
      throw .typeMismatch(expected: "a row of \(columnCount) elements", found: "\(row.count)")
    }
  }

  /// The elements in rows; a part of a row at the end is left out.
  private func cut(_ elements: [Element], each count: Int) -> [[Element]] {
    guard count > 0 else { return [] }
    return (0..<elements.count / count).map { Array(elements[$0 * count..<($0 + 1) * count]) }
  }

  private func send(
    _ rows: some Collection<[Element]>, _ command: (_ offset: Int) -> [Argument]
  ) throws(ClientError) -> Int {
    guard columnCount > 0 else { throw .typeMismatch(expected: "rows with elements", found: "rows of none") }
    for row in rows { try checkColumns(of: row) }
    let count = max(1, RemoteArray<Element>.pieceCount / columnCount)
    var sent = 0
    var rest = rows[...]
    repeat {
      let part = Array(rest.prefix(count).joined())
      sent +=
        try elements.sendPieces(of: part.span, pieceCount: max(1, part.count)) { _ in command(sent) } / columnCount
      rest = rest.dropFirst(count)
    } while !rest.isEmpty
    return sent
  }
}
