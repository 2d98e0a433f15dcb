import Foundation
import FoundationXML
import Testing

@testable import mmaparray_benchmark

struct OutputTests {
  @Test(
    "numbers with prefixes",
    arguments: [
      (0, "0.00"), (1.234, "1.23"), (9.999, "10.0"), (99.96, "100"), (999.4, "999"), (999.6, "1.00 k"),
      (123_456, "123 k"), (1_500_000, "1.50 M"), (2e9, "2.00 G"), (5e15, "5000 T"),
    ] as [(Double, String)])
  func numbers(value: Double, text: String) {
    #expect(short(value) == text)
  }

  @Test("powers of ten", arguments: [(0, "0"), (1, "1"), (1000, "10³"), (2000, "2000"), (1_000_000_000, "10⁹")])
  func powers(count: Int, text: String) {
    #expect(short(count: count) == text)
  }

  @Test("a table")
  func table() {
    var table = Table(["a", "long"])
    table.add(["éé", "1"])
    #expect(table.text == "| a  | long |\n|----|------|\n| éé | 1    |")
  }

  /// What the chart's XML holds.
  private final class Elements: NSObject, XMLParserDelegate {
    var names: [String] = []
    var text = ""

    func parser(
      _: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      names.append(name)
      for (name, value) in attributes where ["x", "y", "width", "x1", "x2"].contains(name) && value != "100%" {
        #expect(Double(value).map { $0 >= 0 && $0 <= 860 } == true, "\(name)=\(value)")
      }
    }

    func parser(_: XMLParser, foundCharacters characters: String) { text += characters }
  }

  @Test(
    "a chart is XML with a bar for each ratio, all of it inside",
    arguments: [[1, 1, 1], [0.3, 0.5, 0.7], [2, 9, 40], [0.001, 1, 1000]] as [[Double]])
  func chart(figures: [Double]) throws {
    let spread = try #require(Spread(figures))
    let chart = Chart(title: "<&>", bars: [.init(label: "A & B", ratio: spread), .init(label: "C", ratio: spread)])
    let elements = Elements()
    let parser = XMLParser(data: Data(chart.svg.utf8))
    parser.delegate = elements
    #expect(parser.parse())
    // The background, and the bars.
    #expect(elements.names.count { $0 == "rect" } == 3)
    #expect(elements.text.contains("<&>"))
    #expect(elements.text.contains("A & B"))
  }
}
