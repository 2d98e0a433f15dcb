import Glibc

/// What may happen in a storm besides changes of elements. A seed that fails can be run again with fewer.
struct Disturbance: OptionSet, Sendable {
  let rawValue: Int

  static let restore = Disturbance(rawValue: 1 << 0)
  static let copy = Disturbance(rawValue: 1 << 1)
  static let rename = Disturbance(rawValue: 1 << 2)
  static let links = Disturbance(rawValue: 1 << 3)
  static let readers = Disturbance(rawValue: 1 << 4)
  static let outside = Disturbance(rawValue: 1 << 5)
  static let pause = Disturbance(rawValue: 1 << 6)
  static let failover = Disturbance(rawValue: 1 << 7)
  static let killReplica = Disturbance(rawValue: 1 << 8)
  static let killMaster = Disturbance(rawValue: 1 << 9)
  static let fullDisk = Disturbance(rawValue: 1 << 10)
  static let synchronize = Disturbance(rawValue: 1 << 11)
  static let delete = Disturbance(rawValue: 1 << 12)
  static let flush = Disturbance(rawValue: 1 << 13)
  static let large = Disturbance(rawValue: 1 << 14)
  static let reload = Disturbance(rawValue: 1 << 15)
  static let expire = Disturbance(rawValue: 1 << 16)
  static let promote = Disturbance(rawValue: 1 << 17)
  static let scripts = Disturbance(rawValue: 1 << 18)

  static let names: [(name: String, disturbance: Disturbance)] = [
    ("restore", .restore), ("copy", .copy), ("rename", .rename), ("links", .links), ("readers", .readers),
    ("outside", .outside), ("pause", .pause), ("failover", .failover), ("killReplica", .killReplica),
    ("killMaster", .killMaster), ("fullDisk", .fullDisk), ("synchronize", .synchronize), ("delete", .delete),
    ("flush", .flush), ("large", .large), ("reload", .reload), ("expire", .expire), ("promote", .promote),
    ("scripts", .scripts),
  ]

  static let all = Disturbance(names.map(\.disturbance))

  /// Those that happen to nodes and files, and are no commands on keys.
  static let events: Disturbance = [
    .links, .outside, .pause, .failover, .killReplica, .killMaster, .fullDisk, .synchronize, .flush, .large, .reload,
    .promote,
  ]

  var description: String {
    Disturbance.names.filter { contains($0.disturbance) }.map(\.name).joined(separator: ",")
  }

  /// The disturbances with these names, between commas; all but those if the first one is `-`.
  init(_ text: String) {
    let isWithout = text.hasPrefix("-")
    let words = Set((isWithout ? String(text.dropFirst()) : text).split(separator: ",").map(String.init))
    let named = Disturbance(Disturbance.names.filter { words.contains($0.name) }.map(\.disturbance))
    self = isWithout ? Disturbance.all.subtracting(named) : named
  }

  init(_ parts: [Disturbance]) { self = parts.reduce(into: []) { $0.formUnion($1) } }

  init(rawValue: Int) { self.rawValue = rawValue }
}

/// What the environment wants of a storm.
enum StormSettings {
  private static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// How long new rounds begin.
  static var duration: Duration { .seconds(value("MMAPARRAY_STORM_SECONDS").flatMap { Int($0) } ?? 15) }

  static var seed: UInt64 { value("MMAPARRAY_STORM_SEED").flatMap { UInt64($0) } ?? 20_261_121 }

  static var disturbances: Disturbance { value("MMAPARRAY_STORM_DISTURBANCES").map { Disturbance($0) } ?? .all }
}
