import Testing

/// A command as the server should describe it.
struct DescribedCommand: Sendable, CustomTestStringConvertible {
  let names: [String]
  let arity: Int
  let flags: Set<String>
  /// How `redis-cli` hints at its arguments.
  let hint: String
  let keyFlags: Set<String>
  /// Words behind the name that are right for the array `a` of the i8 from 1 to 5.
  let words: [String]

  var testDescription: String { names[0] }
  var isWrite: Bool { flags.contains("write") }
  /// Whether a rule of reading (`%R~`) allows it, and one of writing (`%W~`).
  var needsRead: Bool { keyFlags.contains("access") }
  var needsWrite: Bool { !keyFlags.isDisjoint(with: ["update", "insert", "delete"]) }

  static func named(_ name: String) -> DescribedCommand? { all.first { $0.names.contains(name) } }

  private static func read(
    _ names: String..., arity: Int, isFast: Bool = false, isData: Bool = true, _ hint: String, _ words: String
  ) -> DescribedCommand {
    DescribedCommand(
      names: names, arity: arity, flags: isFast ? ["readonly", "fast"] : ["readonly"], hint: hint,
      keyFlags: isData ? ["RO", "access"] : ["RO"], words: words.split(separator: " ").map(String.init))
  }

  private static func write(
    _ names: String..., arity: Int, isFast: Bool = false, _ uses: Set<String>, _ hint: String, _ words: String
  ) -> DescribedCommand {
    DescribedCommand(
      names: names, arity: arity, flags: isFast ? ["write", "fast"] : ["write"], hint: hint,
      keyFlags: uses.union(["RW"]), words: words.split(separator: " ").map(String.init))
  }

  private static let aggregates = "SUM|MIN|MAX|MEAN|VAR|STD|ARGMIN|ARGMAX|FIRST|LAST|COUNT"

  /// What version 1.0 did not have.
  static let new: Set = [
    "MMAP.RELOAD", "MMAP.BUCKETS", "MMAP.DOWNSAMPLE", "MMAP.QUANTILE", "MMAP.HISTOGRAM", "MMAP.ROWS", "MMAP.SLICE",
    "MMAP.KNN",
  ]

  static let all = [
    DescribedCommand(
      names: ["MMAP"], arity: -3, flags: ["write", "denyoom"],
      hint: "key path [\(ElementCase.all.map(\.name).joined(separator: "|"))|Sn] [RAW] [READONLY|WRITABLE] "
        + "[COLUMNS columns]",
      keyFlags: ["RW", "insert"],
      words: ["a", "a"]),
    read("MMAP.GET", "VGET", arity: 3, isFast: true, "key index", "a 1"),
    read("MMAP.MGET", "VMGET", arity: -3, isFast: true, "key index [index ...]", "a 1 2"),
    write(
      "MMAP.SET", "VSET", arity: -4, isFast: true, ["update"], "key index value [index value ...]", "a 1 9"),
    write("MMAP.ADD", "VADD", arity: -3, isFast: true, ["insert"], "key value [value ...]", "a 9"),
    write("MMAP.POP", "VPOP", arity: 2, isFast: true, ["access", "delete"], "key", "a"),
    write(
      "MMAP.INCRBY", arity: -4, isFast: true, ["access", "update"],
      "key [OVERFLOW FAIL|WRAP|SAT] index delta [index delta ...]", "a 1 1"),
    read("MMAP.COUNT", "VCOUNT", "VSIZE", arity: 2, isFast: true, isData: false, "key", "a"),
    read("MMAP.ALL", "VALL", arity: 2, "key", "a"),
    read("MMAP.TYPE", "VTYPE", arity: 2, isFast: true, isData: false, "key", "a"),
    read("MMAP.PATH", "VFILEPATH", arity: 2, isFast: true, isData: false, "key", "a"),
    read("MMAP.INFO", arity: 2, isData: false, "key", "a"),
    read("MMAP.RANGE", arity: 4, "key start stop", "a 0 -1"),
    read("MMAP.READ", arity: -2, "key [index count]", "a"),
    read("MMAP.ROWS", arity: -3, "key row [row ...]", "a 0 -1"),
    read("MMAP.SLICE", arity: -3, "key slice [slice ...]", "a ::-2"),
    write("MMAP.WRITE", arity: 4, ["update"], "key index blob", "a 0 x"),
    write("MMAP.APPEND", arity: 3, ["insert"], "key blob", "a x"),
    write("MMAP.RESIZE", arity: 3, ["update"], "key count", "a 3"),
    write("MMAP.CLEAR", "VCLEAR", arity: 2, ["delete"], "key", "a"),
    write("MMAP.FILL", arity: 5, ["update"], "key start stop value", "a 0 -1 7"),
    read(
      "MMAP.AGG", arity: -5,
      "key start stop \(aggregates) [\(aggregates) ...]", "a 0 -1 SUM"),
    read("MMAP.FIND", arity: -6, "key start stop GT|GE|LT|LE|EQ|NE value [LIMIT limit]", "a 0 -1 GT 1"),
    read("MMAP.KNN", arity: -5, "key k L2|IP|COSINE blob [ROWS start stop]", "a 2 L2 x"),
    read("MMAP.SEARCHSORTED", arity: -3, isFast: true, "key value [LEFT|RIGHT]", "a 3"),
    read("MMAP.BUCKETS", arity: -6, "key start stop n \(aggregates) [\(aggregates) ...]", "a 0 -1 2 SUM"),
    read("MMAP.DOWNSAMPLE", arity: 5, "key start stop n", "a 0 -1 3"),
    read("MMAP.QUANTILE", arity: -5, "key start stop q [q ...]", "a 0 -1 0.5"),
    read("MMAP.HISTOGRAM", arity: -5, "key start stop bins [low high]", "a 0 -1 2"),
    read("MMAP.SYNC", arity: 2, isData: false, "key", "a"),
    write("MMAP.RELOAD", arity: 2, ["update"], "key", "a"),
  ]
}
