import Glibc
import LiveServer
import MappedArrayClient
import Walkthroughs

/// Executes what a document shows, from first to last, on one server.
final class DocumentPlayer {
  private let document: Document
  private let server: ModuleServer
  private let version: ServerVersion
  /// How many synopses were executed: each has keys and files of its own.
  private var synopsisCount = 0
  /// What the sessions with Python have imported.
  private var imports: [String] = []
  /// Whether there is a file that can't be mapped, for the tables of mistakes.
  private var hasBigEndianFile = false

  init(_ document: Document) throws {
    self.document = document
    // As a server is that nobody has configured.
    server = try ModuleServer(configuration: [("enable-module-command", "no")])
    version = try ServerVersion(server.connection)
  }

  func play(_ part: Document.Part) throws {
    switch part {
    case .transcript(let text): try play(transcript: text)
    case .python(let text): try play(python: text)
    case .swift(let text):
      // `make examples` runs it.
      let programs = ["FirstProgram", "NumPyFiles"].map { "Sources/Examples/\($0)/main.swift" }
      guard try programs.contains(where: { try Files.text("\(Document.root)/\($0)") == text }) else {
        throw Mismatch("the program is none of \(programs.joined(separator: ", "))")
      }
    case .configuration(let text): try expect(startOf: "redis-server server.conf", toSay: Self.ready, settings: text)
    case .shell(let command): try play(shell: command)
    case .code(let code): try play(code: code)
    case .mistake(let deed, let answer): try play(mistake: deed, answer)
    case .internalCommand(let synopsis): try play(internalCommand: synopsis)
    case .suite(let name): try lookUp(test: name)
    case .link(let target): try lookUp(link: target)
    case .picture: break
    }
  }

  private static let ready = "eady to accept connections"

  /// Sends a command, by another name if the server owns this one.
  private func send(_ words: [String]) throws -> Reply {
    try server.send([version.callable(words[0])] + words.dropFirst())
  }

  private func play(transcript: String) throws {
    for (line, step) in try Walkthrough(text: transcript).steps {
      guard case .command(let words, let expected) = step else { throw Mismatch("line \(line) is no command") }
      // A document that stops the server goes on with one that has been started again.
      if words == ["SHUTDOWN", "SAVE"] {
        try server.restart(after: .shutdown(saving: true))
        continue
      }
      let reply = PrintedReply(try send(words))
      guard reply.matches(expected) else { throw Mismatch("\(words) gives \(reply.lines), not \(expected)") }
    }
  }

  /// Runs a session in the server's directory. A client that is told no address connects to this server. What the
  /// document has imported before is there again.
  private func play(python session: String) throws {
    let script = """
      import doctest, functools, os, sys
      import redis
      os.chdir(sys.argv[2])
      redis.Redis = functools.partial(redis.Redis, unix_socket_path=sys.argv[3])
      names = {}
      exec(sys.argv[5], names)
      session = doctest.DocTestParser().get_doctest(sys.argv[1], names, sys.argv[4], None, 0)
      sys.exit(doctest.DocTestRunner(verbose=False).run(session, out=sys.stderr.write).failed)
      """
    try Python.run(
      script: script,
      arguments: [
        session, server.live.directory, server.live.socket, document.path, imports.joined(separator: "\n"),
      ])
    imports += session.split(separator: "\n").filter { $0.hasPrefix(">>> import ") }.map { String($0.dropFirst(4)) }
  }

  // MARK: - Shell

  private func isMake(_ command: String) -> Bool {
    command.wholeMatch(of: /make( [a-z-]+)?( [A-Z_]+=("[^"]*"|\S+))*/) != nil
  }

  private func play(shell command: String) throws {
    if isMake(command) {
      // What it would do is as much as a part of `make test` can ask.
      let make = try ChildProcess(["sh", "-c", "MAKEFLAGS= \(command) -n -C '\(Document.root)' >/dev/null 2>&1"])
      guard make.wait(atMost: .seconds(30)) == .code(0) else { throw Mismatch("\(command) has no rule") }
    } else if command.hasPrefix("redis-server ") {
      try expect(startOf: command, toSay: Self.ready)
    } else if let filter = command.wholeMatch(of: /MMAPARRAY_MODULE=\S+ swift test --filter (\w+)/)?.1 {
      // A test can't run the tests: they have to be there.
      try lookUp(test: String(filter))
    } else {
      throw Mismatch("not understood: \(command)")
    }
  }

  /// Starts a server as it is shown, but on a socket, in a directory that has the module where `make` puts it.
  private func expect(startOf command: String, toSay text: String, settings: String = "") throws {
    let directory = try TemporaryDirectory()
    let module: String = try Files.absolute(Environment.module ?? "")
    try Files.write(Array(settings.utf8), to: directory.path + "/server.conf")
    let line = """
      cd '\(directory.path)' && mkdir build && ln -s '\(module)' build/mmaparray.so && \
      exec \(command) --port 0 --unixsocket '\(directory.path)/socket' >log 2>&1
      """
    let process = try ChildProcess(["sh", "-c", line])
    let deadline = ContinuousClock.now + LiveServer.patience
    var log = ""
    while !log.contains(text), ContinuousClock.now < deadline {
      let hasEnded = process.wait(atMost: .milliseconds(10)) != nil
      log = (try? Files.text(directory.path + "/log")) ?? ""
      if hasEnded { break }
    }
    guard log.contains(text) else { throw Mismatch("\(command) says \(log)") }
  }

  // MARK: - What is named

  private func lookUp(test name: String) throws {
    let folders = ["Tests", "IntegrationTests"].map { "\(Document.root)/\($0)" }
    let found = try ChildProcess(["grep", "-rqE", "(struct|func) \(name)\\b"] + folders)
    guard found.wait(atMost: .seconds(30)) == .code(0) else { throw Mismatch("there is no test \(name)") }
  }

  private func lookUp(link target: String) throws {
    let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    var path = document.path.split(separator: "/").dropLast().map(String.init)
    for step in parts[0].split(separator: "/") {
      if step == ".." { _ = path.popLast() } else { path.append(String(step)) }
    }
    let file = parts[0].isEmpty ? document.path : path.joined(separator: "/")
    try lookUp(path: file)
    guard parts.count > 1 else { return }
    guard try Document(file).anchors.contains(parts[1]) else { throw Mismatch("\(file) has no heading #\(parts[1])") }
  }

  private func lookUp(path: String) throws {
    guard access("\(Document.root)/\(path)", F_OK) == 0 else { throw Mismatch("there is no \(path)") }
  }

  // MARK: - Commands in a text

  private func play(code: String) throws {
    if isMake(code) || code.hasPrefix("redis-server ") { return try play(shell: code) }
    let folder = /(Sources|Tests|IntegrationTests|CModuleShim|Scripts|Packaging|Documentation)(\/\S*)?/
    let words = code.split(separator: " ").map(String.init)
    if let path = words.first, path.wholeMatch(of: folder) != nil { return try lookUp(path: path) }
    guard let first = words.first, first.wholeMatch(of: /[A-Z][A-Z.]+/) != nil else { return }
    let isKnown = try isCommand(first)
    // Other words in capitals are options, signals and the like.
    guard isKnown || first.hasPrefix("MMAP") || first.hasPrefix("V") else { return }
    guard isKnown else { throw Mismatch("there is no command \(first)") }
    if words.contains("key") {
      for isFull in [false, true] {
        if let error = try reply(toSynopsis: code, isFull: isFull).errorText { throw Mismatch("\(code): \(error)") }
      }
    } else if words.count > 1 {
      let reply = try send(words)
      if let error = reply.errorText { throw Mismatch("\(code): \(error)") }
    }
  }

  private func isCommand(_ name: String) throws -> Bool { try server("COMMAND", "INFO", name).elements != [.null] }

  /// Executes a synopsis on an array of its own, with what is in brackets or without.
  private func reply(toSynopsis synopsis: String, isFull: Bool) throws -> Reply {
    synopsisCount += 1
    let path = "synopsis-\(synopsisCount)"
    let examples = [
      "key": "synopsis", "path": path, "type": "f64", "index": "0", "value": "1", "start": "0", "stop": "-1",
      "count": "2", "delta": "1", "op": "SUM", "n": "2", "q": "0.5", "bins": "2", "low": "0", "high": "1", "limit": "1",
      "blob": "8 bytes.", "dimension": "1", "row": "0", "k": "2", "start:stop:step": "0:-1:2", "slice": "0:-1:2",
      "columns": "1", "Sn": "S8",
    ]
    let text = isFull ? synopsis.replacing(/[\[\]…]/, with: "") : synopsis.replacing(/\ \[[^\]]*\]/, with: "")
    let words = text.split(separator: " ").map { word in
      let choice = word.split(separator: "|").last.map(String.init) ?? ""
      return examples[choice] ?? choice
    }
    try server("DEL", "synopsis")
    if words[0] != "MMAP" {
      try server.connection("MMAP", "synopsis", path, "f64", "COLUMNS", 1)
      try server.connection("MMAP.ADD", "synopsis", 1, 2, 3)
    }
    return try send(words)
  }

  /// The command is there, takes so many words, and clients may not send it.
  private func play(internalCommand synopsis: String) throws {
    guard let name = synopsis.split(separator: " ").first.map(String.init), try isCommand(name) else {
      throw Mismatch("there is no command for \(synopsis)")
    }
    for isFull in [false, true] {
      let reply = try reply(toSynopsis: synopsis, isFull: isFull)
      guard reply.errorText?.hasPrefix("ERR \(name) is what ") == true else {
        throw Mismatch("\(synopsis): \(reply)")
      }
    }
  }

  // MARK: - Mistakes

  /// Does what is shown as code. What is told in words needs another machine, user or server.
  private func play(mistake deed: String, _ answer: String) throws {
    guard let match = deed.wholeMatch(of: /`(.+)`(.*)/) else { return }
    if !hasBigEndianFile {
      try Python.run(
        script: "import numpy, sys; numpy.save(sys.argv[1], numpy.arange(3).astype('>f8'))",
        arguments: [server.path("bigendian.npy")])
      hasBigEndianFile = true
    }
    let command = String(match.1)
    if command.hasPrefix("redis-server ") { return try expect(startOf: command, toSay: answer) }
    let words = command.split(separator: " ").map(String.init)
    switch match.2 {
    case "": try expect(answer, of: send(words))
    case ", on a second server":
      try expect(answer, of: ModuleServer(moduleArguments: ["root", server.innerRoot()]).send(words))
    case " on Redis 8":
      if version.has(.vectorSets) { try expect(answer, of: server.send(words)) }
    default: throw Mismatch("not understood: \(match.2)")
    }
  }

  /// Compares an error with an answer, in which "…" stands for anything.
  private func expect(_ answer: String, of reply: Reply) throws {
    guard let error = reply.errorText else { throw Mismatch("it is no mistake: \(reply)") }
    var rest = error[...]
    for (index, piece) in answer.split(separator: "…", omittingEmptySubsequences: false).enumerated() {
      guard let range = piece.isEmpty ? rest.startIndex..<rest.startIndex : rest.firstRange(of: piece),
        index > 0 || range.lowerBound == rest.startIndex
      else { throw Mismatch("it says \(error)") }
      rest = rest[range.upperBound...]
    }
    guard rest.isEmpty || answer.hasSuffix("…") else { throw Mismatch("it says \(error)") }
  }

  private struct Mismatch: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
  }
}
