import LiveServer
import MappedArrayClient

/// What the server should reply.
indirect enum Expectation<Element: ModelElement> {
  case integer(Int)
  /// An element that is equal: one of both zeros may stand for the other.
  case equal(Element)
  /// nil: a null.
  case element(Element?)
  case elements([Element?])
  case list([Expectation])
  case blob([Element])
  /// Beginning with this text.
  case error(String)

  func isMet(by reply: Reply) -> Bool {
    switch self {
    case .integer(let integer): reply == .integer(integer)
    case .element(let element): Self.isSame(reply, element)
    case .elements(let elements):
      reply.elements.map { $0.count == elements.count && zip($0, elements).allSatisfy(Self.isSame) } ?? false
    case .equal(let element): (try? Element(reply)).map { $0 == element || $0 != $0 && element != element } ?? false
    case .list(let list):
      reply.elements.map { $0.count == list.count && zip(list, $0).allSatisfy { $0.isMet(by: $1) } } ?? false
    case .blob(let elements): (try? [UInt8](reply)).flatMap([Element].init(packed:))?.isSame(as: elements) ?? false
    case .error(let text): reply.errorText?.hasPrefix(text) ?? false
    }
  }

  private static func isSame(_ reply: Reply, _ element: Element?) -> Bool {
    guard let element else { return reply == .null }
    return (try? Element(reply)).map { [$0].isSame(as: [element]) } ?? false
  }
}

/// A plain array that does what the commands should do, and makes up commands for it.
struct ArrayModel<Element: ModelElement> {
  var elements: [Element] = []
  var generator: SeededGenerator

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  struct Step {
    let words: [any ArgumentConvertible]
    let expected: Expectation<Element>

    var command: [Argument] { words.map(\.argument) }
  }

  /// A random command, done to the model.
  mutating func step() -> Step {
    switch Int.random(in: 0..<28, using: &generator) {
    case 0...3: range()
    case 4...6: read()
    case 7...10: write()
    case 11...12: append()
    case 13: resize()
    case 14...15: fill()
    case 16...19: increment()
    case 20...21: pop()
    case 22...23: add()
    case 24...26: set()
    default: count()
    }
  }

  func step(_ words: [any ArgumentConvertible], _ expected: Expectation<Element>) -> Step {
    Step(words: words, expected: expected)
  }

  // MARK: What is made up

  /// An index or a bit beside.
  private mutating func index() -> Int { Int.random(in: 0..<elements.count + 4, using: &generator) }

  /// A position as `RANGE` takes it: from the end too.
  mutating func position() -> Int {
    Int.random(in: (-elements.count - 3)...(elements.count + 3), using: &generator)
  }

  /// A few elements, rarely many: so that the length wanders, and files grow by more than a page.
  private mutating func blob() -> [Element] {
    Element.samples(generator.next() % 64 == 0 ? 700 : Int(generator.next() % 12), using: &generator)
  }

  /// The indexes of a range whose ends are both part of it.
  func indexes(_ start: Int, _ stop: Int) -> Range<Int> {
    let first = max(0, start < 0 ? start + elements.count : start)
    let last = min(elements.count - 1, stop < 0 ? stop + elements.count : stop)
    return first <= last ? first..<last + 1 : 0..<0
  }

  // MARK: Commands

  private mutating func range() -> Step {
    let (start, stop) = (position(), position())
    return step(["MMAP.RANGE", "a", start, stop], .elements(elements[indexes(start, stop)].map { $0 }))
  }

  private mutating func read() -> Step {
    guard generator.next() % 4 != 0 else { return step(["MMAP.READ", "a"], .blob(elements)) }
    let (index, count) = (index(), index())
    return step(["MMAP.READ", "a", index, count], .blob(Array(elements.dropFirst(index).prefix(count))))
  }

  private mutating func write() -> Step {
    let (index, blob) = (index() + Int(generator.next() % 8), blob())
    if !blob.isEmpty {
      elements += Array(repeating: .zero, count: max(0, index + blob.count - elements.count))
      elements.replaceSubrange(index..<index + blob.count, with: blob)
    }
    return step(["MMAP.WRITE", "a", index, blob.packed], .integer(blob.count))
  }

  private mutating func append() -> Step {
    let blob = blob()
    elements += blob
    return step(["MMAP.APPEND", "a", blob.packed], .integer(blob.count))
  }

  private mutating func resize() -> Step {
    // Rather smaller than larger, so that the array stays small.
    let count = Int.random(in: 0...elements.count + 40, using: &generator)
    elements = elements.prefix(count) + Array(repeating: .zero, count: max(0, count - elements.count))
    return step(["MMAP.RESIZE", "a", count], .integer(count))
  }

  private mutating func fill() -> Step {
    let (start, stop, value) = (position(), position(), Element.sample(using: &generator))
    let range = indexes(start, stop)
    for index in range { elements[index] = value }
    return step(["MMAP.FILL", "a", start, stop, value], .integer(range.count))
  }

  private mutating func increment() -> Step {
    let overflow = generator.pick(OverflowPolicy.allCases, or: .fail)
    var words: [any ArgumentConvertible] = ["MMAP.INCRBY", "a"]
    if overflow != .fail || generator.next() % 2 == 0 { words += ["OVERFLOW", overflow.rawValue] }
    var changed = elements
    var results: [Element?] = []
    var isRefused = false
    for _ in 0...Int(generator.next() % 3) {
      let (index, increment) = (index(), Element.randomIncrement(using: &generator))
      words += [index, increment.argument]
      guard changed.indices.contains(index) else {
        results.append(nil)
        continue
      }
      if !isRefused, let sum = increment.apply(changed[index], overflow) {
        changed[index] = sum
        results.append(sum)
      } else {
        isRefused = true
      }
    }
    guard Element.isNumber else { return step(words, .error("ERR the elements are strings")) }
    guard !isRefused else { return step(words, .error("ERR delta ")) }
    elements = changed
    return step(words, .elements(results))
  }

  private mutating func pop() -> Step {
    step(["VPOP", "a"], .element(elements.popLast()))
  }

  private mutating func add() -> Step {
    let values = Element.samples(1 + Int(generator.next() % 4), using: &generator)
    elements += values
    return step(["MMAP.ADD", "a"] + values, .integer(values.count))
  }

  private mutating func set() -> Step {
    var words: [any ArgumentConvertible] = ["VSET", "a"]
    var written = 0
    for _ in 0...Int(generator.next() % 3) {
      let (index, value) = (index(), Element.sample(using: &generator))
      words += [index, value]
      guard elements.indices.contains(index) else { continue }
      elements[index] = value
      written += 1
    }
    return step(words, .integer(written))
  }

  private func count() -> Step { step(["VCOUNT", "a"], .integer(elements.count)) }
}
