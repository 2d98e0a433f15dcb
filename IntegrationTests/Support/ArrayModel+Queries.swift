import MappedArrayClient

// What is asked of an array.
extension ArrayModel {
  /// A random question, which changes nothing but, now and then, the order of the elements.
  mutating func query() -> Step {
    switch Int.random(in: 0..<8, using: &generator) {
    case 0...1: find()
    case 2: search()
    case 3...4: slice()
    case 5...6: aggregate()
    default: buckets()
    }
  }

  /// A value, preferably one that there is.
  private mutating func value() -> Element {
    generator.next() % 3 == 0
      ? Element.sample(using: &generator) : generator.pick(elements, or: Element.sample(using: &generator))
  }

  private mutating func find() -> Step {
    let comparisons: [(String, (Element, Element) -> Bool)] = [
      ("LT", { $0 < $1 }), ("LE", { $0 <= $1 }), ("GT", { $0 > $1 }), ("GE", { $0 >= $1 }), ("EQ", { $0 == $1 }),
      ("NE", { $0 != $1 }),
    ]
    let (start, stop, value) = (position(), position(), value())
    let (word, holds) = comparisons[Int(generator.next() % 6)]
    var words: [any ArgumentConvertible] = ["MMAP.FIND", "a", start, stop, word, value]
    var found = indexes(start, stop).filter { holds(elements[$0], value) }
    if generator.next() % 2 == 0 {
      let limit = 1 + Int(generator.next() % 5)
      words += ["LIMIT", limit]
      found = Array(found.prefix(limit))
    }
    return step(words, .list(found.map { .integer($0) }))
  }

  /// In the order of NumPy: NaN comes last.
  private static func isLess(_ first: Element, _ second: Element) -> Bool {
    first < second || first == first && second != second
  }

  /// Sorts the array, or searches it if it is sorted.
  private mutating func search() -> Step {
    let sorted = elements.sorted(by: Self.isLess)
    guard elements.isSame(as: sorted) else {
      elements = sorted
      return step(["MMAP.WRITE", "a", 0, sorted.packed], .integer(sorted.count))
    }
    let value = value()
    let isRight = generator.next() % 2 == 0
    let before = elements.count { Self.isLess($0, value) || isRight && !Self.isLess(value, $0) }
    return step(["MMAP.SEARCHSORTED", "a", value, isRight ? "RIGHT" : "LEFT"], .integer(before))
  }

  private mutating func slice() -> Step {
    func part(_ bound: Int?) -> String { bound.map(String.init) ?? "" }
    var bound: Int? { generator.next() % 4 == 0 ? nil : position() }
    let (start, stop) = (bound, bound)
    let stride = [1, 2, 7, -1, -3][Int(generator.next() % 5)]
    // As Python's `slice.indices`.
    let limits = stride > 0 ? 0...elements.count : -1...elements.count - 1
    func index(_ bound: Int) -> Int {
      min(max(bound < 0 ? bound + elements.count : bound, limits.lowerBound), limits.upperBound)
    }
    let first = start.map(index) ?? (stride > 0 ? limits.lowerBound : limits.upperBound)
    let last = stop.map(index) ?? (stride > 0 ? limits.upperBound : limits.lowerBound)
    return step(
      ["MMAP.SLICE", "a", "\(part(start)):\(part(stop)):\(stride)"],
      .blob(Swift.stride(from: first, to: last, by: stride).map { elements[$0] }))
  }

  private static var operations: [String] { ["MIN", "MAX", "ARGMIN", "ARGMAX", "FIRST", "LAST", "COUNT"] }

  /// What the operations make of a range: the first NaN is both extremes.
  private func results(_ range: Range<Int>) -> [Expectation<Element>] {
    func extreme(_ isBetter: (Element, Element) -> Bool) -> Int? {
      range.first { elements[$0] != elements[$0] }
        ?? range.reduce(nil) { best, index in
          best.map { isBetter(elements[index], elements[$0]) ? index : $0 } ?? index
        }
    }
    guard let least = extreme(<), let greatest = extreme(>) else {
      return Array(repeating: .element(nil), count: 6) + [.integer(0)]
    }
    return [
      .equal(elements[least]), .equal(elements[greatest]), .integer(least), .integer(greatest),
      .element(elements[range.lowerBound]), .element(elements[range.upperBound - 1]), .integer(range.count),
    ]
  }

  private mutating func aggregate() -> Step {
    let (start, stop) = (position(), position())
    return step(["MMAP.AGG", "a", start, stop] + Self.operations, .list(results(indexes(start, stop))))
  }

  private mutating func buckets() -> Step {
    let (start, stop, count) = (position(), position(), 1 + Int(generator.next() % 9))
    let range = indexes(start, stop)
    let parts = min(count, range.count)
    let buckets = (0..<parts).map { part in
      let bounds = [part, part + 1].map { range.lowerBound + $0 * range.count / parts }
      return Expectation.list(results(bounds[0]..<bounds[1]))
    }
    return step(["MMAP.BUCKETS", "a", start, stop, count] + Self.operations, .list(buckets))
  }
}
