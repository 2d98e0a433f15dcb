import TestSupport
import Testing

@testable import MappedArray

/// Parts of arrays of several dimensions, against indexes that are counted one by one.
struct SubArrayTests {
  /// What Python's `range(*slice(start, stop, step).indices(size))` has, step by step.
  private func indexes(_ start: Int?, _ stop: Int?, _ step: Int, size: Int) -> [Int] {
    func end(_ position: Int) -> Int {
      let position = position < 0 ? position + size : position
      return step > 0 ? min(max(position, 0), size) : min(max(position, -1), size - 1)
    }
    var index = start.map(end) ?? (step > 0 ? 0 : size - 1)
    let last = stop.map(end) ?? (step > 0 ? size : -1)
    var indexes: [Int] = []
    while step > 0 ? index < last : index > last {
      indexes.append(index)
      index += step
    }
    return indexes
  }

  @Test("random selections, copied in pieces")
  func random() throws {
    var random = SeededGenerator(seed: 20_261_121)
    for _ in 0..<3000 {
      let shape = (0..<Int.random(in: 1...4, using: &random)).map { _ in Int.random(in: 1...6, using: &random) }
      let values = (0..<shape.reduce(1, *)).map { UInt16($0) }
      var (selections, expected, stride) = ([AxisSelection](), [0], values.count)
      for size in shape {
        stride /= size
        let start = Bool.random(using: &random) ? Int.random(in: -9...9, using: &random) : nil
        let stop = Bool.random(using: &random) ? Int.random(in: -9...9, using: &random) : nil
        let step = [1, 1, 2, -1, -2, 3, 7, -7][Int.random(in: 0..<8, using: &random)]
        selections.append(.slice(start: start, stop: stop, step: step))
        let found = indexes(start, stop, step, size: size)
        expected = expected.flatMap { base in found.map { base + $0 * stride } }
      }
      var failedAxis: Int?
      let part = try #require(SubArray(selections, shape: shape, failedAxis: &failedAxis))
      #expect(part.count == expected.count)
      var visited: [Int] = []
      part.forEachRun { visited += $0 }
      #expect(visited == expected)
      if let range = part.range { #expect(Array(range) == expected) }
      if let least = expected.min(), let most = expected.max() { #expect(part.extent == least..<most + 1) }
      var copy = [UInt16](repeating: .max, count: expected.count)
      values.withUnsafeBytes { values in
        copy.withUnsafeMutableBytes { copy in
          guard let base = values.baseAddress, let target = copy.baseAddress else { return }
          let elements = ElementView<UInt16>(base: base + 2 * part.extent.lowerBound, count: part.extent.count)
          let length = Int.random(in: 1...40, using: &random)
          for start in Swift.stride(from: 0, to: part.count, by: length) {
            part.copy(start..<start + length, of: elements, to: target + 2 * start)
          }
        }
      }
      #expect(copy.map { Int($0) } == expected)
    }
  }

  @Test("indexes that are out of range, and too many selections")
  func refused() {
    var failedAxis: Int?
    #expect(SubArray([.index(0), .index(3)], shape: [1, 3], failedAxis: &failedAxis) == nil)
    #expect(failedAxis == 1)
    failedAxis = nil
    #expect(SubArray([.index(0), .index(0)], shape: [1], failedAxis: &failedAxis) == nil)
    #expect(failedAxis == nil)
    #expect(SubArray([.index(-1)], shape: [0], failedAxis: &failedAxis) == nil)
    #expect(failedAxis == 0)
  }
}
