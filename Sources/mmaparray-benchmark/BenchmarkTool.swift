import ArgumentParser
import Foundation
import LiveServer
import MappedArrayClient

@main
struct BenchmarkTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mmaparray-benchmark",
    abstract: "Measures the module next to the server's own way of doing the same work.",
    discussion: """
      Starts a server of its own with the module. Samples of both ways take turns, so that whatever else the machine \
      does hits both; ratios are of the two samples of each round. Prints Markdown.
      """)

  @Option(help: "The module.")
  var module = Environment.module ?? "build/mmaparray.so"

  @Option(help: "The server's program.")
  var server = "redis-server"

  @Option(parsing: .upToNextOption, help: "Element types to compare: \(typeNames).")
  var types: [String] = ElementKind.all.map(\.name)

  @Option(help: "How often each comparison is made.")
  var rounds: Int?

  @Option(help: "Requests of one element in a sample; larger requests are fewer.")
  var requests: Int?

  @Option(help: "Requests that are under way on a connection.")
  var pipeline = 32

  @Option(help: "Connections, of all threads together.")
  var connections = 1

  @Option(help: "Threads that send requests.")
  var threads = 1

  @Flag(inversion: .prefixedNo, help: "Whether to measure how costs grow.")
  var growth = true

  @Flag(inversion: .prefixedNo, help: "Whether to measure what others wait beside long commands.")
  var waiting = true

  @Flag(help: "Only see whether it works.")
  var quick = false

  @Flag(help: "Print JSON.")
  var json = false

  @Option(help: "Draw the ratios into this SVG file.")
  var chart: String?

  private static var typeNames: String { ElementKind.all.map(\.name).joined(separator: " ") }

  func validate() throws {
    for type in types where !ElementKind.all.contains(where: { $0.name == type }) {
      throw ValidationError("there is no type \(type); give some of \(Self.typeNames)")
    }
    for number in [rounds ?? 1, requests ?? 1, pipeline, connections, threads] where number < 1 {
      throw ValidationError("\(number) is not positive")
    }
  }

  func run() throws {
    guard FileManager.default.isReadableFile(atPath: module) else { throw BenchmarkError.noModule(module) }
    let server = try LiveServer(program: [server], module: module, configuration: [("maxclients", "18000")])
    let connection = try server.connect()
    let load = Load(threads: threads, connections: max(threads, connections), pipeline: pipeline)
    var report = Report(
      server: try version(connection), processors: ProcessInfo.processInfo.activeProcessorCount, load: load,
      rounds: scale.rounds)
    var progress = ProgressBar(total: types.count * (scale.rounds + 2) + (waiting ? 9 : 0) + (growth ? 6 : 0))
    for kind in ElementKind.all where types.contains(kind.name) {
      try compare(kind, load, server, connection, &report, &progress)
    }
    if waiting {
      let measurement = Waiting(scale: scale, server: server, connection: connection)
      report.waiting = try measurement.all { progress.next($0) }
    }
    if growth {
      let measurement = GrowthMeasurement(scale: scale, load: load, server: server, connection: connection)
      report.growth = try measurement.all { progress.next($0) }
    }
    progress.finish()
    if let chart { try Files.write(Array(Chart(report).svg.utf8), to: chart) }
    print(json ? try report.json() : report.text)
  }

  private var scale: Scale {
    var scale = quick ? Scale.quick : Scale()
    scale.rounds = rounds ?? scale.rounds
    scale.requests = min(requests ?? scale.requests, scale.elements)
    return scale
  }

  /// All comparisons of one type: a round of all of them, then the next round.
  private func compare(
    _ kind: ElementKind, _ load: Load, _ server: LiveServer, _ connection: Connection, _ report: inout Report,
    _ progress: inout ProgressBar
  ) throws {
    progress.next("\(kind.name): data")
    try connection("FLUSHALL")
    let scattered = Scattered(kind, scale)
    report.memory.append(try scattered.prepare(server, connection))
    let comparisons = Comparisons(kind, scale)
    try comparisons.prepare(connection)
    var analyses = Analyses(kind, scale)
    try analyses.prepare(connection)
    var matrix = try kind.name == Matrix.typeName ? Matrix(scale, server, connection) : nil
    var running = try (scattered.all() + comparisons.all() + (matrix?.all() ?? [])).map(RunningComparison.init)
    progress.next("\(kind.name): warming up")
    for index in running.indices {
      try running[index].measure(load, on: server, connection, round: 0)
      running[index].discard()
    }
    for round in 0..<scale.rounds {
      progress.next("\(kind.name): round \(round + 1)")
      for index in running.indices { try running[index].measure(load, on: server, connection, round: round) }
      try analyses.measure(on: server, connection)
      try matrix?.measure(connection)
    }
    report.comparisons += try running.map { try $0.figures() } + analyses.figures() + (matrix?.figures() ?? [])
  }

  private func version(_ connection: Connection) throws -> String {
    let lines = try connection("INFO", "server", as: String.self).split(whereSeparator: \.isNewline)
    func field(_ name: String) -> String? {
      lines.first { $0.hasPrefix(name + ":") }.map { String($0.dropFirst(name.count + 1)) }
    }
    if let version = field("valkey_version") { return "Valkey \(version)" }
    return "Redis \(field("redis_version") ?? "")"
  }
}
