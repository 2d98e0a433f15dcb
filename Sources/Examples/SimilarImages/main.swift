// Finds the handwritten digits that look most alike: `write_digits.py` has to have made `digits.npy` and what NumPy finds
// in the server's root. There is no index: the server compares rows of the file.
//
//     similar-images [port]

import MappedArrayClient

/// An answer that is not NumPy's.
struct WrongAnswer: Error {
  let image: Int
  let found: [NearRow]
}

let port = CommandLine.arguments.dropFirst().first.flatMap { UInt16($0) } ?? 6379
let connection = try Connection(to: .tcp(host: "localhost", port: port), timeout: .seconds(20))
let digits = try RemoteMatrix<UInt8>.map("digits.npy", to: "digits", on: connection, access: .readOnly)
let labels = try RemoteArray<UInt8>.map("digits-labels.npy", to: "labels", on: connection, access: .readOnly).elements()
let images = try digits[0..<Int.max]
print("\(images.count) images of \(digits.columnCount) grey levels")

// Each image is nearest to itself, unless it is there twice.
let start = ContinuousClock.now
let answers = try digits.nearest(6, toEach: images)
print("the six nearest to each of them in \((ContinuousClock.now - start) / .milliseconds(1)) ms")

// NumPy has computed all distances.
let rows = try RemoteMatrix<Int64>.map("digits-nearest.npy", to: "rows", on: connection, access: .readOnly)
let scores = try RemoteMatrix<Double>.map("digits-scores.npy", to: "scores", on: connection, access: .readOnly)
let expected = zip(try rows[0..<Int.max], try scores[0..<Int.max]).map { rows, scores in
  zip(rows, scores).map { NearRow(row: Int($0), score: $1) }
}
guard answers.count == images.count, expected.count == images.count else { throw WrongAnswer(image: 0, found: []) }
for (image, (found, expected)) in zip(answers, expected).enumerated() where found != expected {
  throw WrongAnswer(image: image, found: found)
}
print("NumPy finds the same, at the same distances")

// The most similar images other than the image itself.
let others = answers.enumerated().map { image, found in found.map(\.row).filter { $0 != image } }
let alike = zip(labels, others).count { label, others in others.first.map { labels[$0] == label } ?? false }
print("\(alike) of them are the same digit as the image that is most similar to them")

for image in [0, 500, 1000, 1796] {
  Picture(images: ([image] + others[image].prefix(5)).map { images[$0] }).draw()
}
