/// An array on a server as rows: embeddings, features, images, spectra.
///
/// Rows are what the dimensions after the first make up, one after the other in C order. They travel packed, as the file
/// holds them. Type and rows are checked when the array is bound, not with every command: who binds the key to a file of
/// another type or with other rows afterwards has to bind the `RemoteMatrix` anew. All calls block the thread; see
/// ``AsyncRemoteMatrix`` for those that don't.
///
/// ```swift
/// let words = try RemoteMatrix<Float>.map("words.npy", to: "words", columns: 300, on: connection)
/// try words.append([vector])
/// for (row, score) in try words.nearest(10, to: vector, by: .cosine) { … }
/// ```
public struct RemoteMatrix<Element: ArrayElement> {
  /// The elements of all rows as one array, for what is not done in rows.
  public let elements: RemoteArray<Element>
  /// The lengths of the dimensions after the first: one if the file has two.
  public let rowShape: [Int]
  /// How many elements a row has.
  public let columnCount: Int

  /// The array's key.
  public var key: Argument { elements.key }
  /// The connection that the array is reached through.
  public var connection: Connection { elements.connection }

  /// Binds to a key that is mapped already.
  ///
  /// - Throws: `ClientError.typeMismatch` if the array's elements are of another type or the key does not exist,
  ///   `.server` if it is of another kind or the file is not there.
  public init(_ key: some ArgumentConvertible, on connection: Connection) throws(ClientError) {
    try self.init(RemoteArray(key, on: connection))
  }

  /// The rows of an array: of one element each if it has one dimension.
  ///
  /// - Throws: `ClientError.typeMismatch` if the file is not there any more.
  public init(_ elements: RemoteArray<Element>) throws(ClientError) {
    guard let contents = try elements.info().contents else {
      throw .typeMismatch(expected: "an array whose file is there", found: "a detached one")
    }
    try self.init(elements, rowShape: Array(contents.shape.dropFirst()))
  }

  /// Maps a file to a key, with `MMAP`, and binds to its rows. A missing file is created unless `access` is `.readOnly`.
  ///
  /// - Parameters:
  ///   - path: the file's path below the server's root.
  ///   - key: the key, which need not exist.
  ///   - columns: how many elements a row of a new or raw file has, and must have in a file with a header; those of the
  ///     header if nil.
  ///   - connection: a connection to the server.
  ///   - format: what a missing or empty file becomes; one that has contents stays as it is.
  ///   - access: what may be done with the array.
  /// - Throws: `ClientError.server`, whose message names both types, or rows, if the file's are others.
  public static func map(
    _ path: String, to key: some ArgumentConvertible, columns: Int? = nil, on connection: Connection,
    format: ArrayFormat = .npy, access: ArrayAccess = .writable
  ) throws(ClientError) -> RemoteMatrix {
    try RemoteMatrix(.map(path, to: key, on: connection, format: format, access: access, columns: columns))
  }

  /// An array of which it is known already that its rows are of this shape.
  init(_ elements: RemoteArray<Element>, rowShape: [Int]) throws(ClientError) {
    var columnCount = 1
    for length in rowShape {
      let (product, overflow) = columnCount.multipliedReportingOverflow(by: length)
      guard length >= 0, !overflow else { throw .typeMismatch(expected: "the shape of a row", found: "\(rowShape)") }
      columnCount = product
    }
    (self.elements, self.rowShape, self.columnCount) = (elements, rowShape, columnCount)
  }

  /// How many rows there are now. Other clients and programs may change it at any time.
  public var rowCount: Int {
    get throws(ClientError) {
      columnCount > 0 ? try elements.count / columnCount : try elements.info().contents?.shape.first ?? 0
    }
  }

  /// The elements of some rows, as far as there are numbers for them.
  func indexes(of rows: Range<Int>) -> Range<Int> {
    func index(_ row: Int) -> Int {
      let (index, overflow) = row.multipliedReportingOverflow(by: columnCount)
      return overflow ? .max : index
    }
    let rows = rows.clamped(to: 0..<Int.max)
    return index(rows.lowerBound)..<index(rows.upperBound)
  }
}
