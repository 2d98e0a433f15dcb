import Foundation

/// How far a run is, on the last line of a terminal; nothing elsewhere.
struct ProgressBar {
  private let total: Int
  private var done = 0
  private let isShown = isatty(STDERR_FILENO) == 1

  private static let width = 30

  init(total: Int) { self.total = max(1, total) }

  /// Begins the next step.
  mutating func next(_ name: String) {
    let filled = min(Self.width, done * Self.width / total)
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
    show("[\(bar)] \(min(100, done * 100 / total)) % \(name)")
    done += 1
  }

  func finish() { show("") }

  private func show(_ text: String) {
    // To the line's beginning, the text, and the rest of the line erased.
    if isShown { FileHandle.standardError.write(Data("\r\(text)\u{1B}[K".utf8)) }
  }
}
