import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// A master, a replica and a replica of that, with everything at once; and what must be true of them at quiet points.
final class Storm {
  let seed: UInt64
  let disturbances: Disturbance
  var generator: SeededGenerator
  let nodes: [StormNode]
  var arrays: [StormArray] = []
  var dumps: [StormDump] = []
  /// A file of many pieces that is bound to the key `large`.
  var large: LargeFile?
  /// Whether the module has `MMAP.RELOAD`.
  let hasReload: Bool
  /// What has happened to nodes, the last of it.
  private(set) var events: [String] = []
  private var lastNumber = 0
  private(set) var commandCount = 0
  private(set) var eventCounts: [String: Int] = [:]

  /// Keys of arrays; several may be bound to one.
  static let keys = (0..<14).map { "k\($0)" }

  init(seed: UInt64, disturbances: Disturbance) throws {
    (self.seed, self.disturbances) = (seed, disturbances)
    var generator = SeededGenerator(seed: seed)
    nodes = try (0..<3).map { try StormNode($0, using: &generator) }
    self.generator = generator
    hasReload = try nodes[0].server("COMMAND", "INFO", "MMAP.RELOAD").elements?.first != .null
    try nodes[1].follow(nodes[0])
    try nodes[2].follow(nodes[1])
    for node in nodes {
      // What nobody is bound to, some with names that others may come to need.
      for name in ["kept", "a1.npy.aside-1", "a2.aside-1", "a3.npy.aside-1"] { try node.addOriginal(name) }
    }
  }

  var master: StormNode { nodes.first { $0.primary == nil } ?? nodes[0] }
  var replicas: [StormNode] { nodes.filter { $0.primary != nil } }

  // MARK: - Chance

  func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }
  func chance(_ one: Int) -> Bool { generator.next() % UInt64(one) == 0 }
  func pick<Element>(_ elements: some Collection<Element>) -> Element? { elements.randomElement(using: &generator) }

  func has(_ disturbance: Disturbance) -> Bool { disturbances.contains(disturbance) }

  func note(_ event: String) {
    events.append(event)
    if events.count > 60 { events.removeFirst() }
    let kind = String(event.prefix { $0 != " " && $0 != ":" })
    eventCounts[kind, default: 0] += 1
  }

  // MARK: - Arrays

  func array(boundTo key: String) -> StormArray? { arrays.first { $0.keys.contains(key) } }

  /// Arrays with a key.
  var bound: [StormArray] { arrays.filter { !$0.keys.isEmpty } }
  var writable: [StormArray] { arrays.filter { !$0.writers.isEmpty } }

  /// The key is bound to something else now, or to nothing.
  func unbind(_ key: String) {
    for array in arrays where array.keys.contains(key) {
      array.writers.remove(key)
      array.readers.remove(key)
    }
  }

  func bind(_ key: String, to array: StormArray, isReader: Bool = false) {
    unbind(key)
    if isReader { array.readers.insert(key) } else { array.writers.insert(key) }
  }

  func makeArray(_ type: ElementCase? = nil, _ format: Format? = nil, path: String? = nil) -> StormArray {
    lastNumber += 1
    let format = format ?? pick(Format.allCases) ?? .npy
    let array = StormArray(
      lastNumber, type ?? pick(ElementCase.numbers) ?? ElementCase.numbers[0], format,
      path: path ?? "a\(lastNumber)" + (format == .npy ? ".npy" : ""), seed: seed)
    arrays.append(array)
    return array
  }

  func forget(_ array: StormArray) { arrays.removeAll { $0 === array } }

  // MARK: - Commands

  /// Sends a command to the master.
  @discardableResult
  func send(_ words: [any ArgumentConvertible], about array: StormArray? = nil) throws -> Reply {
    let reply = try sendQuietly(words)
    array?.note(
      "\(words.map { ($0 as? [UInt8]).map { "<\($0.count) bytes>" } ?? "\($0)" }.joined(separator: " ")) → \(short(reply))"
    )
    return reply
  }

  private func sendQuietly(_ words: [any ArgumentConvertible]) throws -> Reply {
    commandCount += 1
    do {
      return try master.server.send(words)
    } catch {
      throw StormFailure("node \(master.number): \(words.first ?? ""): \(error)\n\(master.damage() ?? "")")
    }
  }

  /// Sends a command that must have this reply.
  func expect(_ expected: Reply, _ words: [any ArgumentConvertible], about array: StormArray? = nil) throws {
    let reply = try send(words, about: array)
    guard reply == expected else {
      throw failure("\(words.first ?? "") \(words.dropFirst().first ?? ""): \(short(reply)), not \(expected)", array)
    }
  }

  /// Sends what was made up for an array, and looks at the reply.
  func perform(_ step: StormStep, on array: StormArray, in script: Bool) throws {
    var words: [any ArgumentConvertible] = step.words
    // Lua's numbers are doubles.
    if script, words.count > 1, array.type.isFloat || array.type.size < 8 {
      let call = "return redis.call(ARGV[1], KEYS[1], unpack(ARGV, 2))"
      words = ["EVAL", call, 1, step.words[1], step.words[0]]
      for word in step.words.dropFirst(2) { words.append(word) }
    }
    let reply = try sendQuietly(words)
    array.note("\(words.count > step.words.count ? "EVAL " : "")\(step.text) → \(short(reply))")
    guard step.isMet(reply) else {
      throw failure("\(step.text): \(short(reply)), not \(step.expectation.prefix(300))", array)
    }
  }

  func short(_ reply: Reply) -> String {
    switch reply {
    case .error(let error): String("\(error)".prefix(400))
    case .null: "nil"
    case .bulk(let bytes) where bytes.count > 40: "<\(bytes.count) bytes>"
    case .array(let elements):
      "[" + elements.prefix(8).map(short).joined(separator: " ") + (elements.count > 8 ? " … \(elements.count)]" : "]")
    default: reply.text ?? "\(reply)"
    }
  }

  func failure(_ text: String, _ array: StormArray? = nil) -> StormFailure {
    StormFailure("\(text)\n\(array?.description ?? "")")
  }

  /// All that is known when something is wrong.
  func report(_ error: any Error) -> String {
    let topology = nodes.map { node in
      "node \(node.number): \(node.primary.map { "follows \($0.number)" } ?? "master"), \(node.server.live.directory)"
    }
    let logs = nodes.map { node in
      let lines = node.server.live.log.split(whereSeparator: \.isNewline).suffix(40)
      return "--- log of node \(node.number)\n" + lines.map { "\($0.prefix(220))" }.joined(separator: "\n")
    }
    let paths = bound.flatMap { array in
      array.keys.sorted().map { key in
        let (path, count) = (try? master.server("VFILEPATH", key), try? master.server("VCOUNT", key))
        return
          "\(key) of '\(array.path)' (\(array.contents.count)): \(path.map(short) ?? "-") (\(count.map(short) ?? "-"))"
      }
    }
    return """
      MMAPARRAY_STORM_SEED=\(seed) MMAPARRAY_STORM_DISTURBANCES=\(disturbances.description), after \(commandCount) commands
      \(error)
      \(topology.joined(separator: "\n"))
      keys on the master:
        \(paths.sorted().joined(separator: "\n  "))
      events:
        \(events.suffix(25).joined(separator: "\n  "))
      \(logs.joined(separator: "\n"))
      """
  }
}
