extension CommandFacts {
  /// The generated part of the command's section.
  var markdown: String {
    let others = names.dropFirst().map { "`\($0)`" }.joined(separator: ", ")
    let rows = [
      ("complexity", complexity),
      ("words with the name", arity < 0 ? "at least \(-arity)" : "\(arity)"),
      ("key", "`\(keyFlags.joined(separator: " "))`; ACL rule \(keyRule)"),
      ("flags", "`\(flags.joined(separator: " "))`"),
      ("ACL categories", "`\((categories.isEmpty ? usualCategories : categories).joined(separator: " "))`"),
      ("since", since),
    ]
    return """
      `\(name) \(arguments)`\(others.isEmpty ? "" : ", also \(others)")

      \(summary).

      | | |
      |---|---|
      \(rows.map { "| \($0) | \($1) |" }.joined(separator: "\n"))

      """
  }

  /// What a rule by key must allow.
  private var keyRule: String {
    let writes = !Set(keyFlags).isDisjoint(with: ["update", "insert", "delete"])
    switch (keyFlags.contains("access"), writes) {
    case (true, true): return "`%RW~`"
    case (true, false): return "`%R~`"
    case (false, true): return "`%W~`"
    case (false, false): return "`%R~` or `%W~`"
    }
  }

  /// The categories where the server, the oldest that is supported, does not show them. A test compares them with those
  /// that newer servers show.
  private var usualCategories: [String] {
    let words = [
      flags.contains("write") ? "write" : "read", flags.contains("fast") ? "fast" : "slow", "mmaparray",
      keyFlags.contains("insert") && flags.contains("denyoom") ? "dangerous" : nil,
    ]
    return words.compactMap { $0.map { "@\($0)" } }.sorted()
  }
}
