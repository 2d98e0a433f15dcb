@_documentation(visibility: internal)
extension AggregatableElement {
  /// Where `value` belongs in a sorted view, as `numpy.searchsorted`: NaN comes after every number. On a view that is
  /// not sorted some index in `0...count`. O(log n).
  public static func insertionIndex(of value: Self, in view: ElementView<Self>, side: SearchSide) -> Int {
    let key = value.key
    var low = 0
    var high = view.count
    while low < high {
      let middle = low &+ (high &- low) / 2
      let element = view[middle].key
      let isBefore =
        switch side {
        case .left: precedes(element, key)
        case .right: !precedes(key, element)
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
  private static func precedes(_ first: Key, _ second: Key) -> Bool {
    first < second || (second != second && first == first)
  }
}
