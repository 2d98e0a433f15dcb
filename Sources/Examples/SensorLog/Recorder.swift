import Glibc

/// The system refused to open or write the log.
struct LogFailure: Error {
  let code: Int32
}

/// Appends a temperature to the file for each tick of the clock: four bytes of a float and nothing else.
func record(to path: String, sampleCount: Int?) throws(LogFailure) {
  let file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0o644)
  guard file >= 0 else { throw LogFailure(code: errno) }
  defer { close(file) }
  var number = 0
  while number != sampleCount {
    let time = Double(number) / Double(samplesPerSecond)
    var sample = Float(20 + 4 * sin(time / 3) + sin(time * 2))
    guard write(file, &sample, MemoryLayout<Float>.size) == MemoryLayout<Float>.size else {
      throw LogFailure(code: errno)
    }
    number += 1
    usleep(UInt32(1_000_000 / samplesPerSecond))
  }
}
