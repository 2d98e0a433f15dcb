/// The rows of an array: what the dimensions after the first make up. In one dimension each element is a row.
public struct Rows<Element: MappableElement>: ~Escapable {
  @usableFromInline
  let elements: Span<Element>
  /// Elements in a row.
  public let rowSize: Int
  /// How many rows there are.
  public let count: Int

  @inlinable
  @_lifetime(copy elements)
  init(_ elements: Span<Element>, rowSize: Int, count: Int) {
    self.elements = elements
    self.rowSize = rowSize
    self.count = count
  }

  /// The numbers of all rows, in order.
  @inlinable
  public var indices: Range<Int> { 0..<count }

  /// The elements of a row.
  ///
  /// - Precondition: `row` is in `0..<count`.
  /// - Complexity: O(1).
  @inlinable
  public subscript(row: Int) -> Span<Element> {
    @_lifetime(copy self)
    get {
      precondition(UInt(bitPattern: row) < UInt(bitPattern: count), "Row out of range")
      return elements.extracting(row &* rowSize..<(row &+ 1) &* rowSize)
    }
  }
}

extension MappedArray where Element: MappableElement {
  /// The dimensions, rows first. The product is the count.
  public var shape: [Int] { file.shape }

  /// Elements in a row; 1 in one dimension. The length changes by whole rows.
  @inlinable
  public var rowSize: Int { file.rowSize }

  /// How many rows there are.
  @inlinable
  public var rowCount: Int { file.rowCount }

  /// All rows.
  ///
  ///     let rows = try embeddings.rows
  ///     for row in rows.indices { total += length(of: rows[row]) }
  ///
  /// - Throws: as ``span``.
  @inlinable
  public var rows: Rows<Element> {
    @_lifetime(borrow self)
    get throws(MappedArrayError) {
      Rows(try span, rowSize: rowSize, count: rowCount)
    }
  }

  /// The elements of a row, to be changed in place; see ``mutableSpan()``.
  ///
  /// - Precondition: `row` is in `0..<rowCount`.
  @_lifetime(&self)
  @inlinable
  public mutating func mutableRow(_ row: Int) throws(MappedArrayError) -> MutableSpan<Element> {
    precondition(UInt(bitPattern: row) < UInt(bitPattern: rowCount), "Row out of range")
    return try mutableSpan(in: row * rowSize..<(row + 1) * rowSize)
  }

  /// Sets the number of rows; the elements of new ones are zero.
  ///
  /// - Throws: as ``resize(to:)``.
  public mutating func resize(rows: Int) throws(MappedArrayError) {
    let (count, overflow) = rows.multipliedReportingOverflow(by: rowSize)
    guard !overflow else { throw .tooLarge }
    try resize(to: count)
  }
}
