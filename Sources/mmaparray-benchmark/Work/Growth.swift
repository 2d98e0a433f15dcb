import Glibc
import LiveServer
import MappedArrayClient

/// How the cost of something grows with a count.
struct Growth: Codable {
  struct Point: Codable {
    let count: Int
    let value: Double
  }

  let name: String
  /// Of the values: `ns/request`.
  let unit: String
  var points: [Point] = []
}

/// Measures how costs grow.
struct GrowthMeasurement {
  let scale: Scale
  let load: Load
  let server: LiveServer
  let connection: Connection

  /// Samples of which the median counts.
  private var samples: Int { min(scale.rounds, 5) }

  /// Calls `progress` before each row.
  func all(_ progress: (String) -> Void) throws -> [Growth] {
    let rows: [(String, () throws -> Growth)] = [
      ("VGET", elements), ("MMAP", mapping), ("VMGET", indexes), ("VADD", values), ("heap per key", heap),
      ("memory per key", memory),
    ]
    return try rows.map { name, measure in
      progress(name)
      try connection("FLUSHALL")
      return try measure()
    }
  }

  /// 10³ … 10⁹, or as far as the scale goes.
  private var counts: [Int] { (3...scale.largestCount).map(power) }

  /// One element of sparse files. The pages that are read are in memory: 1024 of them, or all.
  private func elements() throws -> Growth {
    var growth = Growth(name: "VGET, of so many elements", unit: "ns/request")
    for count in counts {
      try makeSparse("\(count).raw", bytes: count * 8)
      try connection("MMAP", "array", "\(count).raw", "f64")
      var random = SeededGenerator(seed: 9)
      let commands = (0..<1024).map { _ -> [Argument] in
        ["VGET", "array", Argument(Int.random(in: 0..<count, using: &random))]
      }
      growth.points.append(.init(count: count, value: try median(commands, scale.requests)))
      try connection("DEL", "array")
    }
    return growth
  }

  /// Mapping and unmapping sparse files.
  private func mapping() throws -> Growth {
    var growth = Growth(name: "MMAP and DEL, a file of so many elements", unit: "ns/pair")
    for count in [0] + counts {
      try makeSparse("\(count).raw", bytes: count * 8)
      let pair: [[Argument]] = [["MMAP", "array", Argument("\(count).raw"), "f64"], ["DEL", "array"]]
      let commands = (0..<load.pipeline).flatMap { _ in pair }
      let pairs = max(1, scale.requests / 50)
      growth.points.append(.init(count: count, value: 2 * (try median(commands, 2 * pairs))))
    }
    return growth
  }

  private func indexes() throws -> Growth {
    try fill(100_000)
    return try manyArguments("VMGET, so many indexes", unit: "ns/index") { count, random in
      ["VMGET", "array"] + (0..<count).map { _ in Argument(Int.random(in: 0..<100_000, using: &random)) }
    }
  }

  private func values() throws -> Growth {
    try fill(0)
    return try manyArguments("VADD, so many values", unit: "ns/value", preparation: ["VCLEAR", "array"]) {
      count, random in
      ["VADD", "array"] + (0..<count).map { _ in Argument(Double.random(in: -1000...1000, using: &random)) }
    }
  }

  private func manyArguments(
    _ name: String, unit: String, preparation: [Argument]? = nil,
    _ build: (Int, inout SeededGenerator) -> [Argument]
  ) throws -> Growth {
    var growth = Growth(name: name, unit: unit)
    for count in (0...scale.largestRequest).map(power) {
      var random = SeededGenerator(seed: 9)
      let commands = (0..<max(16, 1024 / count)).map { _ in build(count, &random) }
      let requests = max(16, scale.requests / (5 + count))
      let nanoseconds = try median(commands, requests, preparation: preparation)
      growth.points.append(.init(count: count, value: nanoseconds / Double(count)))
    }
    return growth
  }

  private func fill(_ count: Int) throws {
    try connection("MMAP", "array", "growth.npy", "f64")
    try connection("MMAP.RESIZE", "array", count)
  }

  // MARK: Keys

  /// What `MEMORY USAGE` says of one of so many keys.
  private func heap() throws -> Growth {
    var growth = Growth(name: "MEMORY USAGE of one of so many keys", unit: "bytes/key")
    try eachCountOfKeys { count, _ in
      let bytes = try connection("MEMORY", "USAGE", "key:0", as: Int.self)
      growth.points.append(.init(count: count, value: Double(bytes)))
    }
    return growth
  }

  /// What the server's anonymous memory has grown by. Below a thousand keys that is a few pages.
  private func memory() throws -> Growth {
    var growth = Growth(name: "resident memory, so many keys", unit: "bytes/key")
    try eachCountOfKeys { count, bytes in
      guard count >= 1000 || scale.mostKeys < 3 else { return }
      growth.points.append(.init(count: count, value: Double(bytes) / Double(count)))
    }
    return growth
  }

  /// A server may have 65 530 mappings, and open so many files: beyond these, keys share files.
  private func eachCountOfKeys(_ body: (_ count: Int, _ bytes: Int) throws -> Void) throws {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(7), &limit)
    let files = min(10_000, Int(clamping: limit.rlim_max) - 1000)
    let before = server.anonymousBytes
    var made = 0
    for count in (0...scale.mostKeys).map(power) {
      while made < count {
        let batch = made..<min(count, made + 1000)
        let replies = try connection.pipeline { pipeline in
          for key in batch { pipeline("MMAP", "key:\(key)", "key-\(key % files).npy", "f64") }
        }
        for case .error(let error) in replies { throw BenchmarkError.refused(.error(error)) }
        made = batch.upperBound
      }
      try body(count, server.anonymousBytes - before)
    }
  }

  // MARK: Measuring

  /// The time of a request, in nanoseconds.
  private func median(
    _ commands: [[Argument]], _ count: Int, preparation: [Argument]? = nil
  ) throws -> Double {
    let requests = try Requests(commands)
    var times: [Double] = []
    // The first warms up.
    for _ in 0...samples {
      if let preparation { try connection.send(preparation) }
      let sample = try load.run(requests, count: count, on: server)
      times.append(sample.duration / .nanoseconds(1) / Double(sample.requests))
    }
    guard let spread = Spread(Array(times.dropFirst())) else {
      throw BenchmarkError.noFigure("\(commands.first ?? [])")
    }
    return spread.median
  }

  private func makeSparse(_ name: String, bytes: Int) throws {
    let path = "\(server.directory)/arrays/\(name)"
    try Files.write([], to: path)
    guard truncate(path, bytes) == 0 else { throw ProcessError.system(subject: path, code: errno) }
  }

  private func power(_ exponent: Int) -> Int { (0..<exponent).reduce(1) { power, _ in power * 10 } }
}
