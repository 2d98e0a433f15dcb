/// How many of the pages that were looked for lately were not in memory.
package struct MissShare {
  /// Of 1024.
  private var share = 0

  package init() {}

  /// Whether it is more than half of them.
  package var isHigh: Bool { share > 512 }

  /// A page has been looked for.
  package mutating func note(wasMissing: Bool) { share += ((wasMissing ? 1024 : 0) - share) >> 4 }
}
