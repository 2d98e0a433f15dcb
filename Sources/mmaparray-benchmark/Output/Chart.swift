import Foundation

/// A chart of ratios as SVG: a bar from 1 to each, with a line between its quartiles. The axis is logarithmic, so that
/// twice as fast and half as fast are as long.
struct Chart {
  struct Bar {
    let label: String
    let ratio: Spread
  }

  let title: String
  let bars: [Bar]

  init(title: String, bars: [Bar]) {
    self.title = title
    self.bars = bars
  }

  private let width = 860.0
  private let right = 70.0
  private let top = 64.0
  private let step = 22.0

  /// Room for the longest label: a character takes about so much.
  private var left: Double {
    min(width / 2, max(290, 6.3 * Double(bars.map(\.label.count).max() ?? 0) + 20))
  }

  private var height: Double { top + step * Double(bars.count) + 40 }

  /// The powers of two that the axis goes from and to.
  private var exponents: ClosedRange<Int> {
    let ends = bars.flatMap { [$0.ratio.lowerQuartile, $0.ratio.upperQuartile] }.filter { $0 > 0 && $0.isFinite }
    let least = Int((log2(ends.min() ?? 1)).rounded(.down))
    let greatest = Int((log2(ends.max() ?? 1)).rounded(.up))
    return min(least, -1)...max(greatest, 1)
  }

  /// Where a ratio lies.
  private func x(_ ratio: Double) -> Double {
    let range = exponents
    let part = (log2(ratio) - Double(range.lowerBound)) / Double(range.count - 1)
    return left + (width - left - right) * min(max(part, 0), 1)
  }

  var svg: String {
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(fixed(width, 0)) \(fixed(height, 0))\" "
        + "font-family=\"sans-serif\" font-size=\"12\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
      text(title, x: 16, y: 26, "font-size=\"15\" font-weight=\"bold\""),
    ]
    for exponent in exponents { lines += grid(exponent) }
    for (index, bar) in bars.enumerated() { lines += draw(bar, y: top + step * Double(index)) }
    return (lines + ["</svg>", ""]).joined(separator: "\n")
  }

  private func grid(_ exponent: Int) -> [String] {
    let position = x(exp2(Double(exponent)))
    let name = exponent < 0 ? "1/\(1 << -exponent)" : "\(1 << exponent)"
    return [
      line(position, top - 8, position, height - 32, exponent == 0 ? "stroke=\"#333\"" : "stroke=\"#ddd\""),
      text(name, x: position, y: height - 14, "text-anchor=\"middle\" fill=\"#555\""),
    ]
  }

  private func draw(_ bar: Bar, y: Double) -> [String] {
    let (one, end) = (x(1), x(bar.ratio.median))
    let color = bar.ratio.median >= 1 ? "#2a7ab9" : "#c8743c"
    let middle = y + step / 2 - 3
    return [
      text(bar.label, x: left - 10, y: middle + 4, "text-anchor=\"end\""),
      "<rect x=\"\(fixed(min(one, end), 1))\" y=\"\(fixed(y, 1))\" width=\"\(fixed(abs(end - one), 1))\" "
        + "height=\"\(fixed(step - 6, 1))\" fill=\"\(color)\"/>",
      line(
        x(bar.ratio.lowerQuartile), middle, x(bar.ratio.upperQuartile), middle, "stroke=\"#222\" stroke-width=\"1.5\""),
      text(fixed(bar.ratio.median), x: width - right + 14, y: middle + 4, ""),
    ]
  }

  private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> String {
    "<line x1=\"\(fixed(x1, 1))\" y1=\"\(fixed(y1, 1))\" x2=\"\(fixed(x2, 1))\" y2=\"\(fixed(y2, 1))\" \(style)/>"
  }

  private func text(_ text: String, x: Double, y: Double, _ style: String) -> String {
    let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    return "<text x=\"\(fixed(x, 1))\" y=\"\(fixed(y, 1))\" \(style)>\(escaped)</text>"
  }
}

extension Chart {
  /// The ratios of all comparisons.
  init(_ report: Report) {
    self.init(
      title: "How many times as fast as what is behind the colon (\(report.server))",
      bars: report.comparisons.map {
        Bar(label: "\($0.ours.name) : \($0.theirs.name)  \($0.type)", ratio: $0.ratio)
      })
  }
}
