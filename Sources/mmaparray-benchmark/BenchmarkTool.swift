import ArgumentParser
import Foundation
import LiveServer
import MappedArrayClient

/// What can be measured for itself.
enum Group: String, CaseIterable, ExpressibleByArgument {
  /// The same work done by the module and by the server's own means, or by other programs.
  case comparisons
  /// What others wait beside long commands.
  case waiting
  /// Files larger than memory, beside the disk.
  case cold
  /// Changes that are on the disk when they are acknowledged.
  case flushes
  /// How costs grow.
  case growth
}

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

  @Option(
    parsing: .upToNextOption, help: "What to measure: \(Group.allCases.map(\.rawValue).joined(separator: " ")).")
  var groups: [Group] = Group.allCases

  @Option(help: "Megabytes of memory for a server that reads a file of four times as much.")
  var memory: Int?

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
    for number in [rounds ?? 1, requests ?? 1, memory ?? 1, pipeline, connections, threads] where number < 1 {
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
    let kinds = groups.contains(.comparisons) ? ElementKind.all.filter { types.contains($0.name) } : []
    var progress = ProgressBar(total: steps(kinds.count))
    for kind in kinds { try compare(kind, load, server, connection, &report, &progress) }
    if groups.contains(.waiting) {
      report.waiting = try Waiting(scale: scale, server: server, connection: connection).all { progress.next($0) }
    }
    if groups.contains(.cold) { try measureColdReads(&report, &progress) }
    if groups.contains(.flushes) {
      let (comparison, waiting) = try Flushes(scale, program: self.server, module: module).measure { progress.next($0) }
      report.comparisons.append(comparison)
      report.waiting += waiting
    }
    if groups.contains(.growth) {
      let measurement = GrowthMeasurement(scale: scale, load: load, server: server, connection: connection)
      report.growth = try measurement.all { progress.next($0) }
    }
    progress.finish()
    if let chart { try Files.write(Array(Chart(report).svg.utf8), to: chart) }
    print(json ? try report.json() : report.text)
  }

  /// So many are told to the progress bar.
  private func steps(_ kinds: Int) -> Int {
    let rounds = scale.rounds + 2
    return groups.reduce(0) { sum, group in
      switch group {
      case .comparisons: sum + kinds * rounds
      case .waiting: sum + 9
      case .cold, .flushes: sum + rounds
      case .growth: sum + 6
      }
    }
  }

  private func measureColdReads(_ report: inout Report, _ progress: inout ProgressBar) throws {
    do {
      let (comparisons, waiting) = try ColdReads.measure(scale, program: server, module: module) { progress.next($0) }
      report.comparisons += comparisons
      report.waiting += waiting
    } catch let error as BenchmarkError where error.isOfMachine {
      report.leftOut.append("Files larger than memory are not measured: \(error)")
    }
  }

  private var scale: Scale {
    var scale = quick ? Scale.quick : Scale()
    scale.rounds = rounds ?? scale.rounds
    scale.requests = min(requests ?? scale.requests, scale.elements)
    scale.coldMemory = memory.map { $0 << 20 } ?? scale.coldMemory
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
