import LiveServer

/// Commands that nobody would send: those that are right, with arguments changed, doubled, left out and made up.
struct RandomCommands {
  private var random: SeededGenerator
  /// What DUMP replied last.
  var payload: [UInt8] = []

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
  }

  static let files = ["one", "two", "three", "below/four"]
  private static let keys = ["a", "b", "c", "d", "text"]

  /// Words of commands of the server that concern keys; KEY and PATH stand for one.
  private static let others = [
    "SET text value", "DEL KEY", "UNLINK KEY", "COPY KEY KEY REPLACE", "RENAME KEY KEY", "MOVE KEY 1", "DUMP KEY",
    "TYPE KEY", "OBJECT ENCODING KEY", "MEMORY USAGE KEY", "EXPIRE KEY 0", "PEXPIRE KEY 50", "PERSIST KEY", "MULTI",
    "EXEC", "DISCARD", "WATCH KEY", "DEBUG DIGEST-VALUE KEY", "SCAN 0 TYPE mmaparray", "COMMAND GETKEYS MMAP KEY PATH",
    "MMAP KEY PATH READONLY", "MMAP KEY PATH i8", "MMAP KEY PATH f32", "MMAP KEY PATH u64 RAW", "MMAP KEY PATH",
    "MMAP.BIND KEY PATH i8 npy writable 3", "MMAP.BACKFILL KEY PATH 0 xx", "MMAP.APPLY KEY 3 0 xxx", "MMAP.SYNC KEY",
    "MMAP.READ KEY 1 2",
    "MMAP.FIND KEY 0 -1 NE 0 LIMIT 5", "MMAP.INCRBY KEY OVERFLOW WRAP 0 9 1 9", "MMAP.WRITE KEY 70 xxxxxxxx",
    "MMAP.AGG KEY 0 -1 SUM MIN MAX MEAN VAR STD ARGMIN ARGMAX",
  ].map { $0.split(separator: " ").map(String.init) }

  private static let words =
    [
      "", "0", "1", "-1", "-0", "+5", "007", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
      "18446744073709551615", "18446744073709551616", "4294967296", "1048576", "1.5", "1e999", "-1e-999", "nan", "inf",
      "-INF", "0x10", " 1", "1 ", "RAW", "READONLY", "WRITABLE", "SHAPE", "OVERFLOW", "FAIL", "WRAP", "SAT", "LIMIT",
      "SUM", "VAR", "ARGMAX", "GT", "EQ", "LEFT", "RIGHT", "i8", "int64", "u64", "float", "f64", "f16", "bool", "true",
      "S5", "s4096", "S0", "KEY", "PATH", "..",
      "../dump.rdb", "/etc/passwd", ".mmaparray/unfinished", "one/", "below", "missing/file", "a\0b", "\u{FFFD}",
    ].map { Array($0.utf8) }

  /// One command.
  mutating func next() -> [[UInt8]] {
    if random.next() % 24 == 0 { return restore() }
    var words = pick(from: RandomCommands.others).map { Array($0.utf8) }
    if random.next() % 3 > 0 {
      let command = random.pick(DescribedCommand.all, or: DescribedCommand.all[0])
      let name = random.pick(command.names, or: command.names[0])
      words = [Array(name.utf8)] + command.words.map { $0 == "a" ? Array("KEY".utf8) : Array($0.utf8) }
    }
    // Half of them stay as they are, so that there is something to spoil.
    if random.next() % 2 == 0 { for _ in 0...random.next() % 3 { mutate(&words) } }
    // In errors of its own the server repeats arguments of any length; the client takes no line that is so long.
    let isOwn = words[0].starts(with: "MMAP".utf8) || words[0].first == UInt8(ascii: "V")
    return [words[0]] + words.dropFirst().map { substitute(isOwn ? $0 : Array($0.prefix(4096))) }
  }

  private mutating func pick(from lists: [[String]]) -> [String] { random.pick(lists, or: []) }

  private mutating func substitute(_ word: [UInt8]) -> [UInt8] {
    if word == Array("KEY".utf8) { return Array(random.pick(RandomCommands.keys, or: "a").utf8) }
    if word == Array("PATH".utf8) { return Array(random.pick(RandomCommands.files, or: "one").utf8) }
    return word
  }

  /// Changes anything but the command's name.
  private mutating func mutate(_ words: inout [[UInt8]]) {
    let index = 1 + Int(random.next() % UInt64(max(1, words.count - 1)))
    guard index < words.count else { return words.append(word()) }
    switch random.next() % 8 {
    case 0: words.remove(at: index)
    case 1: words.insert(word(), at: index)
    case 2: words.append(word())
    case 3: words.insert(words[index], at: index)
    case 4 where !words[index].isEmpty:
      words[index][Int(random.next() % UInt64(words[index].count))] = UInt8(truncatingIfNeeded: random.next())
    case 5: words.swapAt(index, 1 + Int(random.next() % UInt64(words.count - 1)))
    case 6: words += Array(repeating: words[index], count: Int(random.next() % 300))
    default: words[index] = word()
    }
  }

  private mutating func word() -> [UInt8] {
    guard random.next() % 3 == 0 else { return random.pick(RandomCommands.words, or: []) }
    return bytes(random.pick([1, 2, 7, 8, 64, 255, 256, 4096, 70_000, random.next() % 50 == 0 ? 2 << 20 : 16], or: 1))
  }

  private mutating func bytes(_ count: Int) -> [UInt8] {
    // Digits, as often as anything.
    if random.next() % 2 == 0 { return (0..<count).map { _ in UInt8(ascii: "0") + UInt8(random.next() % 10) } }
    let byte = UInt8(truncatingIfNeeded: random.next())
    return count > 4096
      ? Array(repeating: byte, count: count) : (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  /// RESTORE of what was dumped, with a byte changed and the checksum mended.
  private mutating func restore() -> [[UInt8]] {
    var payload = payload
    if payload.count > 18, payload.count < 100_000, random.next() % 4 > 0 {
      // Not the first bytes: data of the server's own types is its own concern.
      payload[10 + Int(random.next() % UInt64(payload.count - 18))] = UInt8(truncatingIfNeeded: random.next())
      payload = payload.dropLast(8) + CRC64.bytes(of: Array(payload.dropLast(8)))
    }
    return [Array("RESTORE".utf8), substitute(Array("KEY".utf8)), [UInt8(ascii: "0")], payload, Array("REPLACE".utf8)]
  }
}
