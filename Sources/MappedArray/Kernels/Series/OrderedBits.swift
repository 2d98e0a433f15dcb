// Elements as numbers without a sign in the same order, and what lies between two of them.

extension AggregatableElement where Key: FixedWidthInteger, Total == Int128 {
  private static var signBit: UInt64 { Key.isSigned ? 1 &<< UInt64(Key.bitWidth &- 1) : 0 }
  private static var mask: UInt64 { UInt64.max &>> UInt64(64 &- Key.bitWidth) }

  @inline(__always)
  public var orderedBits: UInt64 { (UInt64(truncatingIfNeeded: key) & Self.mask) ^ Self.signBit }

  @inline(__always)
  public init(orderedBits: UInt64) { self.init(key: Key(truncatingIfNeeded: orderedBits ^ Self.signBit)) }

  /// NumPy returns a float64 for every integer type. There the difference of two integers can wrap around; here it is
  /// exact.
  public static func interpolated(from first: Self, to second: Self, part: Double) -> QuantileResult<Self> {
    let difference = Double(second.orderedBits &- first.orderedBits)
    return .double(
      part >= 0.5
        ? second.doubleValue - difference * (1 - part) : first.doubleValue + difference * part)
  }
}

extension AggregatableElement where Self: BinaryFloatingPoint, Total == PairwiseSum {
  private static var mask: UInt64 { UInt64.max &>> UInt64(64 &- MemoryLayout<Self>.size &* 8) }

  @inline(__always)
  private var bits: UInt64 {
    switch MemoryLayout<Self>.size {
    case 8: unsafeBitCast(self, to: UInt64.self)
    case 4: UInt64(unsafeBitCast(self, to: UInt32.self))
    default: UInt64(unsafeBitCast(self, to: UInt16.self))
    }
  }

  @inline(__always)
  public var orderedBits: UInt64 {
    let signBit = (Self.mask &>> 1) &+ 1
    let bits = bits
    // Negative numbers descend. NaN is the greatest, whatever its sign.
    let ordered = bits & signBit == 0 ? bits | signBit : ~bits & Self.mask
    return self == self ? ordered : Self.mask
  }

  @inline(__always)
  public init(orderedBits: UInt64) {
    let signBit = (Self.mask &>> 1) &+ 1
    let ordered = orderedBits & Self.mask
    let bits = ordered & signBit == 0 ? ~ordered & Self.mask : ordered ^ signBit
    switch MemoryLayout<Self>.size {
    case 8: self = unsafeBitCast(bits, to: Self.self)
    case 4: self = unsafeBitCast(UInt32(truncatingIfNeeded: bits), to: Self.self)
    default: self = unsafeBitCast(UInt16(truncatingIfNeeded: bits), to: Self.self)
    }
  }

  /// NumPy computes it in the elements' own type.
  public static func interpolated(from first: Self, to second: Self, part: Double) -> QuantileResult<Self> {
    let difference = second - first
    return .element(
      part >= 0.5 ? second - difference * Self(1 - part) : first + difference * Self(part))
  }
}
