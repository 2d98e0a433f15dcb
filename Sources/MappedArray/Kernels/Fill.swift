@_documentation(visibility: internal)
extension AggregatableElement {
  /// Stores `value` in every whole element of `destination`, which may begin at any byte. O(n).
  public static func fill(_ destination: UnsafeMutableRawBufferPointer, with value: Self) {
    guard let base = destination.baseAddress else { return }
    let stride = MemoryLayout<Self>.stride
    // In bounds: the quotient is rounded down.
    for index in 0..<destination.count / stride {
      base.storeBytes(of: value, toByteOffset: index &* stride, as: Self.self)
    }
  }
}
