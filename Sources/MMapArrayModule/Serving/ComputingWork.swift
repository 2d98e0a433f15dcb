import MappedArray
import ModuleWork
import ServerModule

/// Work that computes something of a range of elements, and replies it in parts.
protocol ComputingWork: SlicedWork where Element == Computation.Element {
  associatedtype Computation: RangeComputation where Computation.Element: MappableElement

  var computing: Computing<Computation> { get set }

  /// Is called once all has been read that is needed.
  func check() throws(CommandError)

  /// In how many parts the reply is made.
  var replyCount: Int { get }

  /// Makes a part of the reply.
  func write(_ part: Int, to reply: Reply)
}

/// A computation, and how far it is.
struct Computing<Computation: RangeComputation> where Computation.Element: MappableElement {
  fileprivate(set) var computation: Computation
  fileprivate let range: Range<Int>
  fileprivate var pass: Computation.Pass?
  fileprivate var slices: Slices<Computation.Element>

  init(_ computation: Computation, over range: Range<Int>) {
    self.computation = computation
    self.range = range
    slices = Slices(range)
  }
}

extension ComputingWork {
  var computation: Computation { computing.computation }

  func check() throws(CommandError) {}

  mutating func advance(_ array: TypedArray<Element>) throws(CommandError) -> Bool {
    if computing.pass == nil {
      computing.pass = computing.computation.nextPass()
      computing.slices = Slices(computing.range)
    }
    guard let pass = computing.pass else {
      try check()
      return false
    }
    let slice = computing.slices.next()
    let part = array.elements.withElements(in: slice) { Computation.read($0, at: slice.lowerBound, in: pass) }
    try onArray(array.elements.checkFault())
    computing.computation.take(part)
    guard computing.slices.isEmpty else { return true }
    computing.pass = nil
    // What fits in a slice is done at once, whatever the number of passes.
    return computing.range.count > slice.count ? true : try advance(array)
  }

  func reply(to call: Call) {
    for part in 0..<replyCount { write(part, to: call.reply) }
  }
}

/// How much is computed and replied at most.
enum SeriesLimit {
  /// Buckets, points and bins: 1 048 576. The largest take 160 bytes each.
  static let count = 1 << 20
  /// Values in a part of a reply.
  static let piece = 1 << 14
}

extension Reply {
  /// What was computed of elements.
  func aggregate<Element: MappableElement>(_ result: AggregateResult<Element>) {
    switch result {
    case .integer(let integer): exactInteger(integer)
    case .element(let element): withElements(of: Element.self) { $0(element) }
    case .double(let double): withElements(of: Double.self) { $0(double) }
    case .index(let index): integer(index)
    case .none: null()
    }
  }
}
