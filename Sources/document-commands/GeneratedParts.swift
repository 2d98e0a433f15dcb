/// A document with parts that are generated, each between the lines `<!-- generated: NAME -->` and `<!-- /generated -->`.
struct GeneratedParts {
  private static let end = "<!-- /generated -->"

  private let lines: [Substring]
  /// The names of the parts, in the document's order.
  private(set) var names: [String] = []

  /// - Throws: `FactsError` if a part does not end, or begins twice.
  init(_ text: String) throws {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var isOpen = false
    for line in lines {
      if let name = GeneratedParts.name(line) {
        guard !isOpen, !names.contains(name) else { throw FactsError("'\(line)' is one too many") }
        names.append(name)
        isOpen = true
      } else if line == GeneratedParts.end {
        guard isOpen else { throw FactsError("'\(line)' ends nothing") }
        isOpen = false
      }
    }
    guard !isOpen else { throw FactsError("the last generated part does not end") }
  }

  /// The document with these parts in place of those that it has.
  ///
  /// - Throws: `FactsError` if there is none of a part's name.
  func replacing(with parts: [String: String]) throws -> String {
    var result: [Substring] = []
    var isInside = false
    for line in lines {
      if line == GeneratedParts.end { isInside = false }
      if !isInside { result.append(line) }
      guard let name = GeneratedParts.name(line) else { continue }
      guard let part = parts[name] else { throw FactsError("there is no command \(name)") }
      result += part.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      isInside = true
    }
    return result.joined(separator: "\n")
  }

  private static func name(_ line: Substring) -> String? {
    (line.wholeMatch(of: /<!-- generated: (\S+) -->/)?.1).map(String.init)
  }
}
