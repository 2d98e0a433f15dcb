import Glibc
import MappedArrayClient

/// Nothing was appended while it was watched.
struct Silence: Error {}

/// Follows the file that someone else appends to, and draws its last minute twice a second.
func watch(_ name: String, seconds: Int?, port: UInt16) async throws {
  let server = try await AsyncConnection(to: .tcp(host: "localhost", port: port), timeout: .seconds(5))
  _ = try await server("MMAP", name, name, "f32", "READONLY")
  let log = try await server.array(name, of: Float.self)

  let firstCount = try await log.count
  var count = firstCount
  var plot = Plot()
  let start = ContinuousClock.now
  while seconds.map({ ContinuousClock.now - start < .seconds($0) }) ?? true {
    try await Task.sleep(for: .milliseconds(500))
    count = try await log.count
    let minute = try await log[max(0, count - 60 * samplesPerSecond)..<count]
    plot.draw(minute, title: "\(name): \(count) samples, the last minute")
  }
  guard count > firstCount else { throw Silence() }
}

/// A plot in the terminal, drawn over the one before.
struct Plot {
  private static let blocks: [Character] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  private let width = 60
  private let height = 8
  private var isDrawn = false

  mutating func draw(_ samples: [Float], title: String) {
    // A column shows the mean of the samples of a second.
    let means = stride(from: 0, to: samples.count, by: samplesPerSecond).map { start in
      let second = samples[start..<min(samples.count, start + samplesPerSecond)]
      return second.reduce(0, +) / Float(second.count)
    }.suffix(width)
    guard let least = means.min(), let greatest = means.max() else { return }
    // How many eighths of a line each column is high.
    let scale = greatest > least ? Float(height * 8 - 1) / (greatest - least) : 0
    let heights = means.map { 1 + Int(($0 - least) * scale) }

    let isTerminal = isatty(STDOUT_FILENO) == 1
    if isDrawn, isTerminal { print("\u{1B}[\(height + 1)A", terminator: "") }
    let clear = isTerminal ? "\u{1B}[K" : ""
    print(clear + title)
    for line in (0..<height).reversed() {
      let cells = heights.map { Self.blocks[min(8, max(0, $0 - line * 8))] }
      let label = line == height - 1 ? "\(greatest)" : line == 0 ? "\(least)" : ""
      print(clear + String(cells), label)
    }
    fflush(nil)
    isDrawn = true
  }
}
