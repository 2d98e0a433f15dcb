import LiveServer
import Walkthroughs

/// The parts of the README that a test can execute.
struct Readme {
  enum Part {
    /// Commands with their replies, as in a walk-through.
    case transcript(String)
    /// A session with Python's `>>>`.
    case python(String)
    /// A program.
    case swift(String)
    /// A command for a shell.
    case shell(String)
    /// What stands between backticks in a text.
    case code(String)
    /// A row of the table of mistakes: what was done, in words and code, and what is said then.
    case mistake(String, answer: String)
  }

  static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

  private(set) var parts: [(line: Int, part: Part)] = []
  private var isAboutMistakes = false

  init() throws {
    var block: (line: Int, language: String, text: String)?
    let text = try Files.text(Readme.root + "/README.md")
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = String(line)
      if let open = block {
        if line == "```" {
          parts.append((open.line, try part(open.language, open.text, open.line)))
          block = nil
        } else {
          block?.text += line + "\n"
        }
      } else if line.hasPrefix("```") {
        block = (index + 1, String(line.dropFirst(3)), "")
      } else if line.hasPrefix("    ") {
        parts.append((index + 1, .shell(line.trimming("#"))))
      } else {
        read(line, index + 1)
      }
    }
  }

  private func part(_ language: String, _ text: String, _ line: Int) throws -> Part {
    switch language {
    case "": .transcript(text)
    case "python": .python(text)
    case "swift": .swift(text)
    default: throw WalkthroughError(line: line, "what is \(language)?")
    }
  }

  private mutating func read(_ line: String, _ number: Int) {
    if line.hasPrefix("|") {
      // A bar that is escaped belongs to its cell.
      let cells = line.replacing("\\|", with: "\u{0}").split(separator: "|").map {
        String($0).replacing("\u{0}", with: "|").trimming()
      }
      if cells.count == 3, cells[0] == "what was done" { isAboutMistakes = true }
      if isAboutMistakes, cells.count == 3, let answer = cells[1].wholeMatch(of: /`(.+)`/)?.1 {
        parts.append((number, .mistake(cells[0], answer: String(answer))))
        return addCode(of: cells[2], number)
      }
      for cell in cells { addCode(of: cell, number) }
    } else {
      isAboutMistakes = false
      addCode(of: line, number)
    }
  }

  private mutating func addCode(of text: String, _ line: Int) {
    for match in text.matches(of: /`([^`]+)`/) { parts.append((line, .code(String(match.1)))) }
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
