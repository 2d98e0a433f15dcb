import Glibc

/// Images of 8 by 8 grey levels side by side, in a terminal of 256 colours.
struct Picture {
  static let width = 8
  static let darkest = 16

  let images: [[UInt8]]

  /// A character is two pixels, one above the other: its colour and that behind it.
  var lines: [String] {
    stride(from: 0, to: Self.width, by: 2).map { y in
      images.map { image in
        let cells = (0..<Self.width).map { x in
          let (upper, lower) = (image[y * Self.width + x], image[(y + 1) * Self.width + x])
          return "\u{1B}[38;5;\(colour(upper));48;5;\(colour(lower))m▀"
        }
        return cells.joined() + "\u{1B}[0m"
      }.joined(separator: "  ")
    }
  }

  /// Of the 24 greys from nearly black on.
  private func colour(_ level: UInt8) -> Int { 232 + min(Int(level), Self.darkest) * 23 / Self.darkest }

  /// Draws it if somebody looks.
  func draw() {
    guard isatty(STDOUT_FILENO) == 1 else { return }
    for line in lines { print("  " + line) }
    print()
  }
}
