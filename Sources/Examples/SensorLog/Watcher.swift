import Glibc
import MappedArrayClient

/// Nothing was appended while it was watched.
struct Silence: Error {}

/// Follows the file that someone else appends to, and draws it twice a second: its last minute, and all of it. The server
/// sends what is drawn, a few numbers for each column, however long the log is.
func watch(_ name: String, seconds: Int?, port: UInt16) async throws {
  let server = try await AsyncConnection(to: .tcp(host: "localhost", port: port), timeout: .seconds(5))
  _ = try await server("MMAP", name, name, "f32", "READONLY")
  let log = try await server.array(name, of: Float.self)

  let firstCount = try await log.count
  var count = firstCount
  var screen = Screen()
  let start = ContinuousClock.now
  while seconds.map({ ContinuousClock.now - start < .seconds($0) }) ?? true {
    try await Task.sleep(for: .milliseconds(500))
    count = try await log.count
    let minute = max(0, count - 60 * samplesPerSecond)..<count
    let means: [Float?] = try await log.buckets(Plot.width, .mean, over: minute)
    let shape = try await log.downsampled(to: Plot.width, in: 0..<count)
    screen.draw(
      Plot(title: "\(name): \(count) samples, the last minute", values: means.compactMap { $0 }),
      Plot(title: "all of them, in \(shape.count) points", values: shape.map(\.value)))
  }
  guard count > firstCount else { throw Silence() }
}

/// A plot in the terminal.
struct Plot {
  static let width = 60
  private static let blocks: [Character] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  private static let height = 8

  let title: String
  let values: [Float]

  /// The title, and the lines below it.
  var lines: [String] {
    guard let least = values.min(), let greatest = values.max() else { return [title] }
    // How many eighths of a line each column is high.
    let scale = greatest > least ? Float(Self.height * 8 - 1) / (greatest - least) : 0
    let heights = values.map { 1 + Int(($0 - least) * scale) }
    return [title]
      + (0..<Self.height).reversed().map { line in
        let cells = heights.map { Self.blocks[min(8, max(0, $0 - line * 8))] }
        let label = line == Self.height - 1 ? "\(greatest)" : line == 0 ? "\(least)" : ""
        return "\(String(cells)) \(label)"
      }
  }
}

/// Draws plots over those before.
struct Screen {
  private var lineCount = 0

  mutating func draw(_ plots: Plot...) {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    if lineCount > 0, isTerminal { print("\u{1B}[\(lineCount)A", terminator: "") }
    let lines = plots.flatMap(\.lines)
    for line in lines { print((isTerminal ? "\u{1B}[K" : "") + line) }
    fflush(nil)
    lineCount = lines.count
  }
}
