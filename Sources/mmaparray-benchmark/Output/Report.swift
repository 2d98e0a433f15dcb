import Foundation

/// All that a run has found.
struct Report: Codable {
  /// `redis 7.0.15`.
  var server: String
  var processors: Int
  var load: Load
  var rounds: Int
  var comparisons: [ComparisonFigures] = []
  var memory: [MemoryFigures] = []
  var waiting: [WaitingFigures] = []
  var growth: [Growth] = []
  /// What could not be measured and why, a line each.
  var leftOut: [String] = []

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// What was run, in words.
  var conditions: String {
    "\(server), \(processors) processors, \(load.threads) client \(load.threads == 1 ? "thread" : "threads"), "
      + "\(load.connections) \(load.connections == 1 ? "connection" : "connections"), pipeline of \(load.pipeline), "
      + "medians of \(rounds) \(rounds == 1 ? "round" : "rounds") with quartiles"
  }

  /// All tables, as Markdown.
  var text: String {
    let tables =
      (comparisons.isEmpty ? [] : [comparisonTable]) + (memory.isEmpty ? [] : [memoryTable])
      + (waiting.isEmpty ? [] : [waitingTable]) + (growth.isEmpty ? [] : [growthTable])
    return ([conditions] + leftOut + tables.map(\.text)).joined(separator: "\n\n")
  }

  private var memoryTable: Table {
    var table = Table(["type", "elements", "array, bytes", "strings, bytes", "ratio"])
    for figures in memory {
      let (array, strings) = (Double(figures.arrayBytes), Double(figures.stringBytes))
      table.add([
        figures.type, short(count: figures.elements), short(array), short(strings), fixed(strings / array, 1),
      ])
    }
    return table
  }

  private var waitingTable: Table {
    var table = Table(["PING beside", "p50/p99/p99.9 µs", "longest, ms", "goal, ms"])
    for figures in waiting {
      table.add([
        figures.name, figures.pings.text, fixed(figures.pings.longest / 1000),
        figures.goal.map { fixed($0, 0) } ?? "",
      ])
    }
    return table
  }

  private var comparisonTable: Table {
    var table = Table([
      "type", "module", "/s", "p50/p99/p99.9 µs", "server", "/s", "p50/p99/p99.9 µs", "ratio", "quartiles",
      "ratio of server time",
    ])
    for figures in comparisons {
      let unit = figures.unit == .requests ? "" : " \(figures.unit.rawValue)"
      table.add([
        figures.type,
        figures.ours.name, short(figures.ours.perSecond.median) + unit, figures.ours.latencies.text,
        figures.theirs.name, short(figures.theirs.perSecond.median) + unit, figures.theirs.latencies.text,
        fixed(figures.ratio.median),
        "\(fixed(figures.ratio.lowerQuartile)) – \(fixed(figures.ratio.upperQuartile))",
        figures.serverTimeRatio.map { fixed($0) } ?? "",
      ])
    }
    return table
  }

  private var growthTable: Table {
    let counts = Set(growth.flatMap { $0.points.map(\.count) }).sorted()
    var table = Table(["", "unit"] + counts.map(short(count:)))
    for row in growth {
      let values = counts.map { count in row.points.first { $0.count == count }.map { short($0.value) } ?? "" }
      table.add([row.name, row.unit] + values)
    }
    return table
  }
}

extension ComparisonFigures {
  /// Theirs over ours: how many times the work is done in the same time of the server's main thread.
  var serverTimeRatio: Double? {
    guard let ours = ours.serverNanoseconds, let theirs = theirs.serverNanoseconds, ours > 0 else { return nil }
    return theirs / ours
  }
}

extension Latencies {
  fileprivate var text: String { "\(short(p50)) / \(short(p99)) / \(short(p999))" }
}

// MARK: - Numbers as they are shown

/// Three digits and a prefix: `1.23 M`.
func short(_ value: Double) -> String {
  let prefixes = ["", " k", " M", " G", " T"]
  var (value, index) = (value, 0)
  // What would be rounded to a thousand is one of the next.
  while value >= 999.5, index < prefixes.count - 1 {
    value /= 1000
    index += 1
  }
  let digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
  return fixed(value, digits) + prefixes[index]
}

func fixed(_ value: Double, _ digits: Int = 2) -> String { String(format: "%.\(digits)f", value) }

/// A power of ten, as such.
func short(count: Int) -> String {
  let digits = String(count)
  guard digits.first == "1", digits.dropFirst().allSatisfy({ $0 == "0" }), digits.count > 3 else { return digits }
  let superscripts = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
  return "10" + String(String(digits.count - 1).compactMap(\.wholeNumberValue).map { superscripts[$0] })
}
