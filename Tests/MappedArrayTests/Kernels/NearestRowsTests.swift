import TestSupport
import Testing

@testable import MappedArray

/// The kernels for rows: each set of instructions, and however the rows are divided.
struct NearestRowsTests {
  private static let measures: [RowMeasure] = [.squaredDistance, .innerProduct, .cosine]

  private func scores(
    _ set: Int32, _ measure: RowMeasure, _ type: ElementType, _ rows: [UInt8], _ queries: [UInt8], columns: Int
  ) -> [UInt64]? {
    queries.withUnsafeBytes { queries in
      guard let prepared = RowQueries(queries, columns: columns, of: type, set: set) else { return nil }
      let count = rows.count / (columns * type.size)
      return [Double](unsafeUninitializedCapacity: count * prepared.count) { scores, initialized in
        // Rows may begin at any byte.
        ([0] + rows).withUnsafeBytes { bytes in
          guard let base = bytes.baseAddress, let scores = scores.baseAddress else { return }
          prepared.score(measure, base + 1, count: count, to: scores)
        }
        initialized = count * prepared.count
      }.map { $0.isNaN ? 0 : $0.bitPattern }
    }
  }

  @Test(
    "all sets of instructions give the same scores to the last bit, however many at once",
    arguments: ElementType.numbers)
  func sets(type: ElementType) throws {
    var random = SeededGenerator(seed: 7)
    for columns in [1, 7, 8, 15, 16, 31, 33, 255, 256, 257, 700] {
      let rows = packed(random: &random, count: 41 * columns, type)
      let queries = packed(random: &random, count: 6 * columns, type)
      for measure in NearestRowsTests.measures {
        let portable = try #require(scores(0, measure, type, rows, queries, columns: columns))
        for set: Int32 in [1, 2, 3, -1] {
          guard let other = scores(set, measure, type, rows, queries, columns: columns) else { continue }
          #expect(other == portable, "\(columns) columns, set \(set), \(measure)")
        }
        // Nor do they depend on what else is scored at the same time.
        for set: Int32 in [0, -1] {
          let single = try (0..<6).flatMap { query in
            let size = columns * type.size
            let elements = Array(queries[query * size..<(query + 1) * size])
            return try [0..<1, 1..<18, 18..<41].flatMap { part in
              let part = Array(rows[part.lowerBound * size..<part.upperBound * size])
              return try #require(scores(set, measure, type, part, elements, columns: columns))
            }
          }
          #expect(single == portable, "\(columns) columns, one by one, set \(set), \(measure)")
        }
      }
    }
  }

  @Test(
    "however long rows are, and however large their bytes, scores are exact",
    arguments: [ElementType.i8, .u8, .bool], [0, 1, 2, 3] as [Int32])
  func longRows(type: ElementType, set: Int32) {
    let columns = 70_001
    for (x, y) in [(0xFF, 0xFF), (0x80, 0x80), (0x7F, 0x7F), (0x80, 0x7F), (0xFF, 0), (0, 0xFF)] as [(UInt8, UInt8)] {
      let rows = [UInt8](repeating: x, count: 5 * columns)
      let queries = [UInt8](repeating: y, count: 5 * columns)
      func value(_ byte: UInt8) -> Int {
        type == .i8 ? Int(Int8(bitPattern: byte)) : type == .bool ? min(Int(byte), 1) : Int(byte)
      }
      let difference = value(x) - value(y)
      for (measure, expected) in [
        (RowMeasure.squaredDistance, difference * difference * columns), (.innerProduct, value(x) * value(y) * columns),
      ] {
        // Not every processor has every set.
        guard let found = scores(set, measure, type, rows, queries, columns: columns) else {
          return #expect(set > 0)
        }
        #expect(found == Array(repeating: Double(expected).bitPattern, count: 25), "\(x) \(y) \(measure)")
      }
    }
  }

  @Test("every f16 is converted, with instructions for it and without", arguments: [0, 1, 2, 3] as [Int32])
  func halves(set: Int32) {
    let halves = [UInt16](0 ... .max)
    let one = [Float16(1).bitPattern, 0]
    let prepared = one.withUnsafeBytes {
      RowQueries(UnsafeRawBufferPointer(rebasing: $0[..<2]), columns: 1, of: .f16, set: set)
    }
    // Not every processor has every set.
    guard let prepared else { return #expect(set > 0) }
    for measure in [RowMeasure.innerProduct, .squaredDistance] {
      let scores = [Double](unsafeUninitializedCapacity: halves.count) { scores, initialized in
        halves.withUnsafeBytes { rows in
          guard let rows = rows.baseAddress, let scores = scores.baseAddress else { return }
          prepared.score(measure, rows, count: halves.count, to: scores)
        }
        initialized = halves.count
      }
      for (half, score) in zip(halves, scores) {
        let value = Double(Float16(bitPattern: half))
        let expected = measure == .innerProduct ? value : (value - 1) * (value - 1)
        let margin = measure == .innerProduct || !expected.isFinite ? 0 : expected * 0x1p-22
        #expect(
          score == expected || score.isNaN && expected.isNaN || abs(score - expected) <= margin, "\(half) \(measure)")
      }
    }
  }

  /// Elements of any bits.
  private func packed(random: inout SeededGenerator, count: Int, _ type: ElementType) -> [UInt8] {
    (0..<count * type.size).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  @Test("the result does not depend on how rows are divided")
  func division() throws {
    var random = SeededGenerator(seed: 8)
    let columns = 5
    // Few values, so that there are many ties.
    let rows = (0..<1000 * columns).map { _ in Int8.random(in: -1...1, using: &random) }
    let queries = (0..<3 * columns).map { _ in Int8.random(in: -1...1, using: &random) }
    let prepared = try #require(queries.withUnsafeBytes { RowQueries($0, columns: columns, of: .i8) })
    for measure in NearestRowsTests.measures {
      for limit in [0, 1, 10, 2000] {
        let whole = NearestRows(prepared, measure, limit: limit)
        func search(_ part: Range<Int>, _ nearest: inout NearestRows) {
          rows.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            nearest.consume(
              base + part.lowerBound * columns, count: part.count, rowBytes: columns, firstRow: part.lowerBound)
          }
        }
        var expected = whole
        search(0..<1000, &expected)
        for _ in 0..<5 {
          let cuts = ([0, 1000] + (0..<4).map { _ in Int.random(in: 0...1000, using: &random) }).sorted()
          var parts = zip(cuts, cuts.dropFirst()).map { start, end in
            var part = whole.part()
            search(start..<end, &part)
            return part
          }
          // In any order.
          parts.shuffle(using: &random)
          var sum = whole
          for part in parts { sum.add(part) }
          #expect(sum.finish() == expected.finish())
        }
        #expect(expected.finish().allSatisfy { $0.count == min(limit, 1000) })
      }
    }
  }
}
