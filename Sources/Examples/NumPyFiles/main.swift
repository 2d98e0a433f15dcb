// Reads what NumPy wrote, changes it in place and adds to it, without a server: `weather.py write` makes the file,
// `weather.py check` looks at what has become of it.
//
//     numpy-files weather.npy

import MappedArray

/// Mends the readings of a thermometer that showed half a degree too much, and adds two days.
func mend(_ path: FilePath) throws {
  var weather = try MappedArray<Float>(updating: path)
  print("\(weather.rowCount) days of \(weather.rowSize) readings, the highest \(try weather.max() ?? .nan)")

  // In place: the file is the data, and another program sees each number as soon as it is stored.
  var readings = try weather.mutableSpan()
  for index in readings.indices { readings[index] -= 0.5 }

  // Whole rows, one for each day. The header's shape grows with them.
  try weather.append(contentsOf: [3, 9.5, 14])
  try weather.append(contentsOf: [4, 10, 15.5])
  try weather.synchronize()
}

/// The day with the widest range from its first to its last reading.
func widestDay(_ path: FilePath) throws -> (day: Int, range: Float)? {
  let weather = try MappedArray<Float>(path)
  var widest: (day: Int, range: Float)?
  let days = try weather.rows
  for day in days.indices {
    let readings = days[day]
    let range = readings[readings.count - 1] - readings[0]
    if range > widest?.range ?? 0 { widest = (day, range) }
  }
  return widest
}

// A file that is cut while it is mapped is an error then, and not the end of the program.
FaultGuard.install()
let path = FilePath(CommandLine.arguments.dropFirst().first ?? "weather.npy")
try mend(path)
if let (day, range) = try widestDay(path) { print("the widest range is \(range) degrees, on day \(day)") }
