// Truth values are computed with as the numbers 0 and 1, with the kernels of integers.
@_documentation(visibility: internal)
extension Bool8: AggregatableElement {
  public typealias Key = UInt8

  public static var kernelCode: UInt8? { UInt8(ascii: "b") }

  @inlinable
  @inline(__always)
  public var key: UInt8 { bit }

  @inlinable
  @inline(__always)
  public init(key: UInt8) { self.init(key != 0) }

  /// This number plus `delta`, as an integer of one bit.
  public func incremented(by delta: Int128, overflow: OverflowPolicy) -> Bool8? {
    let (sum, overflowed) = Int128(bit).addingReportingOverflow(delta)
    if !overflowed, 0...1 ~= sum { return Bool8(sum == 1) }
    switch overflow {
    case .fail: return nil
    case .wrap: return Bool8(sum & 1 == 1)
    case .saturate: return Bool8(delta > 0)
    }
  }
}
