import TestSupport
import Testing

@testable import MappedArray

/// What is computed of many elements, on arrays; the kernels have tests of their own.
struct AnalysisTests {
  private let directory: TemporaryDirectory
  private let path: FilePath

  init() throws {
    directory = try TemporaryDirectory()
    path = FilePath(directory.path + "/array.npy")
  }

  /// Over several blocks of any type.
  private static let count = 200_003

  @Test("integers")
  func integers() throws {
    var random = SeededGenerator(seed: 6)
    let elements = (0..<Self.count).map { _ in Int64.random(in: .min ... .max, using: &random) }
    var array = try MappedArray<Int64>(creating: path)
    try array.append(contentsOf: elements)
    for range in [0..<Int.max, 0..<0, 5..<6, 70_000..<199_999, Self.count..<Int.max, -5..<9] {
      let part = elements[range.clamped(to: elements.indices)]
      let sum = part.reduce(Int128(0)) { $0 + Int128($1) }
      #expect(try array.sum(in: range) == sum)
      #expect(try array.min(in: range) == part.min())
      #expect(try array.max(in: range) == part.max())
      let mean = try array.mean(in: range)
      #expect((mean == nil) == part.isEmpty)
      if let mean { #expect(abs(mean - Double(sum) / Double(part.count)) <= abs(mean) * 1e-12) }
      let value = part.dropFirst(part.count / 2).first ?? 0
      #expect(try array.firstIndex(of: value, in: range) == part.firstIndex(of: value))
      let expected = part.indices.filter { part[$0] > value }
      #expect(try array.indexes(where: .greater, than: value, in: range) == expected)
      #expect(try array.indexes(where: .greater, than: value, in: range, limit: 3) == Array(expected.prefix(3)))
    }
    #expect(try array.sum() == elements.reduce(Int128(0)) { $0 + Int128($1) })
    #expect(
      try array.aggregate([.indexOfMaximum, .sum, .minimum], in: 100..<200) == [
        .index(elements[100..<200].indices.max { elements[$0] < elements[$1] } ?? 0),
        .integer(elements[100..<200].reduce(0) { $0 + Int128($1) }), .element(elements[100..<200].min() ?? 0),
      ])
  }

  @Test("floats, as NumPy has them")
  func floats() throws {
    try Python.run(
      script: """
        import numpy, sys
        numpy.save(sys.argv[1], numpy.random.default_rng(7).standard_normal(\(Self.count)))
        """, arguments: [path.string])
    let array = try MappedArray<Double>(path)
    let seen = try Python.run(
      script: """
        import numpy, sys
        a = numpy.load(sys.argv[1])
        print(repr(float(a.min())), repr(float(a.max())), a.argmin(), a.argmax(), repr(float(a.mean())), repr(float(a.std())))
        """, arguments: [path.string]
    ).split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    try #require(seen.count == 6)
    #expect(try array.min() == seen[0])
    #expect(try array.max() == seen[1])
    let mean = try #require(try array.mean())
    #expect(abs(mean - seen[4]) < 1e-12)
    #expect(abs(try array.sum() - seen[4] * Double(Self.count)) < 1e-8)
    let results = try array.aggregate([.indexOfMinimum, .indexOfMaximum, .standardDeviation])
    #expect(results[0] == .index(Int(seen[2])))
    #expect(results[1] == .index(Int(seen[3])))
    guard case .element(let deviation) = results[2] else {
      Issue.record("\(results[2])")
      return
    }
    #expect(abs(deviation - seen[5]) < 1e-12)
  }

  @Test("NaN beats all, and is found")
  func unordered() throws {
    var array = try MappedArray<Float>(creating: path)
    try array.append(contentsOf: [1, .nan, -3])
    #expect(try array.min()?.isNaN == true)
    #expect(try array.max()?.isNaN == true)
    #expect(try array.sum().isNaN)
    #expect(try array.firstIndex(of: .nan) == 1)
    #expect(try array.min(in: 2..<3) == -3)
  }

  @Test("sorted elements")
  func sorted() throws {
    var array = try MappedArray<Int16>(creating: path)
    try array.append(contentsOf: [10, 20, 20, 30])
    #expect(try [5, 10, 20, 25, 35].map { try array.insertionIndex(of: $0) } == [0, 0, 1, 3, 4])
    #expect(try [5, 10, 20, 25, 35].map { try array.insertionIndex(of: $0, side: .right) } == [0, 1, 3, 3, 4])
  }

  @Test("what is appended comes from any sequence")
  func sequences() throws {
    var array = try MappedArray<UInt8>(creating: path)
    try array.append(contentsOf: [1, 2])
    try array.append(contentsOf: stride(from: 3 as UInt8, to: 9, by: 2))
    try array.append(contentsOf: ([9, 10] as [UInt8]).span)
    try array.append(contentsOf: [])
    #expect(array.contents == [1, 2, 3, 5, 7, 9, 10])
  }
}

/// An array as a collection.
struct SharedMappedArrayTests {
  private func array(_ elements: [Double]) throws -> MappedArray<Double> {
    let directory = try TemporaryDirectory()
    // The mapping needs no name of its file.
    var array = try MappedArray<Double>(creating: FilePath(directory.path + "/array.npy"), shape: [0, 2])
    try array.append(contentsOf: elements)
    return array
  }

  @Test("it does what an array of the same elements does")
  func collection() throws {
    var random = SeededGenerator(seed: 8)
    let elements = (0..<1000).map { _ in Double.random(in: -1...1, using: &random) }
    let shared = try array(elements).shared()
    #expect(shared.count == 1000 && shared.shape == [500, 2])
    #expect(Array(shared) == elements)
    #expect(shared.sorted() == elements.sorted())
    #expect(Array(shared.reversed()) == elements.reversed())
    #expect(shared.max() == elements.max())
    #expect(Array(shared[10..<20].dropFirst(3)) == Array(elements[13..<20]))
    #expect(shared.firstIndex(of: elements[700]) == 700)
    #expect(shared.distance(from: 3, to: 9) == 6 && shared.index(3, offsetBy: -2) == 1)
    #expect(shared.withContiguousStorageIfAvailable { Array($0) } == elements)
    let span = try shared.span
    #expect(span.indices.allSatisfy { span[$0] == elements[$0] })
    try shared.checkFault()
  }

  @Test("copies share the mapping, on any thread, until the last is gone")
  func copies() async throws {
    let elements = (0..<5000).map(Double.init)
    var copy = SharedMappedArray(try array([0, 0]))
    do {
      let shared = try array(elements).shared()
      copy = shared
    }
    let sums = await withTaskGroup(of: Double.self) { group in
      for _ in 0..<8 { group.addTask { [copy] in copy.reduce(0, +) } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(sums == Array(repeating: elements.reduce(0, +), count: 8))
  }

  @Test("the file is given back with the last copy")
  func released() throws {
    let directory = try TemporaryDirectory()
    let path = FilePath(directory.path + "/array.npy")
    do {
      let shared = try MappedArray<Double>(creating: path).shared()
      let copy = shared
      #expect(throws: MappedArrayError.locked(path: path.string)) { _ = try MappedArray<Double>(updating: path) }
      #expect(copy.isEmpty)
    }
    #expect(try MappedArray<Double>(updating: path).isEmpty)
  }
}
