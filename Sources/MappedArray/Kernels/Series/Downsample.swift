/// A point of a series.
public struct SeriesPoint<Element: AggregatableElement>: Equatable, Sendable {
  public let index: Int
  public let value: Element
}

/// The buckets of the largest triangle, as the published algorithm cuts them: the first and the last element alone, and
/// what is between in parts of as equal size as doubles make them.
public struct TriangleBuckets: Sendable {
  let range: Range<Int>
  /// How many buckets a point is chosen of.
  let count: Int
  private let every: Double

  /// - Parameter points: less than the range has elements, and at least 2.
  init(_ range: Range<Int>, points: Int) {
    self.range = range
    count = points &- 2
    every = Double(range.count &- 2) / Double(points &- 2)
  }

  /// Where a bucket begins. The one with the number `count` is that behind the last one that a point is chosen of; what
  /// doubles leave over behind it is one more.
  @inline(__always)
  func start(of bucket: Int) -> Int {
    guard bucket >= 0 else { return range.lowerBound }
    guard count > 0, bucket <= count &+ 1 else { return range.upperBound &- (count == 0 && bucket == 0 ? 1 : 0) }
    return range.lowerBound &+ min(Int(Double(bucket) * every) &+ 1, range.count)
  }

  /// The bucket of an element; -1 for the first.
  func bucket(of index: Int) -> Int {
    guard index > range.lowerBound else { return -1 }
    guard count > 0 else { return index == range.upperBound &- 1 ? 0 : -1 }
    var bucket = max(0, min(count &+ 1, Int(Double(index &- range.lowerBound &- 1) / every)))
    // Rounding may be one off.
    while bucket <= count, start(of: bucket &+ 1) <= index { bucket &+= 1 }
    while bucket > 0, start(of: bucket) > index { bucket &-= 1 }
    return bucket
  }
}

/// The sum of the numbers of a bucket, or of a piece of it, and how many they are.
public struct BucketSum: Sendable {
  let bucket: Int
  var sum: PieceSum
  var count: Int
}

/// Chooses points that look like the series: of each bucket the one that makes the largest triangle with the point chosen
/// before and the mean of the bucket behind (Steinarsson 2013, largest triangle, three buckets). Equal triangles: the
/// first.
///
/// NaN is left out of means and makes no triangle; of a bucket without any triangle the first number is chosen, or its
/// first element.
public struct Downsampling<Element: AggregatableElement>: RangeComputation {
  public enum Pass: Sendable {
    case all
    case sums(TriangleBuckets)
    case points(PointChooser<Element>)
  }

  public enum Part: Sendable {
    case points([SeriesPoint<Element>])
    case sums([BucketSum])
  }

  private let range: Range<Int>
  private let buckets: TriangleBuckets?
  private var passes = 0
  private var sums: [BucketSum] = []
  /// What was chosen, in order.
  public private(set) var points: [SeriesPoint<Element>] = []

  /// Chooses `count` points of a range, which are all if it has no more. The first and the last are always among them.
  public init(_ range: Range<Int>, count: Int) {
    self.range = range
    buckets = range.count > max(count, 2) ? TriangleBuckets(range, points: max(count, 2)) : nil
  }

  public var mostBytes: Int {
    guard let buckets else { return range.count &* MemoryLayout<SeriesPoint<Element>>.stride }
    return (buckets.count &+ 2) &* (MemoryLayout<BucketSum>.stride &+ MemoryLayout<SeriesPoint<Element>>.stride)
  }

  public mutating func nextPass() -> Pass? {
    passes += 1
    guard let buckets else { return passes == 1 && !range.isEmpty ? .all : nil }
    switch passes {
    case 1: return .sums(buckets)
    case 2:
      defer { sums = [] }
      return .points(PointChooser(buckets, sums))
    default: return nil
    }
  }

  public static func isOrdered(_ pass: Pass) -> Bool { if case .points = pass { true } else { false } }

  public static func read(_ slice: ElementView<Element>, at index: Int, in pass: Pass) -> Part {
    switch pass {
    case .all: .points((0..<slice.count).map { SeriesPoint(index: index &+ $0, value: slice[$0]) })
    case .sums(let buckets): .sums(Element.bucketSums(of: slice, at: index, in: buckets))
    case .points(let chooser): .points(Element.choosePoints(of: slice, at: index, with: chooser))
    }
  }

  public mutating func take(_ part: Part) {
    switch part {
    case .points(let part): points += part
    case .sums(let part):
      for sum in part {
        if let last = sums.indices.last, sums[last].bucket == sum.bucket {
          sums[last].sum.add(sum.sum)
          sums[last].count &+= sum.count
        } else {
          sums.append(sum)
        }
      }
    }
  }
}
