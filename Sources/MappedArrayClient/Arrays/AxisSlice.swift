/// What is selected along one dimension of an array, as `start:stop:step` or an index in NumPy's basic slicing.
///
/// ```swift
/// matrix.slice(AxisSlice(to: 10), AxisSlice(by: -1))   // NumPy's matrix[:10, ::-1]
/// ```
public struct AxisSlice: Equatable, Sendable, ExpressibleByIntegerLiteral {
  private enum Selection: Equatable {
    case index(Int)
    case range(start: Int?, stop: Int?, step: Int)
  }

  private let selection: Selection

  /// The whole dimension.
  public static let all = AxisSlice()

  /// One index; a negative one counts from the end.
  public static func index(_ index: Int) -> AxisSlice { AxisSlice(integerLiteral: index) }

  /// From `start` on, every `step`th as far as `stop`, which does not belong to it. Negative ends count from the end, and
  /// what is out of range is left out.
  ///
  /// - Parameters:
  ///   - start: the first, or the last with a negative step, if nil.
  ///   - stop: as far as there is something if nil.
  ///   - step: not 0; backwards if it is negative.
  public init(from start: Int? = nil, to stop: Int? = nil, by step: Int = 1) {
    selection = .range(start: start, stop: stop, step: step)
  }

  /// One index; a negative one counts from the end.
  public init(integerLiteral index: Int) { selection = .index(index) }

  /// As commands have it.
  var text: String {
    switch selection {
    case .index(let index): "\(index)"
    case .range(let start, let stop, let step): "\(start.text):\(stop.text):\(step)"
    }
  }

  /// How many elements of a dimension are selected.
  ///
  /// - Parameter length: the dimension's, 0 or more.
  func count(of length: Int) -> Int {
    guard case .range(let start, let stop, let step) = selection else { return 1 }
    guard step != 0 else { return 0 }
    // The ends are within these, the last index before the first among them if it goes backwards.
    let (least, greatest) = step > 0 ? (0, length) : (-1, length - 1)
    func position(_ end: Int?, ifNone limit: Int) -> Int {
      guard let end else { return limit }
      return end < 0 ? max(least, end + length) : min(greatest, end)
    }
    let first = position(start, ifNone: step > 0 ? least : greatest)
    let end = position(stop, ifNone: step > 0 ? greatest : least)
    let distance = step > 0 ? end - first : first - end
    return distance > 0 ? Int((UInt(distance) - 1) / step.magnitude) + 1 : 0
  }
}

extension Int? {
  fileprivate var text: String { map { "\($0)" } ?? "" }
}
