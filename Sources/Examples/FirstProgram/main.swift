import MappedArrayClient

// The server's port, 6379 unless it is given.
let port = CommandLine.arguments.dropFirst().first.flatMap { UInt16($0) } ?? 6379
let connection = try Connection(to: .tcp(host: "localhost", port: port), timeout: .seconds(5))

// Makes the file below the server's root, or maps it if it is there.
let temperatures = try RemoteArray<Float>.map("temperatures.npy", to: "temperatures", on: connection)
try temperatures.append(contentsOf: [18.5, 21, 24.5, 23])

let count = try temperatures.count
let (mean, warmest) = try temperatures.aggregate(.mean, .indexOfMaximum)
print("\(count) temperatures, \(mean ?? .nan) degrees on average, the warmest is number \(warmest ?? 0)")
print("the last of them:", try temperatures[count - 4..<count])
