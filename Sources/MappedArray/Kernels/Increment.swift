@_documentation(visibility: internal)
extension AggregatableElement where Self: FixedWidthInteger {
  /// This element plus `delta`, which may be outside the range of the type; nil if the sum does not fit and the policy
  /// is to fail.
  public func incremented(by delta: Int128, overflow: OverflowPolicy) -> Self? {
    let (sum, overflowed) = Int128(self).addingReportingOverflow(delta)
    switch overflow {
    case .fail: return overflowed ? nil : Self(exactly: sum)
    case .wrap: return Self(truncatingIfNeeded: sum)
    case .saturate: return overflowed ? (delta < 0 ? .min : .max) : Self(clamping: sum)
    }
  }
}

@_documentation(visibility: internal)
extension AggregatableElement where Self: BinaryFloatingPoint {
  /// This element plus `delta`; nil if finite operands make an infinite sum and the policy is to fail. Infinities and
  /// NaN among the operands are no overflow.
  public func incremented(by delta: Self, overflow: OverflowPolicy) -> Self? {
    let sum = self + delta
    guard sum.isInfinite, isFinite, delta.isFinite else { return sum }
    switch overflow {
    case .fail: return nil
    case .wrap: return sum
    case .saturate: return sum < 0 ? -.greatestFiniteMagnitude : .greatestFiniteMagnitude
    }
  }
}
