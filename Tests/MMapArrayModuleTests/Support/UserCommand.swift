import Testing

/// A command for users, as the contract has it.
struct UserCommand: Sendable, CustomTestStringConvertible {
  let names: [String]
  /// Words behind the name that are right for an array `a` of the integers from 1 to 5.
  let words: [String]
  /// Fewest words that the command takes, with its name.
  let leastWords: Int
  /// Whether it may have more words than `words`.
  let takesMore: Bool
  let isWrite: Bool
  /// What the keyspace notification of a change is called.
  let event: String
  /// Words of which there is one too many or too few, although there are enough.
  let oddWords: [[String]]

  var testDescription: String { names[0] }

  private init(
    _ names: String, _ words: String, least: Int? = nil, takesMore: Bool = false, isWrite: Bool, odd: [String] = []
  ) {
    self.names = names.split(separator: " ").map(String.init)
    self.words = words.split(separator: " ").map(String.init)
    leastWords = least ?? self.words.count + 1
    self.takesMore = takesMore
    self.isWrite = isWrite
    event = names.split(separator: " ")[0].lowercased()
    oddWords = odd.map { $0.split(separator: " ").map(String.init) }
  }

  private static func read(
    _ names: String, _ words: String, least: Int? = nil, takesMore: Bool = false, odd: [String] = []
  ) -> UserCommand {
    UserCommand(names, words, least: least, takesMore: takesMore, isWrite: false, odd: odd)
  }

  private static func write(_ names: String, _ words: String, takesMore: Bool = false, odd: [String] = [])
    -> UserCommand
  {
    UserCommand(names, words, takesMore: takesMore, isWrite: true, odd: odd)
  }

  static let synchronize = read("MMAP.SYNC", "a")

  static let all = [
    write("MMAP", "a a", takesMore: true),
    read("MMAP.GET VGET", "a 1"), read("MMAP.MGET VMGET", "a 1", takesMore: true),
    write("MMAP.SET VSET", "a 1 9", takesMore: true, odd: ["a 1 9 2"]), write("MMAP.ADD VADD", "a 9", takesMore: true),
    write("MMAP.POP VPOP", "a"),
    write("MMAP.INCRBY", "a 1 1", takesMore: true, odd: ["a 1 1 2", "a OVERFLOW WRAP", "a OVERFLOW WRAP 1"]),
    read("MMAP.COUNT VCOUNT VSIZE", "a"), read("MMAP.ALL VALL", "a"), read("MMAP.TYPE VTYPE", "a"),
    read("MMAP.PATH VFILEPATH", "a"), read("MMAP.INFO", "a"), read("MMAP.RANGE", "a 0 -1"),
    read("MMAP.READ", "a", takesMore: true, odd: ["a 1", "a 1 2 3"]),
    write("MMAP.WRITE", "a 0 12345678"), write("MMAP.APPEND", "a 12345678"), write("MMAP.RESIZE", "a 3"),
    write("MMAP.CLEAR VCLEAR", "a"), write("MMAP.FILL", "a 1 -2 7"),
    read("MMAP.AGG", "a 0 -1 SUM", takesMore: true),
    read("MMAP.FIND", "a 0 -1 GT 1", takesMore: true, odd: ["a 0 -1 GT 1 LIMIT", "a 0 -1 GT 1 LIMIT 1 1"]),
    read("MMAP.SEARCHSORTED", "a 3", takesMore: true, odd: ["a 3 LEFT RIGHT"]), synchronize,
  ]

  /// Changes of an array.
  static let changes = all.filter { $0.isWrite && $0.names != ["MMAP"] }
}
