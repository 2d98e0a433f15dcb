/// A comparison known at compile time, so that each becomes a loop of its own.
protocol ComparisonTest {
  static func holds<Element: Comparable>(_ element: Element, _ value: Element) -> Bool
}

/// A comparison that finds an extreme.
protocol LaneOrder: ComparisonTest {
  /// A value that no other comes after.
  static var last: Double { get }

  // Not generic: only for concrete vectors does the compiler emit vector comparisons.
  static func holds(_ elements: SIMD8<Double>, _ values: SIMD8<Double>) -> SIMDMask<SIMD8<Int64>>
}

enum Less: LaneOrder {
  @inline(__always)
  static var last: Double { .infinity }

  @inline(__always)
  static func holds<Element: Comparable>(_ element: Element, _ value: Element) -> Bool { element < value }

  @inline(__always)
  static func holds(_ elements: SIMD8<Double>, _ values: SIMD8<Double>) -> SIMDMask<SIMD8<Int64>> {
    elements .< values
  }
}

enum Greater: LaneOrder {
  @inline(__always)
  static var last: Double { -.infinity }

  @inline(__always)
  static func holds<Element: Comparable>(_ element: Element, _ value: Element) -> Bool { element > value }

  @inline(__always)
  static func holds(_ elements: SIMD8<Double>, _ values: SIMD8<Double>) -> SIMDMask<SIMD8<Int64>> {
    elements .> values
  }
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
