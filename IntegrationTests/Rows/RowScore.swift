import MappedArrayClient

/// A row and its score, as `MMAP.KNN` replies them.
struct RowScore: Equatable {
  let row: Int
  let score: Double

  static func == (one: RowScore, other: RowScore) -> Bool {
    one.row == other.row && (one.score == other.score || one.score.isNaN && other.score.isNaN)
  }
}

extension Reply {
  /// Rows and scores of a flat answer; nil if it is none.
  var pairs: [RowScore]? {
    guard let elements, elements.count.isMultiple(of: 2) else { return nil }
    var pairs: [RowScore] = []
    for index in stride(from: 0, to: elements.count, by: 2) {
      guard case .integer(let row) = elements[index], let score = elements[index + 1].text.flatMap({ Double($0) })
      else { return nil }
      pairs.append(RowScore(row: row, score: score))
    }
    return pairs
  }
}
