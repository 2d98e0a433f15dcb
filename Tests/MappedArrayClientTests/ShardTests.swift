import LiveServer
import Testing

@testable import MappedArrayClient

/// The arithmetic of sharded arrays.
struct ShardTests {
  @Test("pieces are the range, in order, and none crosses a border", arguments: 0..<200)
  func pieces(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let layout = try ShardLayout(elementsPerShard: .random(in: 1...50, using: &generator))
    let first = Int.random(in: 0...500, using: &generator)
    let range = first..<first + .random(in: 0...500, using: &generator)
    var indexes: [Int] = []
    for piece in layout.pieces(of: range) {
      #expect(!piece.range.isEmpty && piece.range.upperBound <= layout.elementsPerShard)
      indexes += piece.range.compactMap { layout.index(of: $0, in: piece.shard) }
    }
    #expect(indexes == Array(range), "seed \(seed)")
    for index in range {
      let (shard, offset) = layout.place(of: index)
      #expect(layout.index(of: offset, in: shard) == index, "seed \(seed)")
    }
  }

  @Test("the ends of what can be counted")
  func limits() throws {
    let layout = try ShardLayout(elementsPerShard: 10)
    #expect(layout.index(of: 8, in: .max / 10) == nil)
    #expect(layout.index(of: 0, in: .max) == nil)
    #expect(layout.index(of: .max, in: 1) == nil)
    #expect(Array(layout.pieces(of: -20..<5)) == [ShardLayout.Piece(shard: 0, range: 0..<5)])
    #expect(Array(layout.pieces(of: Int.max - 3..<Int.max)).map(\.range.count) == [3])
    #expect(layout.pieces(of: 0..<Int.max).prefix(2).map(\.shard) == [0, 1])
    #expect(throws: ClientError.self) { try ShardLayout(elementsPerShard: 0) }
  }

  @Test("shards spread over the masters of a cluster", arguments: 0..<50, [3, 5])
  func spread(seed: UInt64, masters: Int) {
    var generator = SeededGenerator(seed: seed)
    let length = Int.random(in: 1...20, using: &generator)
    let name = String((0..<length).map { _ in generator.pick(Array("abcxyz-:0189"), or: "a") })
    let shardCount = 8 * masters
    var counts = [Int](repeating: 0, count: masters)
    for shard in 0..<shardCount { counts[HashSlot.of("\(name):\(shard)") * masters / HashSlot.count] += 1 }
    #expect(counts.allSatisfy { (2...20).contains($0) }, "seed \(seed): \(name) \(counts)")
    #expect(Set((0..<shardCount).map { HashSlot.of("{\(name)}:\($0)") }).count == 1)
  }

  /// The summary of a part as the server would describe it.
  private func summary(_ elements: ArraySlice<Double>) throws -> ArraySummary<Double> {
    guard let first = elements.first else { return ArraySummary() }
    let mean = elements.reduce(0, +) / Double(elements.count)
    let variance = elements.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(elements.count)
    func best(_ isBetter: (Double, Double) -> Bool) -> (Double, Int) {
      if let index = elements.firstIndex(where: \.isNaN) { return (.nan, index) }
      return elements.indices.reduce((first, elements.startIndex)) { best, index in
        isBetter(elements[index], best.0) ? (elements[index], index) : best
      }
    }
    let (least, greatest) = (best(<), best(>))
    func double(_ value: Double) -> Reply { .double(text: "\(value)") }
    return try ArraySummary(
      [
        double(elements.reduce(0, +)), double(least.0), double(greatest.0), .integer(least.1), .integer(greatest.1),
        double(mean), double(variance),
      ], count: elements.count
    ) { $0 }
  }

  @Test("summaries of parts make that of the whole", arguments: 0..<200)
  func summaries(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let elements = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
      seed.isMultiple(of: 4) && Int.random(in: 0..<30, using: &generator) == 0
        ? .nan : Double(Int.random(in: -9...9, using: &generator))
    }
    var parts = ArraySummary<Double>()
    var start = 0
    while start < elements.count {
      let end = min(elements.count, start + .random(in: 0...20, using: &generator))
      parts.append(try summary(elements[start..<end]))
      start = end
    }
    let whole = try summary(elements[...])
    func same(_ first: Double?, _ second: Double?) -> Bool {
      guard let first, let second else { return first == nil && second == nil }
      return first.isNaN && second.isNaN || abs(first - second) < 1e-9
    }
    let places = (parts.indexOfMinimum, parts.indexOfMaximum)
    #expect(parts.count == whole.count && places == (whole.indexOfMinimum, whole.indexOfMaximum), "seed \(seed)")
    #expect(same(parts.sum, whole.sum) && same(parts.mean, whole.mean), "seed \(seed)")
    #expect(same(parts.minimum, whole.minimum) && same(parts.maximum, whole.maximum), "seed \(seed)")
    #expect(same(parts.variance, whole.variance), "seed \(seed): \(parts) \(whole)")
    #expect(same(parts.standardDeviation, whole.standardDeviation), "seed \(seed)")
  }

  @Test("sums of integers are exact beyond 64 bits")
  func integers() throws {
    let part = try ArraySummary<Int64>(
      [
        .bigNumber("9223372036854775808"), .integer(1), .integer(5), .integer(0), .integer(1), .double(text: "2.5"),
        .bulk("1.5"),
      ], count: 2
    ) { $0 }
    var twice = part
    twice.append(part)
    #expect(twice.sum == 18_446_744_073_709_551_616 && twice.count == 4 && twice.mean == 2.5)
    #expect(throws: ClientError.self) { try ArraySummary<Int64>([.integer(1)], count: 1) { $0 } }
  }
}
