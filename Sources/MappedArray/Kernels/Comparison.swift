/// A comparison known at compile time, so that each becomes a loop of its own.
protocol ComparisonTest {
  static func holds<Element: Comparable>(_ element: Element, _ value: Element) -> Bool
}

enum Less: ComparisonTest {
  @inline(__always)
  static func holds<Element: Comparable>(_ element: Element, _ value: Element) -> Bool { element < value }
}

enum Greater: ComparisonTest {
  @inline(__always)
  static func holds<Element: Comparable>(_ element: Element, _ value: Element) -> Bool { element > value }
}

enum LessOrEqual: ComparisonTest {
  @inline(__always)
  static func holds<Element: Comparable>(_ element: Element, _ value: Element) -> Bool { element <= value }
}

enum GreaterOrEqual: ComparisonTest {
  @inline(__always)
  static func holds<Element: Comparable>(_ element: Element, _ value: Element) -> Bool { element >= value }
}

enum Equal: ComparisonTest {
  @inline(__always)
  static func holds<Element: Comparable>(_ element: Element, _ value: Element) -> Bool { element == value }
}

enum NotEqual: ComparisonTest {
  @inline(__always)
  static func holds<Element: Comparable>(_ element: Element, _ value: Element) -> Bool { element != value }
}

/// Whether the element is NaN.
enum Unordered: ComparisonTest {
  @inline(__always)
  static func holds<Element: Comparable>(_ element: Element, _: Element) -> Bool { element != element }
}
