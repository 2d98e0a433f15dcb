/// Chooses a point of each bucket, in one go over all of them: what is chosen of one decides what is chosen of the next.
// Sendable: its pass is an ordered one, so one thread at a time uses it.
public final class PointChooser<Element: AggregatableElement>: @unchecked Sendable {
  let buckets: TriangleBuckets
  /// The means of the buckets, from the first one that points are chosen of on.
  private let means: [Double]
  fileprivate var triangle = Triangle()
  fileprivate var best = Candidate<Element>()

  /// - Parameters:
  ///   - buckets: those that points are chosen of.
  ///   - sums: of all buckets, in order.
  init(_ buckets: TriangleBuckets, _ sums: [BucketSum]) {
    self.buckets = buckets
    var means = [Double](repeating: .nan, count: buckets.count &+ 1)
    for sum in sums where means.indices.contains(sum.bucket) && sum.count > 0 {
      means[sum.bucket] = sum.sum.floating / Double(sum.count)
    }
    self.means = means
  }

  /// Begins with a bucket, after `point` was chosen of the one before.
  fileprivate func begin(_ bucket: Int, after index: Int, _ value: Double) {
    best = Candidate()
    let next = bucket &+ 1
    guard means.indices.contains(next) else { return }
    let (start, end) = (buckets.start(of: next), buckets.start(of: next &+ 1))
    // In doubles, relative to the range.
    let x = Double(index &- buckets.range.lowerBound)
    let first = Double(start &- buckets.range.lowerBound)
    let last = Double(end &- 1 &- buckets.range.lowerBound)
    let mean = means[next]
    triangle = Triangle(
      x: x, y: value, xDistance: x - (first + last) / 2, yDistance: (mean.isNaN ? value : mean) - value)
  }
}

/// The corner that was chosen before, and its distances from the mean of the bucket behind.
struct Triangle {
  var x = 0.0
  var y = 0.0
  var xDistance = 0.0
  var yDistance = 0.0

  /// Twice the area of the triangle with a third corner.
  @inline(__always)
  func area(_ x: Double, _ y: Double) -> Double {
    (xDistance * (y - self.y) - (self.x - x) * yDistance).magnitude
  }

  @inline(__always)
  func areas(_ x: SIMD8<Double>, _ y: SIMD8<Double>) -> SIMD8<Double> {
    let areas = xDistance * (y - self.y) - (self.x - x) * yDistance
    // Without a sign.
    return SIMD8(bitPattern: SIMD8<UInt64>(bitPattern: areas) & SIMD8(repeating: UInt64(Int64.max)))
  }
}

/// What would be chosen of the part of a bucket that has been looked at.
private struct Candidate<Element: AggregatableElement> {
  var area = -1.0
  var point: SeriesPoint<Element>?
  /// Whether that is a number.
  var isNumber: Bool { point.map { $0.value == $0.value } ?? false }
}

extension SIMD8<Double> {
  @inline(__always)
  init(bitPattern: SIMD8<UInt64>) { self = unsafeBitCast(bitPattern, to: SIMD8<Double>.self) }
}

extension SIMD8<UInt64> {
  @inline(__always)
  init(bitPattern: SIMD8<Double>) { self = unsafeBitCast(bitPattern, to: SIMD8<UInt64>.self) }
}

extension AggregatableElement {
  /// The sums of the numbers in the pieces that blocks and buckets cut a slice into. O(n).
  public static func bucketSums(
    of slice: ElementView<Self>, at index: Int, in buckets: TriangleBuckets
  ) -> [BucketSum] {
    var sums: [BucketSum] = []
    slice.forEachPiece(at: index, from: buckets.bucket(of: index), start: buckets.start) { bucket, piece, _ in
      var (sum, count) = (Self.numericSum(of: piece), piece.count)
      if sum.rounded.isNaN { (sum, count) = Self.sumOfNumbers(in: piece) }
      sums.append(BucketSum(bucket: bucket, sum: sum, count: count))
    }
    return sums
  }

  /// The sum as a double.
  private static func numericSum(of piece: ElementView<Self>) -> PieceSum {
    PieceSum(rounded: pairwiseSum(of: piece))
  }

  private static func sumOfNumbers(in piece: ElementView<Self>) -> (PieceSum, count: Int) {
    var (sum, count) = (PieceSum(), 0)
    for index in 0..<piece.count where piece[index] == piece[index] {
      sum.add(PieceSum(rounded: piece[index].doubleValue))
      count &+= 1
    }
    return (sum, count)
  }

  /// Chooses points of the buckets that end in a slice. O(n).
  public static func choosePoints(
    of slice: ElementView<Self>, at index: Int, with chooser: PointChooser<Self>
  ) -> [SeriesPoint<Self>] {
    let buckets = chooser.buckets
    var points: [SeriesPoint<Self>] = []
    slice.forEachPiece(at: index, from: buckets.bucket(of: index), start: buckets.start) { bucket, piece, index in
      guard bucket < buckets.count else {
        // Behind the buckets there is no choice: the last element.
        let last = piece.count &- 1
        if index &+ last == buckets.range.upperBound &- 1 {
          points.append(SeriesPoint(index: index &+ last, value: piece[last]))
        }
        return
      }
      chooser.look(at: piece, from: index)
      guard index &+ piece.count == buckets.start(of: bucket &+ 1), let point = chooser.endBucket(bucket) else {
        return
      }
      points.append(point)
    }
    return points
  }
}

extension PointChooser {
  /// Looks at the next piece of the bucket.
  @inline(__always)
  fileprivate func look(at piece: ElementView<Element>, from index: Int) {
    var best = best
    let triangle = triangle
    let start = index &- buckets.range.lowerBound
    piece.forEachSlice(of: 512) { group, offset in
      let x = Double(start &+ offset)
      let area = triangle.greatestArea(group, from: x)
      guard area > best.area else { return true }
      for position in 0..<group.count
      where triangle.area(x + Double(position), group[position].doubleValue) == area {
        best.area = area
        best.point = SeriesPoint(index: index &+ offset &+ position, value: group[position])
        break
      }
      return true
    }
    if best.area < 0, !best.isNumber {
      let position = (0..<piece.count).first { piece[$0] == piece[$0] }
      if position != nil || best.point == nil {
        best.point = SeriesPoint(index: index &+ (position ?? 0), value: piece[position ?? 0])
      }
    }
    self.best = best
  }

  /// What was chosen of a bucket; the next one begins.
  fileprivate func endBucket(_ bucket: Int) -> SeriesPoint<Element>? {
    guard let point = best.point else { return nil }
    begin(bucket &+ 1, after: point.index, point.value.doubleValue)
    return point
  }
}

extension Triangle {
  /// The greatest area over a group, whose first element has this x; -1 if none is a number.
  @inline(__always)
  fileprivate func greatestArea<Element: AggregatableElement>(_ group: ElementView<Element>, from x: Double) -> Double {
    var greatest = SIMD8(repeating: -1.0)
    var places = SIMD8(0, 1, 2, 3, 4, 5, 6, 7) + x
    var index = 0
    while index &+ 8 <= group.count {
      let values = SIMD8(
        group[index].doubleValue, group[index &+ 1].doubleValue, group[index &+ 2].doubleValue,
        group[index &+ 3].doubleValue, group[index &+ 4].doubleValue, group[index &+ 5].doubleValue,
        group[index &+ 6].doubleValue, group[index &+ 7].doubleValue)
      let areas = areas(places, values)
      greatest.replace(with: areas, where: areas .> greatest)
      places += 8
      index &+= 8
    }
    var area = greatest.max()
    while index < group.count {
      let next = self.area(x + Double(index), group[index].doubleValue)
      area = next > area ? next : area
      index &+= 1
    }
    return area
  }
}
