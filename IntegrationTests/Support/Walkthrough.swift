import LiveServer

/// A walk-through: a text of commands with their replies, things done outside, and what must hold. See the files.
struct Walkthrough {
  enum Step {
    /// A command, and its reply as redis-cli prints it.
    case command([String], reply: [String])
    case action(String)
    case fact(String)
  }

  let steps: [(line: Int, step: Step)]

  /// Reads the walk-through of that name beside the tests.
  init(_ name: String) throws {
    let folder = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
    try self.init(text: Files.text("\(folder)/Walkthroughs/\(name).txt"))
  }

  init(text: String) throws {
    var steps: [(line: Int, step: Step)] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() where line != "" {
      let rest = String(line.dropFirst(2))
      switch line.prefix(2) {
      case "# ": break
      case "> ": steps.append((index + 1, .command(rest.split(separator: " ").map(String.init), reply: [])))
      case "$ ": steps.append((index + 1, .action(rest)))
      case "= ": steps.append((index + 1, .fact(rest)))
      default:
        guard case (let number, .command(let words, let reply))? = steps.popLast() else {
          throw WalkthroughError(line: index + 1, "not understood: \(line)")
        }
        steps.append((number, .command(words, reply: reply + [String(line)])))
      }
    }
    self.steps = steps
  }
}

/// Where a walk-through and the server part.
struct WalkthroughError: Error, CustomStringConvertible {
  let description: String

  init(line: Int, _ text: String) {
    description = "line \(line): \(text)"
  }
}
