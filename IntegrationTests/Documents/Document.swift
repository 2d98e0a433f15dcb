import LiveServer
import Walkthroughs

/// A document, and its parts that a test can execute or look up. What a block is follows from its language, as
/// `CONTRIBUTING.md` tells.
struct Document {
  enum Part {
    /// Commands with their replies, as in a walk-through.
    case transcript(String)
    /// A session with Python's `>>>`.
    case python(String)
    /// A program.
    case swift(String)
    /// Lines of a server's configuration.
    case configuration(String)
    /// A command for a shell.
    case shell(String)
    /// What stands between backticks in a text.
    case code(String)
    /// A row of a table of mistakes: what was done, in words and code, and what is said then.
    case mistake(String, says: String)
    /// The synopsis of a command that is not for users.
    case internalCommand(String)
    /// The name of a suite of tests that shows something.
    case suite(String)
    /// The target of a link to a file, with a heading behind `#`.
    case link(String)
    /// What is only shown: a picture.
    case picture

    /// For counting.
    var kind: String {
      switch self {
      case .transcript: "transcript"
      case .python: "python"
      case .swift: "swift"
      case .configuration: "configuration"
      case .shell: "shell"
      case .code: "code"
      case .mistake: "mistake"
      case .internalCommand: "internal command"
      case .suite: "suite"
      case .link: "link"
      case .picture: "picture"
      }
    }
  }

  static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

  /// The paths of all documents, relative to `root`.
  static func all() throws -> [String] {
    let folders = [("", root), ("Documentation/", root + "/Documentation")]
    return try folders.flatMap { prefix, folder in
      try Files.names(in: folder).filter { $0.hasSuffix(".md") }.map { prefix + $0 }
    }
  }

  /// The names of the commands that are not for users: those that the architecture tells of.
  static func internalCommands() throws -> Set<String> {
    let synopses: [Substring] = try Document("Documentation/architecture.md").parts.compactMap { _, part in
      if case .internalCommand(let synopsis) = part { synopsis.prefix { $0 != " " } } else { nil }
    }
    return Set(synopses.map(String.init))
  }

  let path: String
  /// Under each heading of the second level, and before the first.
  private(set) var sections: [[(line: Int, part: Part)]] = [[]]
  /// The anchors of its headings.
  private(set) var anchors: [String] = []

  /// The cells of the first row of the table that is being read.
  private var header: [String] = []

  var parts: [(line: Int, part: Part)] { sections.flatMap(\.self) }

  init(_ path: String) throws {
    self.path = path
    var block: (line: Int, language: String, text: String)?
    let text = try Files.text(Document.root + "/" + path)
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = String(line)
      if let open = block {
        if line == "```" {
          guard let part = Document.part(open.language, open.text) else {
            throw DocumentError(path, open.line, "what is \(open.language)?")
          }
          add(part, open.line)
          block = nil
        } else {
          block?.text += line + "\n"
        }
      } else if line.hasPrefix("```") {
        block = (index + 1, String(line.dropFirst(3)), "")
      } else if line.hasPrefix("    ") {
        add(.shell(line.trimming("#")), index + 1)
      } else if !line.hasPrefix("<!--") {
        read(line, index + 1)
      }
    }
    if let block { throw DocumentError(path, block.line, "this block does not end") }
  }

  private static func part(_ language: String, _ text: String) -> Part? {
    switch language {
    case "": .transcript(text)
    case "python": .python(text)
    case "swift": .swift(text)
    case "conf": .configuration(text)
    case "text", "mermaid": .picture
    default: nil
    }
  }

  private mutating func add(_ part: Part, _ line: Int) { sections[sections.count - 1].append((line, part)) }

  private mutating func read(_ line: String, _ number: Int) {
    if line.hasPrefix("#") {
      if line.hasPrefix("## ") { sections.append([]) }
      let title = line.drop { $0 == "#" }.lowercased().trimming()
      anchors.append(String(title.replacing(" ", with: "-").filter { $0.isLetter || $0.isNumber || "-_".contains($0) }))
    }
    for match in line.matches(of: /\]\(([^):]+)\)/) { add(.link(String(match.1)), number) }
    guard line.hasPrefix("|") else {
      header = []
      return addCode(of: line, number)
    }
    // A bar that is escaped belongs to its cell.
    let cells = line.replacing("\\|", with: "\u{0}").split(separator: "|").map {
      String($0).replacing("\u{0}", with: "|").trimming()
    }
    guard !header.isEmpty else {
      header = cells
      return
    }
    switch (header.first, header.last) {
    case ("what was done", _):
      guard cells.count == 3, let says = cells[1].wholeMatch(of: /`(.+)`/)?.1 else { break }
      add(.mistake(cells[0], says: String(says)), number)
      return addCode(of: cells[2], number)
    case ("internal command", _):
      guard let synopsis = cells[0].wholeMatch(of: /`(.+)`/)?.1 else { break }
      add(.internalCommand(String(synopsis)), number)
      for cell in cells.dropFirst() { addCode(of: cell, number) }
      return
    case (_, "shown by"):
      for suite in (cells.last ?? "").split(separator: ", ") where !suite.hasPrefix("-") {
        add(.suite(String(suite)), number)
      }
    default: break
    }
    for cell in cells { addCode(of: cell, number) }
  }

  private mutating func addCode(of text: String, _ line: Int) {
    for match in text.matches(of: /`([^`]+)`/) { add(.code(String(match.1)), line) }
  }
}

/// Where a document is not as it should be.
struct DocumentError: Error, CustomStringConvertible {
  let description: String

  init(_ path: String, _ line: Int, _ text: String) {
    description = "\(path), line \(line): \(text)"
  }
}

extension String {
  /// Without the spaces around it, and without what follows `comment`.
  fileprivate func trimming(_ comment: Character? = nil) -> String {
    let text = prefix { $0 != comment }
    guard let last = text.lastIndex(where: { $0 != " " }) else { return "" }
    return String(text[...last].drop { $0 == " " })
  }
}
