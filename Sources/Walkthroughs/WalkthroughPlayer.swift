import Glibc
import LiveServer
import MappedArrayClient

/// Plays walk-throughs on a server. Each line is executed or checked; one that is not understood is an error.
public final class WalkthroughPlayer {
  /// How a server keeps its keys. Commands on elements leave no trace in either: the file has the elements.
  public enum Persistence: String, CaseIterable, Sendable {
    case appendOnlyFile, snapshots

    /// What such a server is configured with.
    public var configuration: [(String, String)] {
      switch self {
      case .appendOnlyFile: [("appendonly", "yes"), ("appendfsync", "always")]
      case .snapshots: [("save", "3600 1")]
      }
    }
  }

  /// What there is to see, in its order.
  public enum Event: Sendable {
    /// A command that is sent next.
    case command([String])
    /// The lines of its reply, which is checked next.
    case reply([String])
    /// Something that is done next.
    case action(String)
    /// Something that has been found to hold.
    case fact(String)
  }

  private let server: LiveServer
  private var connection: Connection
  private let persistence: Persistence
  private let countCommand: String
  private let show: (Event) -> Void
  /// What stands for `ROOT/` in commands.
  private let prefix: String
  /// The module's commands on this server.
  private let commands: Set<String>
  /// The file that the walk-through talks of.
  private var file = ""

  /// - Parameters:
  ///   - server: a server with the module, configured for `persistence`.
  ///   - countCommand: what stands for `COUNT`.
  ///   - usesRelativePaths: whether commands name files relative to the root.
  ///   - show: is called with all there is to see.
  public init(
    _ server: LiveServer, _ persistence: Persistence, countCommand: String = "VCOUNT", usesRelativePaths: Bool = false,
    show: @escaping (Event) -> Void = { _ in }
  ) throws(ClientError) {
    self.server = server
    self.persistence = persistence
    self.countCommand = countCommand
    self.show = show
    connection = try server.connect(protocolVersion: .resp2)
    let names = try connection("COMMAND", "LIST", "FILTERBY", "MODULE", "mmaparray", as: [String].self)
    commands = Set(names.map { $0.uppercased() })
    let root = try connection("CONFIG", "GET", "mmaparray.root")["mmaparray.root"]?.text
    prefix = usesRelativePaths ? "" : (root ?? "") + "/"
  }

  /// Plays a walk-through, and first starts the server if it does not run.
  public func play(_ walkthrough: Walkthrough) throws(WalkthroughError) {
    for (line, step) in walkthrough.steps {
      do {
        if !server.isRunning, case .command = step { try reconnect { try server.start() } }
        switch step {
        case .command(let words, let reply): try run(words, expecting: reply)
        case .action(let text): try act(text)
        case .fact(let text): for part in text.split(separator: "; ") { try check(String(part)) }
        }
      } catch {
        throw WalkthroughError(line: line, "\(error)")
      }
    }
  }

  /// The path of a file below the root, as this process sees it.
  private func path(_ name: String = "") -> String { "\(server.directory)/arrays/\(name)" }

  private func reconnect(after body: () throws -> Void) throws {
    try body()
    connection = try server.connect(protocolVersion: .resp2)
  }

  // MARK: - Commands

  private func run(_ words: [String], expecting expected: [String]) throws {
    for word in words { note(word) }
    let name = callable(words[0] == "COUNT" ? countCommand : words[0])
    let words = [name] + words.dropFirst().map { $0.replacing("ROOT/", with: prefix) }
    show(.command(words))
    if words[0] == "SHUTDOWN" { return try shutDown(words, expecting: expected) }
    let reply = PrintedReply(try connection.send(words.map(\.argument)))
    show(.reply(reply.lines))
    guard reply.matches(expected) else {
      throw Mismatch("\(words) gives \(reply.lines), not \(expected)")
    }
    // A binding is as durable as any key: it must be in a snapshot when the server is killed.
    if persistence == .snapshots, words[0].uppercased() == "MMAP" { try connection("SAVE") }
  }

  private func shutDown(_ words: [String], expecting expected: [String]) throws {
    guard expected.isEmpty else { throw Mismatch("SHUTDOWN has no reply") }
    do {
      let reply = try connection.send(words.map(\.argument))
      throw Mismatch("SHUTDOWN replies \(reply)")
    } catch ClientError.connection {}
    let deadline = ContinuousClock.now + LiveServer.patience
    while server.isRunning, ContinuousClock.now < deadline { usleep(1000) }
    guard server.exit == .code(0) else { throw Mismatch("after SHUTDOWN: \(server.log)") }
  }

  /// The name to call a command by: the one in the module's namespace where the server owns the short one.
  private func callable(_ name: String) -> String {
    let short = name.uppercased()
    let long = "MMAP." + short.dropFirst()
    return short.first == "V" && !commands.contains(short) && commands.contains(long) ? long : name
  }

  // MARK: - Actions

  private func act(_ text: String) throws {
    show(.action(text))
    if let code = text.wholeMatch(of: /python3: (.+)/)?.1 {
      try Python.run(script: "import numpy, struct\n" + code.replacing("ROOT/", with: path()))
    } else if text == "stop the server and start it again" {
      try reconnect { try server.restart(after: .shutdown(saving: persistence == .snapshots)) }
    } else if text == "kill -9 the server and start it again (with an AOF and without)" {
      try reconnect { try server.restart(after: .kill) }
    } else {
      throw Mismatch("not understood: $ \(text)")
    }
  }

  // MARK: - Facts

  private func check(_ fact: String) throws {
    note(fact)
    if let size = fact.wholeMatch(of: /(?:ROOT\/\S+ exists, )?(\d+) bytes/)?.1 {
      let found = try Files.read(path(file)).count
      guard found == Int(size) else { throw Mismatch("\(file) has \(found) bytes, not \(size)") }
    } else if let type = fact.wholeMatch(of: /numpy.load gives an empty (\w+) array/)?.1 {
      try checkLoaded("[]", "\(type)")
    } else if let (_, values, type) = fact.wholeMatch(
      of: /numpy.load gives (\[.*\]) as (\w+), while the server has the file mapped/)?.output
    {
      guard try Files.text("/proc/\(server.processIdentifier)/maps").contains("/arrays/\(file)") else {
        throw Mismatch("the server does not have \(file) mapped")
      }
      try checkLoaded("\(values)", "\(type)")
    } else {
      throw Mismatch("not understood: = \(fact)")
    }
    show(.fact(fact))
  }

  private func checkLoaded(_ values: String, _ type: String) throws {
    let script = """
      import numpy, sys
      found, expected = numpy.load(sys.argv[1]), numpy.array(\(values), '\(type)')
      print(found.dtype == expected.dtype and found.tolist() == expected.tolist() or found)
      """
    let output = try Python.run(script: script, arguments: [path(file)])
    guard output == "True\n" else { throw Mismatch("numpy.load gives \(output)") }
  }

  /// Notes the file that a text names: the next facts are about it.
  private func note(_ text: String) {
    if let name = text.firstMatch(of: /ROOT\/(\S+)/)?.1 { file = String(name) }
  }

  private struct Mismatch: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
  }
}
