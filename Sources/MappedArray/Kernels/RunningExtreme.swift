/// Which end of the order is looked for.
@_documentation(visibility: internal)
public enum Extreme: Sendable, CaseIterable {
  case minimum
  case maximum
}

/// The least or greatest element so far, and where it was first; the first NaN beats all others.
struct RunningExtreme<Element: AggregatableElement>: Sendable {
  private let extreme: Extreme
  private(set) var value: Element?
  private(set) var index: Int?

  init(_ extreme: Extreme) { self.extreme = extreme }

  /// Takes in a block whose first element has the index `position`.
  mutating func add(_ block: ElementView<Element>, at position: Int) {
    guard let candidate = Element.extreme(extreme, of: block) else { return }
    add(candidate, at: position)
  }

  /// Takes in what was found in a block whose first element has the index `position`.
  mutating func add(_ candidate: LocatedElement<Element>, at position: Int) {
    guard isBeaten(by: candidate.value) else { return }
    value = candidate.value
    index = position &+ candidate.index
  }

  /// Takes in what was found in the elements that follow.
  mutating func add(_ other: RunningExtreme) {
    guard let candidate = other.value, isBeaten(by: candidate) else { return }
    value = candidate
    index = other.index
  }

  private func isBeaten(by candidate: Element) -> Bool {
    guard let value else { return true }
    guard value == value else { return false }
    guard candidate == candidate else { return true }
    return extreme == .minimum ? candidate < value : candidate > value
  }
}
