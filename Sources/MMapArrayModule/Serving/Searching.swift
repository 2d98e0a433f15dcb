import MappedArray
import ModuleWork
import ServerModule

/// Searches rows for those that are nearest to some vectors.
struct Searching<Element: MappableElement>: ReadingWork {
  /// What a row and its score have in a reply, and in memory until then, in bytes.
  static var resultBytes: Int { 64 }
  /// How many scores are made in about a millisecond where rows are short.
  private static var scoreCount: Int { 1 << 18 }

  /// Whole rows.
  let sliceCount: Int
  private var nearest: NearestRows
  private let resultBytes: Int
  private let workMemory: WorkMemory
  /// What is reserved of it; nil while that is not worth counting.
  private var memory: ReservedMemory?
  /// nil if nothing can happen to the file meanwhile.
  private let rows: RowShape
  private var isSearched = false
  private var answers: [[NearRow]] = []

  init(_ nearest: NearestRows, of array: TypedArray<Element>, resultBytes: Int, with services: Services) {
    self.nearest = nearest
    self.resultBytes = resultBytes
    workMemory = services.memory
    let (columns, queryCount) = (nearest.columns, nearest.queryCount)
    let rowBytes = columns * MemoryLayout<Element>.stride
    sliceCount = max(1, min(SliceSize.bytes / rowBytes, Self.scoreCount) / queryCount) * columns
    rows = RowShape(array)
  }

  struct Pass: Sendable {
    let nearest: NearestRows
    let rows: RowShape
  }

  mutating func nextPass() throws(CommandError) -> Pass? {
    guard !isSearched else {
      answers = nearest.finish()
      return nil
    }
    isSearched = true
    if resultBytes > ReplySize.manyBytes {
      let memory = ReservedMemory(workMemory)
      self.memory = memory
      try memory.add(resultBytes)
    }
    return Pass(nearest: nearest.part(), rows: rows)
  }

  static func read(
    _ slice: ElementView<Element>, at index: Int, in pass: Pass
  ) throws(CommandError) -> NearestRows {
    var nearest = pass.nearest
    let columns = nearest.columns
    // Rows that are gone by now are not found.
    nearest.consume(
      slice.base, count: slice.count / columns, rowBytes: columns * MemoryLayout<Element>.stride,
      firstRow: index / columns)
    try pass.rows.check()
    return nearest
  }

  mutating func take(_ part: NearestRows) -> Bool {
    nearest.add(part)
    return true
  }

  mutating func discard() {
    answers = []
    memory?.giveBack()
  }

  // MARK: - The reply

  // An answer that is long has several parts, and a part has several answers that are short.
  private var partsPerAnswer: Int { max(1, (nearest.limit + ReplySize.piece - 1) / ReplySize.piece) }
  private var answersPerPart: Int { max(1, ReplySize.piece / max(1, nearest.limit)) }

  var replyCount: Int {
    partsPerAnswer > 1
      ? nearest.queryCount * partsPerAnswer : (nearest.queryCount + answersPerPart - 1) / answersPerPart
  }

  func write(_ part: Int, to reply: Reply, isRESP3: Bool) {
    if part == 0, nearest.queryCount != 1 { reply.array(count: nearest.queryCount) }
    guard partsPerAnswer > 1 else {
      let first = part * answersPerPart
      for rows in answers[first..<min(first + answersPerPart, answers.count)] {
        reply.count(of: rows, isRESP3: isRESP3)
        reply.rows(rows[...], isRESP3: isRESP3)
      }
      return
    }
    let (answer, piece) = part.quotientAndRemainder(dividingBy: partsPerAnswer)
    let rows = answers[answer]
    if piece == 0 { reply.count(of: rows, isRESP3: isRESP3) }
    reply.rows(rows.dropFirst(piece * ReplySize.piece).prefix(ReplySize.piece), isRESP3: isRESP3)
  }
}

// Rows and their scores are replied as `ZRANGE … WITHSCORES`: flat in RESP2, pairs in RESP3.
extension Reply {
  fileprivate func count(of rows: [NearRow], isRESP3: Bool) { array(count: isRESP3 ? rows.count : 2 * rows.count) }

  fileprivate func rows(_ rows: ArraySlice<NearRow>, isRESP3: Bool) {
    withElements(of: Double.self, isRESP3: isRESP3) { reply in
      for row in rows {
        if isRESP3 { array(count: 2) }
        integer(row.row)
        reply(row.score)
      }
    }
  }
}
