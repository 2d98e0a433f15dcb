/// Which end of the order is looked for.
@_documentation(visibility: internal)
public enum Extreme: Sendable, CaseIterable {
  case minimum
  case maximum
}

/// The least or greatest element so far and, if asked for, where it was first; the first NaN beats all others.
struct RunningExtreme<Element: AggregatableElement>: Sendable {
  private let extreme: Extreme
  private let isLocated: Bool
  private(set) var value: Element?
  private(set) var index: Int?

  init(_ extreme: Extreme, isLocated: Bool = false) {
    self.extreme = extreme
    self.isLocated = isLocated
  }

  /// Takes in a block whose first element has the index `position`. Only in a block that changes the value is it located.
  mutating func add(_ block: ElementView<Element>, at position: Int) {
    guard let candidate = Element.extreme(extreme, of: block), isBeaten(by: candidate) else { return }
    value = candidate
    if isLocated {
      // Not found only if another process has just overwritten it.
      index = position &+ (Element.firstIndex(of: candidate, in: block) ?? 0)
    }
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
