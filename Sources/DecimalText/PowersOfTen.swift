import Synchronization

/// The powers of ten that formatting and parsing multiply by, to 128 bits, rounded towards zero.
///
/// The table has 667 entries (10 KiB), is computed exactly at the first use of ``shared`` (well under a millisecond),
/// and lives as long as the process. Touch ``shared`` at start-up to have it ready.
public struct PowersOfTen: @unchecked Sendable {
  // Sendable: the memory is written before it is published in `published`, and only read afterwards.

  /// What formatting (-324…292) and parsing (-342…308) of f64 need.
  static let exponents = -342...324

  /// The powers that 128 bits hold exactly.
  static let exactExponents = 0...55

  // The address of the entry of 10^0, or zero. An atomic is initialised statically. A `static let` of this struct would
  // call `swift_once` at each use, which is a tenth of the time to format a number.
  private static let published = Atomic<UInt>(0)

  /// Points at the entry of 10^0: entry `e` is the words `2e` (more significant) and `2e + 1`.
  private let origin: UnsafePointer<UInt64>

  /// The table, computed if this is the first use.
  public static var shared: PowersOfTen {
    @inline(__always)
    get { ready ?? PowersOfTen() }
  }

  /// The table, or nil if ``shared`` was not used yet.
  @inline(__always)
  static var ready: PowersOfTen? {
    UnsafePointer(bitPattern: published.load(ordering: .acquiring)).map { PowersOfTen(origin: $0) }
  }

  @inline(__always)
  private init(origin: UnsafePointer<UInt64>) {
    self.origin = origin
  }

  @inline(never)
  private init() {
    let lowest = Self.exponents.lowerBound
    let highest = Self.exponents.upperBound
    let table = UnsafeMutablePointer<UInt64>.allocate(capacity: 2 * Self.exponents.count)
    let origin = table - 2 * lowest

    var power = NaturalNumber(1)
    for exponent in 0...highest {
      (origin[2 * exponent], origin[2 * exponent + 1]) = power.leadingBits
      power.multiply(by: 10)
    }
    // Floors of floors are floors of the quotient, and the last one still has more than 128 bits.
    var quotient = NaturalNumber(1)
    quotient.shiftLeft(by: 1344)
    for exponent in 1...(-lowest) {
      quotient.divide(by: 10)
      (origin[-2 * exponent], origin[-2 * exponent + 1]) = quotient.leadingBits
    }

    let result = Self.published.compareExchange(
      expected: 0, desired: UInt(bitPattern: origin), ordering: .acquiringAndReleasing)
    if let earlier = UnsafePointer<UInt64>(bitPattern: result.original) {
      // Another thread was faster. Nobody saw our table.
      table.deallocate()
      self.origin = earlier
    } else {
      self.origin = UnsafePointer(origin)
    }
  }

  /// The words of 10^exponent, scaled so that the top bit is set.
  ///
  /// Unchecked: callers derive `exponent` from a float's exponent bits or test it against ``exponents``.
  @inline(__always)
  subscript(exponent: Int) -> (high: UInt64, low: UInt64) {
    let entry = origin + 2 &* exponent
    return (entry[0], entry[1])
  }

  /// 10^exponent as a float that is exactly that, for exponents up to 22.
  @inline(__always)
  static func exact(_ exponent: UInt) -> Double {
    exactFloats[Int(bitPattern: exponent)]
  }

  private static let exactFloats: InlineArray<23, Double> = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  /// The floor of log2(10^exponent), exact for |exponent| <= 1233.
  @inline(__always)
  static func binaryExponent(_ exponent: Int) -> Int {
    (exponent &* 1_741_647) &>> 19
  }
}
