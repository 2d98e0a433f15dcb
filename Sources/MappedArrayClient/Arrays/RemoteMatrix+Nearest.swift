/// A row that was found, and how near it is.
public struct NearRow: Equatable, Sendable {
  /// Which row, from 0.
  public let row: Int
  /// What it was compared by: a squared distance, an inner product or a cosine.
  public let score: Double

  /// A row with its score.
  public init(row: Int, score: Double) {
    self.row = row
    self.score = score
  }
}

extension RemoteMatrix {
  /// The rows that are nearest to a vector, exactly, nearest first; of rows that are equally near the lower one first.
  ///
  /// ```swift
  /// let similar = try images.nearest(5, to: image)
  /// ```
  ///
  /// - Parameters:
  ///   - count: how many; fewer are returned where there are not as many.
  ///   - vector: as many elements as a row has.
  ///   - measure: what rows are compared by.
  ///   - rows: which are searched. A row whose score is no number, one with NaN for instance, is left out.
  /// - Throws: `ClientError.typeMismatch` if the vector has not as many elements as a row.
  /// - Complexity: O(elements) on the server, at the speed of its memory; a few bytes for each row on the way.
  public func nearest(
    _ count: Int, to vector: [Element], by measure: RowMeasure = .squaredDistance, in rows: Range<Int> = 0..<Int.max
  ) throws(ClientError) -> [NearRow] {
    try nearest(count, toEach: CollectionOfOne(vector), by: measure, in: rows).first ?? []
  }

  /// The rows that are nearest to each of several vectors, which the server compares with each block of rows while it is
  /// in the processor's cache: faster than one vector after the other.
  ///
  /// More than 16 MiB or 65 536 vectors are sent in several commands.
  ///
  /// - Parameters: as for ``nearest(_:to:by:in:)``.
  /// - Returns: an answer for each vector.
  /// - Throws: `ClientError.typeMismatch` if a vector has not as many elements as a row; nothing is sent then.
  /// - Complexity: O(vectors · elements) on the server.
  public func nearest(
    _ count: Int, toEach vectors: some Collection<[Element]>, by measure: RowMeasure = .squaredDistance,
    in rows: Range<Int> = 0..<Int.max
  ) throws(ClientError) -> [[NearRow]] {
    for vector in vectors { try checkColumns(of: vector) }
    let range: [Argument] = rows == 0..<Int.max ? [] : ["ROWS"] + elements.positions(of: rows)
    let most = max(1, min(1 << 16, (16 << 20) / MemoryLayout<Element>.size / max(1, columnCount)))
    var answers: [[NearRow]] = []
    var rest = vectors[...]
    while !rest.isEmpty {
      let part = Array(rest.prefix(most))
      let packed = Argument(copying: Array(part.joined()).span.bytes)
      let words = [Argument(count), Argument(measure.rawValue), packed] + range
      if part.count == 1 {
        answers.append(try elements.call("MMAP.KNN", words, as: NearRows.self).rows)
      } else {
        let found = try elements.call("MMAP.KNN", words, as: [NearRows].self)
        guard found.isEmpty || found.count == part.count else {
          throw .typeMismatch(expected: "\(part.count) answers", found: "\(found.count)")
        }
        // Of a key that is gone there is no answer at all.
        answers += found.isEmpty ? Array(repeating: [], count: part.count) : found.map(\.rows)
      }
      rest = rest.dropFirst(part.count)
    }
    return answers
  }
}

/// An answer of `MMAP.KNN`: flat in RESP2, pairs in RESP3.
private struct NearRows: ReplyValue {
  let rows: [NearRow]

  init(_ reply: Reply) throws(ClientError) {
    guard let elements = reply.elements else { throw reply.mismatch("array") }
    var words = elements.flatMap { $0.elements ?? [$0] }[...]
    var rows: [NearRow] = []
    while let row = words.popFirst() {
      rows.append(NearRow(row: try Int(row), score: try Double(words.popFirst() ?? .null)))
    }
    self.rows = rows
  }
}
