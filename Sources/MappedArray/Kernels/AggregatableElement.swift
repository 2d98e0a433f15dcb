/// A number that arrays hold.
///
/// The static requirements are the kernels. They are requirements, with one implementation for integers and one for
/// floats, so that generic code that was not specialised still reaches machine code for the concrete type: such code
/// pays once per block, not once per element. Requirements of a public protocol are public, and so are the types in them;
/// nobody needs them but this package, so they are left out of the reference.
@_documentation(visibility: internal)
public protocol AggregatableElement: BitwiseCopyable, Codable, Comparable, Hashable, Sendable {
  /// What elements are computed with and compared as, in loops that the compiler can vectorise: themselves, if nothing
  /// is faster.
  associatedtype Key: Comparable & Sendable = Self

  /// A sum in the making, exact for integers and pairwise for floats.
  associatedtype Total: Sendable = Int128

  /// What an element is incremented by.
  associatedtype Delta: Sendable = Int128

  /// This element as what it is compared as.
  var key: Key { get }

  /// The element with such a key.
  init(key: Key)

  /// This element as a double, rounded to nearest.
  var doubleValue: Double { get }

  /// What the kernels in C know the type by; nil if there are none for it.
  static var kernelCode: UInt8? { get }

  /// The sum of nothing.
  static var emptyTotal: Total { get }

  /// Adds a block of at most `ElementView.blockCount` elements.
  static func add(_ block: ElementView<Self>, to total: inout Total)

  /// Adds a sum of the elements that follow.
  static func add(_ total: Total, to sum: inout Total)

  /// The sum as a reply: an exact integer, or an element.
  static func sum(of total: Total) -> AggregateResult<Self>

  /// The arithmetic mean of `count` elements with that total; `count` is positive.
  static func mean(of total: Total, count: Int) -> Double

  /// A mean, variance or deviation as a reply, in the type that NumPy gives it.
  static func statistic(_ value: Double) -> AggregateResult<Self>

  /// The sum of the squared distances from `mean` in a block, pairwise.
  static func squaredDeviations(of block: ElementView<Self>, from mean: Double) -> Double

  /// The least or greatest element of a block, or the first NaN if there is one in it, and where it is first; nil if the
  /// block is empty.
  static func extreme(_ extreme: Extreme, of block: ElementView<Self>) -> LocatedElement<Self>?

  /// Both of a block that has an element.
  static func extremes(
    of block: ElementView<Self>
  ) -> (minimum: LocatedElement<Self>, maximum: LocatedElement<Self>)

  /// Takes in the next elements of an aggregation's range, block by block.
  static func aggregate(_ elements: ElementView<Self>, into aggregation: inout Aggregation<Self>)

  /// The first position of `value`; NaN equals NaN here.
  static func firstIndex(of value: Self, in view: ElementView<Self>) -> Int?

  /// Appends to `indexes` the positions, each plus `offset`, of the first `limit` elements that compare so with `value`.
  static func appendMatches(
    of comparison: Comparison, with value: Self, in view: ElementView<Self>, offset: Int, limit: Int,
    to indexes: inout [Int]
  )

  /// Where `value` belongs in a sorted view.
  static func insertionIndex(of value: Self, in view: ElementView<Self>, side: SearchSide) -> Int

  /// Stores `value` in every whole element of `destination`.
  static func fill(_ destination: UnsafeMutableRawBufferPointer, with value: Self)

  /// This element plus `delta`; nil if that does not fit and the policy is to fail.
  func incremented(by delta: Delta, overflow: OverflowPolicy) -> Self?

  // MARK: Series

  /// The sum of a piece of at most a block.
  static func pieceSum(of piece: ElementView<Self>) -> PieceSum

  /// Such a sum as a reply, and the mean of `count` elements with it; `count` is positive.
  static func sum(of sum: PieceSum) -> AggregateResult<Self>
  static func mean(of sum: PieceSum, count: Int) -> Double

  /// What the pieces hold that blocks and buckets cut a slice into.
  static func bucketParts(of slice: ElementView<Self>, at index: Int, in pass: BucketPass) -> [BucketPart<Self>]

  /// Adds those of the next slice to others.
  static func add(_ next: [BucketPart<Self>], to parts: inout [BucketPart<Self>])

  /// The sums of the numbers in such pieces.
  static func bucketSums(of slice: ElementView<Self>, at index: Int, in buckets: TriangleBuckets) -> [BucketSum]

  /// Chooses points of the buckets that end in a slice.
  static func choosePoints(
    of slice: ElementView<Self>, at index: Int, with chooser: PointChooser<Self>
  ) -> [SeriesPoint<Self>]

  /// The bits of an element as a number that is greater for greater elements; all ones for NaN.
  var orderedBits: UInt64 { get }

  /// The element with such bits.
  init(orderedBits: UInt64)

  /// Counts or collects the elements of a slice by their ordered bits.
  static func digits(of slice: ElementView<Self>, in pass: DigitPass) -> DigitPart

  /// The value a part of the way from one element to another that is no less, as NumPy computes it.
  static func interpolated(from first: Self, to second: Self, part: Double) -> QuantileResult<Self>

  /// The bins of a histogram.
  static func bins(
    _ count: Int, between bounds: HistogramBounds?, extremes: (minimum: Self, maximum: Self)?
  ) throws(HistogramError) -> HistogramBins

  /// How many elements of a slice are in each bin.
  static func binCounts(of slice: ElementView<Self>, in bins: HistogramBins) -> [UInt32]
}

@_documentation(visibility: internal)
extension AggregatableElement where Key == Self {
  @inlinable
  @inline(__always)
  public var key: Self { self }

  @inlinable
  @inline(__always)
  public init(key: Self) { self = key }
}
