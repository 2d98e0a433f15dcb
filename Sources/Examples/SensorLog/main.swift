// A log that is written and served at the same time. One process appends to a file and knows nothing of the server;
// another has the server reduce the same file to what fits in a plot, and draws that.
//
//     sensor-log record FILE [--seconds N]
//     sensor-log watch NAME [--seconds N] [--port N]
//
// FILE is NAME in the server's root. Without a number of seconds both go on until they are interrupted.

/// How often the sensor is read.
let samplesPerSecond = 10

func option(_ name: String) -> Int? {
  let words = CommandLine.arguments
  return words.firstIndex(of: name).flatMap { $0 + 1 < words.count ? Int(words[$0 + 1]) : nil }
}

let words = CommandLine.arguments
let seconds = option("--seconds")

switch words.count > 2 ? words[1] : "" {
case "record":
  try record(to: words[2], sampleCount: seconds.map { $0 * samplesPerSecond })
case "watch":
  try await watch(words[2], seconds: seconds, port: UInt16(exactly: option("--port") ?? 6379) ?? 6379)
default:
  print("usage: sensor-log record FILE [--seconds N]\n       sensor-log watch NAME [--seconds N] [--port N]")
}
