import LiveServer
import MappedArrayClient
import Testing

/// Commands with NumPy's results for them: a script makes files and prints a line for each command, its words, how the
/// result is to be compared, and the result, with tabs between.
struct NumPyQuiz {
  struct Question {
    let words: String
    let comparison: String
    let result: String
    /// Of a float, in bytes.
    let precision: Int

    var command: [Argument] { words.split(separator: " ").map { Argument(String($0)) } }
  }

  let questions: [Question]

  /// Runs a script, which finds `ask(words, result, margin)` and the type and directory it is about.
  ///
  /// - Parameter margin: of a float, how far the results may be apart; exact without it.
  init(_ script: String, type: ElementCase, directory: String) throws {
    let prologue = """
      import numpy, sys
      numpy.seterr(all='ignore')
      directory, dtype = sys.argv[1], numpy.dtype(sys.argv[2])
      is_float = dtype.kind == 'f'

      def text(value):
          return repr(float(value)) if is_float else str(int(value))

      def ask(words, result, margin=None):
          if result is None:
              comparison = 'nil'
          elif isinstance(result, list):
              comparison, result = 'list', ' '.join(map(str, result))
          elif isinstance(result, int):
              comparison = 'integer'
          else:
              result = float(result)
              comparison = 'float' if margin is None else repr(float(margin))
          print(words, comparison, result, sep='\\t')

      """
    let output = try Python.run(
      script: prologue + script, arguments: [directory, type.numpyName], timeout: .seconds(120))
    questions = output.split(separator: "\n").map { line in
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      return Question(
        words: parts[0], comparison: parts.count > 1 ? parts[1] : "", result: parts.count > 2 ? parts[2] : "",
        precision: type.isFloat ? type.size : 8)
    }
  }

  /// Asks the server all questions and reports the results that are not NumPy's.
  func put(to connection: Connection) throws {
    for start in stride(from: 0, to: questions.count, by: 100) {
      let part = questions[start..<min(start + 100, questions.count)]
      let replies = try connection.pipeline { for question in part { $0.send(question.command) } }
      for (question, reply) in zip(part, replies) where !question.isMet(by: reply) {
        Issue.record("\(question.words): \(question.result) ± \(question.comparison), not \(reply)")
      }
    }
  }
}

extension NumPyQuiz.Question {
  /// Whether the reply is the result; an aggregate is the only element of its array.
  func isMet(by reply: Reply) -> Bool {
    if comparison == "list" {
      return reply.elements?.map { $0.text ?? "" } == result.split(separator: " ").map(String.init)
    }
    if comparison == "numbers" {
      let (found, expected) = (reply.flattened, result.split(separator: " "))
      return found.count == expected.count && zip(found, expected).allSatisfy { isMet($0, by: $1) }
    }
    let reply = reply.elements?.first ?? reply
    switch comparison {
    case "nil": return reply == .null
    case "integer": return reply.text == result
    default:
      guard let found = reply.text.flatMap(number), let expected = number(result) else { return false }
      if found.isNaN || expected.isNaN { return found.isNaN && expected.isNaN }
      return found == expected || (found - expected).magnitude <= (Double(comparison) ?? 0)
    }
  }

  /// Whether a reply is a number: the same text if it is an integer, otherwise one as far off as is said behind a colon.
  private func isMet(_ reply: Reply, by expected: Substring) -> Bool {
    let parts = expected.split(separator: ":")
    guard let text = reply.text, let first = parts.first, text != first else { return reply.text != nil }
    guard let found = number(text), let expected = number(String(first)), Int(first) == nil else { return false }
    if found.isNaN || expected.isNaN { return found.isNaN && expected.isNaN }
    let margin = parts.count > 1 ? Double(parts[1]) ?? 0 : 0
    return found == expected || (found - expected).magnitude <= margin
  }

  private func number(_ text: String) -> Double? {
    switch precision {
    case 2: Float16(text).map(Double.init)
    case 4: Float(text).map(Double.init)
    default: Double(text)
    }
  }
}

extension Reply {
  /// What is in it and in the arrays in it, in order.
  fileprivate var flattened: [Reply] { elements?.flatMap(\.flattened) ?? [self] }
}
