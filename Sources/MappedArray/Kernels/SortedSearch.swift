@_documentation(visibility: internal)
extension AggregatableElement {
  /// Where `value` belongs in a sorted view, as `numpy.searchsorted`: NaN comes after every number. On a view that is
  /// not sorted some index in `0...count`. O(log n).
  public static func insertionIndex(of value: Self, in view: ElementView<Self>, side: SearchSide) -> Int {
    var low = 0
    var high = view.count
    while low < high {
      let middle = low &+ (high &- low) / 2
      let element = view[middle]
      let isBefore =
        switch side {
        case .left: precedes(element, value)
        case .right: !precedes(value, element)
        }
      if isBefore {
        low = middle &+ 1
      } else {
        high = middle
      }
    }
    return low
  }

  @inline(__always)
  private static func precedes(_ first: Self, _ second: Self) -> Bool {
    first < second || (second != second && first == first)
  }
}
