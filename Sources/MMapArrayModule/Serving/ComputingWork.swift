import MappedArray
import ServerModule

/// Work that computes something of a range of elements, and replies it in parts.
protocol ComputingWork: ReadingWork
where Element == Computation.Element, Pass == Computation.Pass, Part == Computation.Part {
  associatedtype Computation: RangeComputation where Computation.Element: MappableElement

  var computation: Computation { get set }

  /// Is called once all has been read that is needed.
  func check() throws(CommandError)
}

extension ComputingWork {
  func check() throws(CommandError) {}

  mutating func nextPass() throws(CommandError) -> Computation.Pass? {
    if let pass = computation.nextPass() { return pass }
    try check()
    return nil
  }

  static func read(
    _ slice: ElementView<Element>, at index: Int, in pass: Computation.Pass
  ) throws(CommandError) -> Computation.Part {
    Computation.read(slice, at: index, in: pass)
  }

  static func isOrdered(_ pass: Computation.Pass) -> Bool { Computation.isOrdered(pass) }

  mutating func take(_ part: Computation.Part) throws(CommandError) -> Bool {
    computation.take(part)
    return true
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
  func aggregate<Element: MappableElement>(_ result: AggregateResult<Element>, isRESP3: Bool) {
    switch result {
    case .integer(let integer): exactInteger(integer)
    case .element(let element): withElements(of: Element.self, isRESP3: isRESP3) { $0(element) }
    case .double(let double): withElements(of: Double.self, isRESP3: isRESP3) { $0(double) }
    case .index(let index): integer(index)
    case .none: null()
    }
  }
}
