/// A row, and what it was compared by.
package struct NearRow: Equatable, Sendable {
  package let row: Int
  package let score: Double
}

/// The rows of a range that are nearest to each of some vectors. The range is handed over in slices of any size, or in
/// parts that are put together: the result is the same, because each score is made of one row only. Of rows that are
/// equally near the lower one is the nearer. Those whose score is no number are left out.
package struct NearestRows: Sendable {
  private let queries: RowQueries
  private let measure: RowMeasure
  /// How many are wanted for each query.
  package let limit: Int
  private var heaps: [RowHeap]

  package init(_ queries: RowQueries, _ measure: RowMeasure, limit: Int) {
    self.queries = queries
    self.measure = measure
    self.limit = limit
    heaps = Array(repeating: RowHeap(), count: queries.count)
  }

  /// Elements in a row.
  package var columns: Int { queries.columns }

  package var queryCount: Int { queries.count }

  /// How many rows have their scores at once: no more than fit in 512 KiB, unless one row has more.
  private var batchCount: Int { max(1, min(256, (1 << 16) / max(1, queries.count))) }

  /// Looks at rows, the first of which has this number. O(rows · columns · queries).
  // As `Aggregation.consume`.
  @export(interface)
  package mutating func consume(_ rows: UnsafeRawPointer, count: Int, rowBytes: Int, firstRow: Int) {
    guard limit > 0 else { return }
    let batchCount = batchCount
    withUnsafeTemporaryAllocation(of: Double.self, capacity: queries.count * batchCount) { scores in
      guard let base = scores.baseAddress else { return }
      for start in stride(from: 0, to: count, by: batchCount) {
        let batch = min(batchCount, count - start)
        queries.score(measure, rows + start * rowBytes, count: batch, to: base)
        for query in 0..<queries.count {
          heaps[query].add(
            UnsafeBufferPointer(start: base + query * batch, count: batch), firstRow: firstRow + start, measure,
            limit: limit)
        }
      }
    }
  }

  /// Takes in what has been found among other rows.
  package mutating func add(_ other: NearestRows) {
    for (query, heap) in other.heaps.enumerated() {
      for entry in heap.entries { heaps[query].add(entry, limit: limit) }
    }
  }

  /// What another part of the range is looked at with.
  package func part() -> NearestRows { NearestRows(queries, measure, limit: limit) }

  /// For each query the nearest rows, nearest first.
  package func finish() -> [[NearRow]] {
    heaps.map { heap in
      heap.entries.sorted { $1.isFarther(than: $0) }.map { entry in
        NearRow(row: entry.row, score: measure == .squaredDistance ? entry.distance : 0 - entry.distance)
      }
    }
  }
}

/// The nearest rows so far: a binary heap with the farthest on top.
private struct RowHeap: Sendable {
  struct Entry: Sendable {
    let row: Int
    /// Less is nearer.
    let distance: Double

    @inline(__always)
    func isFarther(than other: Entry) -> Bool {
      distance > other.distance || distance == other.distance && row > other.row
    }
  }

  private(set) var entries: [Entry] = []

  mutating func add(_ scores: UnsafeBufferPointer<Double>, firstRow: Int, _ measure: RowMeasure, limit: Int) {
    // What is farther than this need not be looked at; NaN is neither nearer nor as near.
    var worst = entries.count < limit ? Double.infinity : entries[0].distance
    for index in 0..<scores.count {
      let distance = measure.distance(scores[index])
      guard distance <= worst else { continue }
      add(Entry(row: firstRow + index, distance: distance), limit: limit)
      if entries.count == limit { worst = entries[0].distance }
    }
  }

  mutating func add(_ entry: Entry, limit: Int) {
    if entries.count < limit {
      entries.append(entry)
      siftUp()
    } else if entries[0].isFarther(than: entry) {
      entries[0] = entry
      siftDown()
    }
  }

  private mutating func siftUp() {
    var child = entries.count - 1
    while child > 0, entries[child].isFarther(than: entries[(child - 1) / 2]) {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func siftDown() {
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < entries.count else { return }
      if child + 1 < entries.count, entries[child + 1].isFarther(than: entries[child]) { child += 1 }
      guard entries[child].isFarther(than: entries[parent]) else { return }
      entries.swapAt(child, parent)
      parent = child
    }
  }
}
