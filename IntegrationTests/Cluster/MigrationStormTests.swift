import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Slots move to and fro between two masters with a replica each, by the newest servers' atomic slot migration, while
/// arrays in them change in every way.
struct MigrationStormTests {
  @Test("arrays of all kinds in slots that move", .timeLimit(.minutes(10)))
  func storm() throws {
    let server = try ModuleServer()
    guard try ServerVersion(server.connection).has(.atomicSlotMigration) else { return }
    let storm = try MigrationStorm(seed: StormSettings.seed)
    print("a storm of migrations with MMAPARRAY_STORM_SEED=\(StormSettings.seed)")
    let end = ContinuousClock.now + StormSettings.duration / 2
    repeat { try storm.round() } while ContinuousClock.now < end
    #expect(storm.migrationCount > 0)
  }
}

/// The storm's cluster, and what its arrays must hold.
private final class MigrationStorm {
  private let live: LiveCluster
  private let cluster: ClusterConnection
  private var generator: SeededGenerator
  private var arrays: [StormArray] = []
  private var dumps: [(payload: [UInt8], array: StormArray, packed: [UInt8])] = []
  private(set) var migrationCount = 0
  /// The master that has the slots.
  private var owner = 0

  private static let slots = 0..<100

  init(seed: UInt64) throws {
    live = try LiveCluster(masterCount: 2)
    cluster = try ClusterConnection(to: live.addresses, protocolVersion: .resp2)
    generator = SeededGenerator(seed: seed)
    let kinds = ElementCase.numbers.flatMap { type in Format.allCases.map { (type, $0) } }
    let keys = (0...).lazy.map { "k\($0)" }.filter { Self.slots.contains(HashSlot.of($0)) }.prefix(kinds.count)
    for (number, (key, kind)) in zip(keys, kinds).enumerated() {
      let array = StormArray(number, kind.0, kind.1, path: "file\(number)", seed: seed)
      arrays.append(array)
      #expect(try cluster.send(["MMAP", key] + array.words, to: key) == .integer(0))
      array.writers = [key]
    }
  }

  private func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }

  /// Changes, a migration with changes meanwhile, changes, and a look at everything.
  func round() throws {
    try change(60)
    let (source, target) = (live.nodes[owner], live.nodes[1 - owner])
    let connection = try source.connect()
    // Another program writes too, until the slots are gone; nobody else may map its file then.
    try appendOutside(to: source)
    try connection(
      "CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", Self.slots.lowerBound, Self.slots.upperBound - 1, "NODE",
      live.identifier(of: target))
    var state = ""
    while !["success", "failed", "cancelled"].contains(state) {
      try change(5)
      state = try connection("CLUSTER", "GETSLOTMIGRATIONS", as: [Reply].self).first?["state"]?.text ?? ""
    }
    #expect(state == "success", "\(source.log.suffix(1500))\n\(target.log.suffix(3000))")
    owner = 1 - owner
    migrationCount += 1
    try cluster.refresh()
    try change(60)
    try check()
  }

  private func change(_ count: Int) throws {
    for _ in 0..<count {
      guard let array = arrays.randomElement(using: &generator), let key = array.writers.first else { return }
      switch number(0..<30) {
      case 0: try dump(array, key)
      case 1: try restore(array, key)
      default:
        let step = array.contents.step(on: key)
        let reply = try cluster.send(step.words, to: key)
        array.note("\(step.text) → \("\(reply)".prefix(100))")
        #expect(step.isMet(reply), "\(step.text): \(reply), not \(step.expectation)\n\(array.description)")
      }
    }
  }

  private func dump(_ array: StormArray, _ key: String) throws {
    guard case .bulk(let payload) = try cluster.send(["DUMP", key], to: key) else { return }
    dumps.append((payload, array, array.contents.packed))
    if dumps.count > 5 { dumps.removeFirst() }
  }

  /// The key gets what it, or another of its type, has once been.
  private func restore(_ array: StormArray, _ key: String) throws {
    guard
      let dump = dumps.filter({ $0.array.type.name == array.type.name && $0.array.format == array.format })
        .randomElement(using: &generator)
    else { return }
    let reply = try cluster.send(["RESTORE", key, 0, dump.payload, "REPLACE"], to: key)
    #expect(reply == .ok, "\(live.nodes[owner].log.suffix(1500))")
    array.contents.take(dump.packed)
    array.note("RESTORE of \(array.contents.count) elements")
  }

  private func appendOutside(to node: LiveServer) throws {
    guard let array = arrays.filter({ $0.format == .raw }).randomElement(using: &generator),
      let key = array.writers.first, let path = try cluster.send(["VFILEPATH", key], to: key).text
    else { return }
    let more = array.contents.grow(by: 10, using: &generator)
    let file = open("\(node.directory)/arrays/\(path)", O_WRONLY | O_APPEND | O_CLOEXEC)
    try #require(file >= 0)
    defer { close(file) }
    #expect(write(file, more, more.count) == more.count)
    // It is seen, and on its way, before the slots go.
    #expect(try cluster.send(["VCOUNT", key], to: key) == .integer(array.contents.count))
    array.note("outside: 10 elements are appended")
  }

  private func check() throws {
    let reader = try live.nodes[owner + 2].connect()
    try reader("READONLY")
    for array in arrays {
      for key in array.writers {
        guard case .bulk(let packed) = try cluster.send(["MMAP.READ", key], to: key), array.contents.isSame(packed)
        else {
          Issue.record("\(key) has not what was acknowledged\n\(array.description)")
          throw StormFailure("\(key) after \(migrationCount) migrations")
        }
        let master = try live.nodes[owner].connect()
        try live.wait(for: "the replica's \(key)") { () throws(ClientError) in
          try reader("DEBUG", "DIGEST-VALUE", key) == master("DEBUG", "DIGEST-VALUE", key)
        }
      }
    }
    for node in live.nodes {
      #expect(node.isRunning && !node.log.contains("ASSERTION FAILED"), "\(node.log.suffix(3000))")
    }
  }
}

extension ClusterConnection {
  /// Sends a command to the master of a key, and returns its reply, errors too.
  fileprivate func send(_ words: [any ArgumentConvertible], to key: String) throws -> Reply {
    do {
      return try run(key, mayRepeat: false) { node throws(ClientError) in
        let reply = try node.send(words.map(\.argument))
        guard case .error(let error) = reply else { return reply }
        throw .server(code: error.code, message: error.message)
      }
    } catch ClientError.server(let code, let message) {
      return .error(ServerError(code: code, message: message))
    }
  }
}
