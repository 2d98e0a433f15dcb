// Looks up rows of features that NumPy wrote: `write_features.py` has to have made `features.npy` in the server's root.
//
//     feature-lookup [port]

import MappedArrayClient

/// A row that is not what NumPy wrote.
struct WrongRow: Error {
  let row: Int
}

/// Asks for the rows of as many users as there are in a batch of recommendations, checks and times them.
func measure(
  _ name: String, _ users: [Int], columns: Int, _ fetch: ([Range<Int>]) throws -> [Float]
) throws {
  let clock = ContinuousClock()
  var found: [Float] = []
  let duration = try clock.measure { found = try fetch(users.map { $0 * columns..<($0 + 1) * columns }) }
  guard found.count == users.count * columns else { throw WrongRow(row: 0) }
  for (index, user) in users.enumerated() {
    for column in 0..<columns where found[index * columns + column] != Float((user * 31 + column) % 1024) / 1024 {
      throw WrongRow(row: user)
    }
  }
  print("\(name): \(users.count) rows in \(duration / .milliseconds(1)) ms")
}

let port = CommandLine.arguments.dropFirst().first.flatMap { UInt16($0) } ?? 6379
let connection = try Connection(to: .tcp(host: "localhost", port: port), timeout: .seconds(5))
let features = try RemoteArray<Float>.map("features.npy", to: "features", on: connection, access: .readOnly)

// The file's header knows the shape: rows of how many columns.
let shape = try features.info().contents?.shape ?? []
guard shape.count == 2 else { throw WrongRow(row: 0) }
let (rowCount, columns) = (shape[0], shape[1])
print("\(rowCount) rows of \(columns) features")

// The same users in every run, all over the file.
let users = (0..<2000).map { ($0 * 7919 + 4242) % rowCount }

try measure("one after the other", users, columns: columns) { ranges in
  // The same memory for every row.
  var row = [Float](repeating: 0, count: columns)
  return try ranges.flatMap { range in
    var span = row.mutableSpan
    _ = try features.read(from: range.lowerBound, into: &span)
    return row
  }
}
try measure("pipelined", users, columns: columns) { ranges in
  try features.elements(inEach: ranges).flatMap { $0 }
}
