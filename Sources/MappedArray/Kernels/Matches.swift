@_documentation(visibility: internal)
extension AggregatableElement where Key: SIMDScalar {
  /// How many elements are looked at together before their positions are: 1 KiB of them.
  @inline(__always)
  private static var groupCount: Int { 1024 / MemoryLayout<Self>.stride }

  /// The first position of `value`; NaN equals NaN here. O(n).
  public static func firstIndex(of value: Self, in view: ElementView<Self>) -> Int? {
    let key = value.key
    return key == key
      ? firstMatch(in: view, with: key, by: Equal.self) : firstMatch(in: view, with: key, by: Unordered.self)
  }

  /// Appends the positions of the first `limit` elements that compare so with `value`. O(n).
  public static func appendMatches(
    of comparison: Comparison, with value: Self, in view: ElementView<Self>, offset: Int, limit: Int,
    to indexes: inout [Int]
  ) {
    let key = value.key
    switch comparison {
    case .greater: append(view, key, offset, limit, &indexes, by: Greater.self)
    case .greaterOrEqual: append(view, key, offset, limit, &indexes, by: GreaterOrEqual.self)
    case .less: append(view, key, offset, limit, &indexes, by: Less.self)
    case .lessOrEqual: append(view, key, offset, limit, &indexes, by: LessOrEqual.self)
    case .equal: append(view, key, offset, limit, &indexes, by: Equal.self)
    case .notEqual: append(view, key, offset, limit, &indexes, by: NotEqual.self)
    }
  }

  @inline(__always)
  private static func firstMatch<Test: ComparisonTest>(
    in view: ElementView<Self>, with value: Key, by test: Test.Type
  ) -> Int? {
    var match: Int?
    view.forEachSlice(of: groupCount) { group, start in
      guard hasMatch(in: group, with: value, by: test) else { return true }
      match = (0..<group.count).first { Test.holds(group[$0].key, value) }.map { start &+ $0 }
      return match == nil
    }
    return match
  }

  /// Collects the positions of a group without a branch per element: each is stored, and kept if it matches.
  @inline(__always)
  private static func append<Test: ComparisonTest>(
    _ view: ElementView<Self>, _ value: Key, _ offset: Int, _ limit: Int, _ indexes: inout [Int], by test: Test.Type
  ) {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: groupCount) { matches in
      var remaining = limit
      view.forEachSlice(of: groupCount) { group, start in
        guard remaining > 0 else { return false }
        guard hasMatch(in: group, with: value, by: test) else { return true }
        var matchCount = 0
        var index = 0
        while index < group.count {
          matches.initializeElement(at: matchCount, to: offset &+ start &+ index)
          // A condition here would be compiled to a branch. A Bool is a byte, 0 or 1.
          matchCount &+= Int(unsafeBitCast(Test.holds(group[index].key, value), to: UInt8.self))
          index &+= 1
        }
        let taken = min(matchCount, remaining)
        indexes.append(contentsOf: matches[..<taken])
        remaining &-= taken
        return true
      }
    }
  }

  /// The result is gathered in an integer as wide as the element, so that the loop needs no conversions. Inlined, the loop
  /// would be turned into one that ends at the first match, which is not vectorised.
  @inline(never)
  private static func hasMatch<Test: ComparisonTest>(
    in group: ElementView<Self>, with value: Key, by _: Test.Type
  ) -> Bool {
    var found: Key.SIMDMaskScalar = 0
    for index in 0..<group.count {
      found |= Test.holds(group[index].key, value) ? 1 : 0
    }
    return found != 0
  }
}
