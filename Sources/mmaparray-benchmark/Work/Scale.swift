/// How much is measured.
struct Scale {
  var rounds = 7
  /// Requests of one element in a sample; larger ones are fewer.
  var requests = 100_000
  /// Elements of the arrays of which some are read and written, and as many strings.
  var elements = 100_000
  /// Elements of the arrays that are read as a whole.
  var manyElements = 1_000_000
  /// Elements that are read at random from all over, and as many strings.
  var scatteredElements = 1_000_000
  /// Elements that are added up.
  var summedElements = 10_000_000
  /// Rows of 256 elements that are searched, and a tenth of them as strings.
  var rows = 200_000
  /// `PING`s in a sample.
  var pings = 2000
  /// Memory of a server whose array is in a file of four times as much, in bytes.
  var coldMemory = 256 << 20
  /// How long the disk is read in a sample, and the array about as long.
  var coldSample = Duration.seconds(1)
  /// Elements that are added in a sample by clients of which each waits until it is on the disk.
  var flushedRequests = 10_000
  /// Powers of ten that the growth tables go to.
  var largestCount = 9
  var largestRequest = 4
  var mostKeys = 5

  /// Enough to see that all of it works.
  static let quick = Scale(
    rounds: 1, requests: 200, elements: 1000, manyElements: 2000, scatteredElements: 2000, summedElements: 10_000,
    rows: 1000, pings: 20, coldMemory: 32 << 20, coldSample: .milliseconds(20), flushedRequests: 100, largestCount: 5,
    largestRequest: 2, mostKeys: 2)
}
