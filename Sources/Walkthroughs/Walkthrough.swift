import TestSupport

/// A walk-through: a text of commands with their replies, things done outside, and what must hold.
///
/// Lines begin with `> ` (a command, whose reply follows as `redis-cli --no-raw` prints it), `$ ` (something done
/// outside), `= ` (facts, with `; ` between them) or `# ` (a comment).
public struct Walkthrough: Sendable {
  /// What one does, or finds, next.
  public enum Step: Sendable {
    /// A command, and its reply as redis-cli prints it.
    case command([String], reply: [String])
    case action(String)
    case fact(String)
  }

  /// The steps with the lines that they stand in, from 1.
  public let steps: [(line: Int, step: Step)]

  /// Reads a file.
  public init(path: String) throws {
    try self.init(text: Files.text(path))
  }

  /// Reads a text.
  public init(text: String) throws(WalkthroughError) {
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
public struct WalkthroughError: Error, CustomStringConvertible {
  public let description: String

  /// - Parameter line: the line of the walk-through, from 1.
  public init(line: Int, _ text: String) {
    description = "line \(line): \(text)"
  }
}
