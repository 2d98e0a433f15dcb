import LiveServer
import MappedArrayClient

/// An array in a file of four times the memory that its server has, beside what the file's disk gives a program that reads
/// with `pread`.
///
/// A quarter of the file can be in memory, so up to a quarter of what is read at random does not come from the disk.
struct ColdReads {
  private let scale: Scale
  private let server: LiveServer
  private let connection: Connection
  private let disk: Disk
  private let size: Int
  private var random = SeededGenerator(seed: 11)
  private var rows: [Row]

  /// - Throws: `BenchmarkError.cannotLimit` or `.noDisk` where nothing can be measured.
  static func measure(
    _ scale: Scale, program: String, module: String, _ progress: (String) -> Void
  ) throws -> (comparisons: [ComparisonFigures], waiting: [WaitingFigures]) {
    progress("cold pages: data")
    let group = try MemoryGroup(bytes: scale.coldMemory)
    defer { group.remove() }
    let server = try LiveServer(program: [program], module: module)
    // The group cannot be removed before.
    defer { server.remove() }
    var reads = try ColdReads(scale, server, in: group)
    for round in 0..<scale.rounds {
      progress("cold pages: round \(round + 1)")
      try reads.measure(round)
    }
    progress("PING beside cold pages")
    return (try reads.rows.map { try reads.figures($0) }, try reads.waiting())
  }

  private init(_ scale: Scale, _ server: LiveServer, in group: MemoryGroup) throws {
    (self.scale, self.server) = (scale, server)
    connection = try server.connect()
    let values = ElementKind.all[0].values(1 << 17).packed
    size = 4 * scale.coldMemory
    disk = try Disk(writing: values, size: size, to: "\(server.directory)/arrays/cold.raw")
    try group.add(server.processIdentifier)
    try connection("MMAP", "cold", "cold.raw", "f64")
    try connection("MMAP", "warm", "warm.npy", "f64")
    for _ in stride(from: 0, to: scale.coldMemory / 16, by: values.count) {
      try connection("MMAP.APPEND", "warm", values)
    }
    rows = Row.all
    // From here on the memory is full.
    _ = try sample(.sum, of: "cold")
  }

  // MARK: Beside the disk

  /// A sample of both sides of each row, in turns which one first.
  private mutating func measure(_ round: Int) throws {
    for index in rows.indices {
      let row = rows[index]
      if round.isMultiple(of: 2) { rows[index].theirs.append(try sample(row)) }
      // As many as the disk gives in that time, so that slow ones are not waited for.
      let latest = try rows[index].theirs.last ?? sample(row)
      let count = Int(latest.rate(1) * (scale.coldSample / .seconds(1)))
      rows[index].ours.append(try sample(row.work, of: "cold", elements: count))
      if !round.isMultiple(of: 2) { rows[index].theirs.append(try sample(row)) }
    }
  }

  private func sample(_ row: Row) throws -> Sample {
    try disk.sample(row.order, threads: row.threads, for: scale.coldSample)
  }

  private mutating func sample(_ work: Row.Work, of key: String, elements: Int = 1) throws -> Sample {
    let (requests, count) = try requests(work, of: key, elements)
    return try work.load.run(requests, count: count, on: server)
  }

  /// Requests for so many elements, each any of the array; or for the sum of all.
  private mutating func requests(
    _ work: Row.Work, of key: String, _ elements: Int
  ) throws -> (requests: Requests, count: Int) {
    if case .sum = work { return (try Requests([["MMAP.AGG", Argument(key), 0, -1, "SUM"]]), 1) }
    let length = try connection("MMAP.COUNT", key, as: Int.self)
    // None twice, but for so many that it does not matter; and one for each client at least.
    let count = max(work.load.threads, min(elements, 500_000) / work.elements)
    let name: Argument = work.elements == 1 ? "VGET" : "VMGET"
    let commands = (0..<count).map { _ in
      [name, Argument(key)] + (0..<work.elements).map { _ in Argument(Int.random(in: 0..<length, using: &random)) }
    }
    return (try Requests(commands), count)
  }

  private func figures(_ row: Row) throws -> ComparisonFigures {
    if case .sum = row.work {
      return try ComparisonFigures(
        "f64", .bytes, (row.name(of: "cold"), row.ours, size), (row.rival, row.theirs, Disk.piece))
    }
    return try ComparisonFigures(
      "f64", .elements, (row.name(of: "cold"), row.ours, row.work.elements), (row.rival, row.theirs, 1))
  }

  // MARK: What others wait

  /// What they wait beside each kind of work, on an array that is in memory and on the one that is not.
  private mutating func waiting() throws -> [WaitingFigures] {
    var figures: [WaitingFigures] = []
    for row in rows where row.order == .random || row.threads == 1 {
      for key in row.order == .random ? ["warm", "cold"] : ["cold"] {
        let rate = try sample(row.work, of: key, elements: 1000).rate(row.work.elements)
        let (requests, count) = try requests(row.work, of: key, Int(2 * rate * (scale.coldSample / .seconds(1))))
        let pings = try Pings.beside(
          { [server] in _ = try row.work.load.run(requests, count: count, on: server) }, on: server)
        figures.append(WaitingFigures(name: row.name(of: key), goal: row.order == .random ? nil : 20, pings: pings))
      }
    }
    return figures
  }
}

/// Work on an array, and how a program reads as much of the disk.
private struct Row {
  enum Work {
    /// `VGET`s, by so many clients.
    case single(clients: Int)
    /// A `VMGET` of so many.
    case several(Int)
    case sum
  }

  let name: String
  let work: Work
  let order: Disk.Order
  /// Of the program.
  let threads: Int
  var ours: [Sample] = []
  var theirs: [Sample] = []

  static let all = [
    Row(name: "VGET, 1 client", work: .single(clients: 1), order: .random, threads: 1),
    Row(name: "VGET, 16 clients", work: .single(clients: 16), order: .random, threads: 16),
    Row(name: "VMGET 100", work: .several(100), order: .random, threads: 16),
    Row(name: "MMAP.AGG SUM", work: .sum, order: .sequential, threads: 1),
    Row(name: "MMAP.AGG SUM", work: .sum, order: .sequential, threads: 16),
  ]

  func name(of key: String) -> String { "\(name), \(key)" }

  /// What the program is called.
  var rival: String {
    "pread, \(threads) thread\(threads == 1 ? "" : "s")\(order == .random ? "" : " in order")"
  }
}

extension Row.Work {
  /// Of a request.
  fileprivate var elements: Int { if case .several(let count) = self { count } else { 1 } }

  fileprivate var load: Load {
    let clients = if case .single(let clients) = self { clients } else { 1 }
    return Load(threads: clients, connections: clients, pipeline: 1)
  }
}
