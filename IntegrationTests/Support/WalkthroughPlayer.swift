import Glibc
import LiveServer
import MappedArrayClient

/// Plays a walk-through on a server of its own. Each line is executed or checked; one that is not understood is an
/// error.
final class WalkthroughPlayer {
  /// How the server keeps its keys. Commands on elements leave no trace in either: the file has the elements.
  enum Persistence: String, CaseIterable, Sendable {
    case appendOnlyFile, snapshots

    fileprivate var configuration: [(String, String)] {
      switch self {
      case .appendOnlyFile: [("appendonly", "yes"), ("appendfsync", "always")]
      case .snapshots: [("save", "3600 1")]
      }
    }
  }

  private let server: ModuleServer
  private let persistence: Persistence
  private let countCommand: String
  private let version: ServerVersion
  private let innerRoot: String
  /// The file that the walk-through talks of.
  private var file = ""

  /// - Parameter countCommand: what stands for COUNT.
  init(_ persistence: Persistence, countCommand: String) throws {
    server = try ModuleServer(configuration: persistence.configuration)
    self.persistence = persistence
    self.countCommand = countCommand
    version = try ServerVersion(server.connection)
    innerRoot = try server.innerRoot()
  }

  func play(_ walkthrough: Walkthrough) throws {
    for (line, step) in walkthrough.steps {
      do {
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

  // MARK: - Commands

  private func run(_ words: [String], expecting expected: [String]) throws {
    for word in words { note(word) }
    let words = [called(words[0])] + words.dropFirst().map { $0.replacing("ROOT", with: innerRoot) }
    if words[0] == "SHUTDOWN" { return try shutDown(words, expecting: expected) }
    let reply = PrintedReply(try server.send(words))
    guard reply.matches(expected) else {
      throw Mismatch("\(words) gives \(reply.lines), not \(expected)")
    }
    // A binding is as durable as any key: it must be in a snapshot when the server is killed.
    if persistence == .snapshots, words[0].uppercased() == "MMAP" { try server.connection("SAVE") }
  }

  private func shutDown(_ words: [String], expecting expected: [String]) throws {
    guard expected.isEmpty else { throw Mismatch("SHUTDOWN has no reply") }
    do {
      let reply = try server.send(words)
      throw Mismatch("SHUTDOWN replies \(reply)")
    } catch ClientError.connection {}
    let deadline = ContinuousClock.now + LiveServer.patience
    while server.live.isRunning, ContinuousClock.now < deadline { usleep(1000) }
    guard server.live.exit == .code(0) else { throw Mismatch("after SHUTDOWN: \(server.live.log)") }
  }

  /// The name to call a command by.
  private func called(_ word: String) -> String {
    version.callable(word == "COUNT" ? countCommand : word)
  }

  // MARK: - Actions

  private func act(_ text: String) throws {
    if let code = text.wholeMatch(of: /python3: (.+)/)?.1 {
      try Python.run(script: "import numpy, struct\n" + code.replacing("ROOT/", with: server.path()))
    } else if text == "stop the server and start it again" {
      try server.restart(after: .shutdown(saving: persistence == .snapshots))
    } else if text == "kill -9 the server and start it again (with an AOF and without)" {
      try server.restart(after: .kill)
    } else {
      throw Mismatch("not understood: $ \(text)")
    }
  }

  // MARK: - Facts

  private func check(_ fact: String) throws {
    note(fact)
    if let size = fact.wholeMatch(of: /(?:ROOT\/\S+ exists, )?(\d+) bytes/)?.1 {
      let found = try Files.read(server.path(file)).count
      guard found == Int(size) else { throw Mismatch("\(file) has \(found) bytes, not \(size)") }
    } else if let type = fact.wholeMatch(of: /numpy.load gives an empty (\w+) array/)?.1 {
      try checkLoaded("[]", "\(type)")
    } else if let (_, values, type) = fact.wholeMatch(
      of: /numpy.load gives (\[.*\]) as (\w+), while the server has the file mapped/)?.output
    {
      guard try Files.text("/proc/\(server.live.processIdentifier)/maps").contains("/arrays/\(file)") else {
        throw Mismatch("the server does not have \(file) mapped")
      }
      try checkLoaded("\(values)", "\(type)")
    } else {
      throw Mismatch("not understood: = \(fact)")
    }
  }

  private func checkLoaded(_ values: String, _ type: String) throws {
    let script = """
      import numpy, sys
      found, expected = numpy.load(sys.argv[1]), numpy.array(\(values), '\(type)')
      print(found.dtype == expected.dtype and found.tolist() == expected.tolist() or found)
      """
    let output = try Python.run(script: script, arguments: [server.path(file)])
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
