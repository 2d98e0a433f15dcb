import MappedArray
import ServerModule

/// Work that computes something of a range of elements, and replies it in parts.
protocol ComputingWork: ReadingWork
where Element == Computation.Element, Pass == Computation.Pass, Part == Computation.Part {
  associatedtype Computation: RangeComputation where Computation.Element: MappableElement

  var computation: Computation { get set }
  /// What is reserved for the results and their reply; nil if they are few.
  var memory: ReservedMemory? { get }

  /// Is called once all has been read that is needed.
  func check() throws(CommandError)
}

extension ComputingWork {
  mutating func discard() { memory?.giveBack() }

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
  /// Fewer bytes are not worth counting: 256 KiB.
  static let fewBytes = 1 << 18
}

extension Services {
  /// Reserves memory for what is computed and for the reply, before anything is read.
  ///
  /// - Parameters:
  ///   - replyBytes: how many bytes the reply can have.
  ///   - instead: what would be right if these are too many.
  /// - Returns: nil if it is little.
  func reserve(
    for computation: some RangeComputation, replyBytes: Int, instead: StaticString, _ call: Call
  ) throws(CommandError) -> ReservedMemory? {
    let bytes = try self.replyBytes(of: replyBytes, each: 1, instead: instead) + computation.mostBytes
    guard bytes > SeriesLimit.fewBytes else { return nil }
    memory.update(call.context)
    let reserved = ReservedMemory(memory)
    try reserved.add(bytes)
    return reserved
  }
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
