import LiveServer
import MappedArrayClient
import Testing

@testable import document_commands

struct DocumentTests {
  /// How many parts of each kind there are at least: what is not found is not executed.
  private static let leastParts: [String: [String: Int]] = [
    "README.md": ["transcript": 1, "python": 3, "shell": 2, "code": 50, "link": 9],
    "CHANGELOG.md": ["code": 15, "link": 1],
    "CONTRIBUTING.md": ["shell": 10, "code": 45, "link": 2],
    "SECURITY.md": ["code": 10],
    "Documentation/architecture.md": ["internal command": 9, "code": 30, "link": 2],
    "Documentation/commands.md": ["transcript": 25, "python": 2, "code": 150, "mistake": 11, "link": 2],
    "Documentation/operations.md": [
      "transcript": 4, "python": 2, "configuration": 1, "code": 50, "mistake": 18, "suite": 15, "link": 3,
    ],
    "Documentation/performance.md": ["code": 8, "link": 1],
    "Documentation/recipes.md": ["transcript": 6, "python": 9, "swift": 2, "code": 10],
    "Documentation/replication.md": ["transcript": 5, "python": 2, "code": 30],
  ]

  @Test("every command that a document shows does what it says", arguments: try Document.all())
  func commands(path: String) throws {
    let document = try Document(path)
    // Who looks up a command begins to read there.
    let isReference = path == "Documentation/commands.md"
    for parts in isReference ? document.sections : [document.parts] {
      let player = try DocumentPlayer(document)
      for (line, part) in parts {
        do {
          try player.play(part)
        } catch {
          Issue.record("\(path), line \(line): \(error)")
        }
      }
    }
  }

  @Test("the parts are found", arguments: try Document.all())
  func parts(path: String) throws {
    var counts: [String: Int] = [:]
    for (_, part) in try Document(path).parts { counts[part.kind, default: 0] += 1 }
    let least = try #require(DocumentTests.leastParts[path], "say how many parts \(path) has")
    for (kind, count) in least { #expect(counts[kind, default: 0] >= count, "\(kind): \(counts)") }
  }

  @Test("the README is no longer than it should be")
  func length() throws {
    #expect(try Files.text(Document.root + "/README.md").count { $0 == "\n" } <= 150)
  }

  @Test(
    "the first program on a library's page is one that is built and run",
    arguments: [("MappedArrayClient", "FirstProgram/main.swift"), ("ServerModule", "HelloModule/HelloModule.swift")])
  func page(library: String, program: String) throws {
    let page = try Files.text("\(Document.root)/Sources/\(library)/\(library).docc/\(library).md")
    let shown = try #require(page.firstMatch(of: /(?s)```swift\n(.*?)```\n/)?.1)
    #expect(try shown == Files.text("\(Document.root)/Sources/Examples/\(program)"))
  }

  // MARK: - What is generated

  private static let reference = "Documentation/commands.md"

  /// The commands of the module, with the names that this server keeps for itself.
  private func commands() throws -> [CommandFacts] {
    let server = try ModuleServer()
    var commands = try CommandFacts.all(server.connection)
    for name in try ServerVersion(server.connection).ownNames {
      let index = commands.firstIndex { DescribedCommand.named(name)?.names.first == $0.name }
      commands[try #require(index)].names.append(name)
    }
    return commands
  }

  @Test("the generated parts are what `make docs` would write")
  func generated() throws {
    let parts = Dictionary(uniqueKeysWithValues: try commands().map { ($0.name, $0.markdown) })
    let text = try Files.text("\(Document.root)/\(DocumentTests.reference)")
    expect(text, toBe: try GeneratedParts(text).replacing(with: parts))
  }

  @Test("the picture of the floors is what `make docs` would write")
  func floors() throws {
    let picture = try Program.run(["python3", "\(Document.root)/Scripts/floors", "picture"])
    expect(try Files.text("\(Document.root)/Documentation/floors.svg"), toBe: picture)
  }

  @Test("`make lint` finds a folder of the module that uses one above it, and a folder that has no floor")
  func plantedEdge() throws {
    let copy = try TemporaryDirectory()
    try Shell.run("cp -r '\(Document.root)/Sources' '\(Document.root)/Package.swift' '\(copy.path)'")
    let check = ["python3", "\(Document.root)/Scripts/floors", "-C", copy.path, "check"]
    try Program.run(check)
    let module = copy.path + "/Sources/MMapArrayModule"
    try Files.write(Array("let planted = GetElement.self".utf8), to: module + "/Arrays/Planted.swift")
    let edge = #expect(throws: ProcessError.self) { try Program.run(check) }
    #expect("\(edge.map { "\($0)" } ?? "")".contains("GetElement"))
    try Shell.run("rm '\(module)/Arrays/Planted.swift' && mkdir '\(module)/Attic'")
    try Files.write(Array("let planted = 1".utf8), to: module + "/Attic/Planted.swift")
    #expect(throws: ProcessError.self) { try Program.run(check) }
  }

  /// Compares line by line, so that a difference can be read.
  private func expect(_ text: String, toBe generated: String) {
    let (found, wanted) = (text.split(separator: "\n"), generated.split(separator: "\n"))
    let differing = zip(found, wanted).filter { $0 != $1 }.map { "\($0) instead of \($1)" }
    #expect(differing == [], "run `make docs`")
    #expect(found.count == wanted.count, "run `make docs`")
  }

  @Test("each command has a section, or is one of the internal commands that the architecture tells of")
  func complete() throws {
    let sections = try GeneratedParts(Files.text("\(Document.root)/\(DocumentTests.reference)")).names
    let internals = try Document.internalCommands()
    #expect(Set(sections).isDisjoint(with: internals))
    #expect(try Set(commands().map(\.name)) == Set(sections).union(internals))
  }

  @Test(
    "a document with parts that do not end, or come twice, is refused",
    arguments: [
      "<!-- generated: A -->", "<!-- /generated -->",
      "<!-- generated: A -->\n<!-- generated: B -->\n<!-- /generated -->",
      "<!-- generated: A -->\n<!-- /generated -->\n<!-- generated: A -->\n<!-- /generated -->",
    ])
  func damaged(text: String) {
    #expect(throws: FactsError.self) { try GeneratedParts(text) }
  }

  @Test("a part is replaced, and what is around it stays")
  func replacing() throws {
    let parts = try GeneratedParts("before\n<!-- generated: A -->\nold\n<!-- /generated -->\nbehind\n")
    #expect(parts.names == ["A"])
    #expect(
      try parts.replacing(with: ["A": "new\nlines\n"])
        == "before\n<!-- generated: A -->\nnew\nlines\n<!-- /generated -->\nbehind\n")
    #expect(throws: FactsError.self) { try parts.replacing(with: [:]) }
  }
}
