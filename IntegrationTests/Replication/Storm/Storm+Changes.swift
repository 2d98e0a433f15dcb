import LiveServer
import MappedArrayClient

// What clients do: commands on arrays and on their keys. The arrays' contents are known after each of them.
extension Storm {
  /// One command, or a few that belong together.
  func change() throws {
    guard bound.count > 3 else { return try map() }
    switch number(0..<100) {
    case 0..<70: try changeElements()
    case 70..<75: try map()
    case 75..<80 where has(.copy): try copy()
    case 80..<83 where has(.rename): try rename()
    case 83..<87 where has(.delete): try delete()
    case 87..<93 where has(.restore): try restore()
    case 93..<95 where has(.expire): try expire()
    case 95..<97: try look()
    default: try changeElements()
    }
    try tidy()
  }

  /// A file that has READONLY keys only does not travel: each node would need it from elsewhere.
  private func tidy() throws {
    for array in bound where array.writers.isEmpty {
      for key in array.readers.sorted() { try expect(.integer(1), ["DEL", key], about: array) }
      array.readers = []
    }
  }

  private func changeElements() throws {
    guard let array = pick(writable), let key = pick(array.writers.sorted()) else { return }
    if !array.isKnown, try !learn(array) { return }
    if has(.readers), chance(20), let reader = pick(array.readers.sorted()) {
      let reply = try send(["MMAP.ADD", reader, 1], about: array)
      guard reply.errorText?.contains("READONLY") == true else { throw failure("a READONLY key: \(reply)", array) }
    }
    try perform(array.contents.step(on: key), on: array, in: has(.scripts) && chance(12))
  }

  /// Reads what is there, of an array of which that is not known; false if it has none now.
  func learn(_ array: StormArray) throws -> Bool {
    guard let key = array.keys.sorted().first else { return false }
    guard case .bulk(let packed) = try send(["MMAP.READ", key]) else { return false }
    array.contents.take(packed)
    array.isKnown = true
    array.note("known anew: \(array.contents.count) elements")
    return true
  }

  /// Maps a new file, or one that is there, with or without contents from outside.
  private func map() throws {
    guard let key = pick(Storm.keys.filter { self.array(boundTo: $0) == nil }) else { return try changeElements() }
    if chance(2), let array = pick(arrays) {
      let isReader = has(.readers) && !array.writers.isEmpty && chance(3)
      guard array.isKnown else { return try mapUnknown(array, key) }
      try expect(
        .integer(array.contents.count), ["MMAP", key] + array.words + (isReader ? ["READONLY"] : []),
        about: array)
      bind(key, to: array, isReader: isReader)
      return
    }
    let array = makeArray()
    let isRaw = array.format == .raw
    if isRaw, has(.outside), chance(2) {
      // What it holds is another program's.
      for _ in 0..<number(1..<30) { _ = array.contents.step(on: key) }
      try master.write(array.contents.packed, to: array.path)
      try expect(.integer(array.contents.count), ["MMAP", key] + array.words, about: array)
    } else {
      try expect(.integer(0), ["MMAP", key] + array.words, about: array)
    }
    bind(key, to: array)
  }

  /// Maps a file again of which it is not known what is in it here, or whether it is here at all.
  private func mapUnknown(_ array: StormArray, _ key: String) throws {
    guard array.keys.isEmpty else { return }
    let reply = try send(["MMAP", key] + array.words, about: array)
    // It may have gone with its node, and may even be locked by nobody: then it is forgotten.
    guard case .integer = reply, try send(["MMAP.INFO", key])["format"]?.text == array.format.rawValue else {
      try send(["DEL", key], about: array)
      return forget(array)
    }
    bind(key, to: array)
    _ = try learn(array)
  }

  private func copy() throws {
    guard let array = pick(bound), let key = pick(array.keys.sorted()), let target = pick(Storm.keys), key != target
    else { return }
    let isTaken = self.array(boundTo: target) != nil
    try expect(.integer(1), ["COPY", key, target] + (isTaken ? ["REPLACE"] : []), about: array)
    bind(target, to: array, isReader: array.readers.contains(key))
  }

  private func rename() throws {
    guard let array = pick(bound), let key = pick(array.keys.sorted()), let target = pick(Storm.keys), key != target
    else { return }
    let isReader = array.readers.contains(key)
    try expect(.ok, ["RENAME", key, target], about: array)
    unbind(key)
    bind(target, to: array, isReader: isReader)
  }

  private func delete() throws {
    guard let array = pick(bound), let key = pick(array.keys.sorted()) else { return }
    try expect(.integer(1), [chance(2) ? "DEL" : "UNLINK", key], about: array)
    unbind(key)
  }

  private func expire() throws {
    guard let array = pick(bound), let key = pick(array.keys.sorted()) else { return }
    switch number(0..<4) {
    case 0: try send(["PERSIST", key], about: array)
    case 1:
      try expect(.integer(1), ["PEXPIRE", key, 1], about: array)
      while try send(["EXISTS", key]) == .integer(1) {}
      unbind(key)
    default: try expect(.integer(1), ["EXPIRE", key, 100_000], about: array)
    }
  }

  /// `DUMP` of an array, or `RESTORE` of an earlier one, with and without `REPLACE`.
  private func restore() throws {
    guard chance(2), let dump = pick(dumps), let key = pick(Storm.keys) else {
      guard let array = pick(writable.filter(\.isKnown)), let key = pick(array.writers.sorted()) else { return }
      guard case .bulk(let payload) = try send(["DUMP", key]) else { throw failure("no DUMP", array) }
      dumps.append(
        StormDump(
          payload: payload, type: array.type, format: array.format, path: array.path, packed: array.contents.packed))
      if dumps.count > 6 { dumps.removeFirst() }
      return
    }
    let older = array(boundTo: key)
    if older != nil, chance(2) {
      let reply = try send(["RESTORE", key, 0, dump.payload], about: older)
      guard reply.errorText?.hasPrefix("BUSYKEY") == true else { throw failure("RESTORE: \(reply)", older) }
      return
    }
    let time = has(.expire) && chance(3) ? 100_000_000 : 0
    try expect(.ok, ["RESTORE", key, time, dump.payload, "REPLACE"], about: older)
    guard let path = try send(["VFILEPATH", key]).text else { throw failure("no path after RESTORE") }
    older?.note("\(key) is bound to '\(path)' by RESTORE")
    if let same = bound.first(where: { $0.path == path && $0 !== older || $0.path == path && $0.keys != [key] }) {
      throw failure("RESTORE of \(key) has taken the file of another array", same)
    }
    unbind(key)
    // What had that name and no key is set aside.
    arrays.removeAll { $0.path == path && $0.keys.isEmpty }
    let array = makeArray(dump.type, dump.format, path: path)
    array.contents.take(dump.packed)
    array.note("made by RESTORE of \(key), the dump is of '\(dump.path)'")
    bind(key, to: array)
  }

  /// Commands that only look, on any node: they must not fail in a way that nobody knows.
  func look() throws {
    guard let array = pick(bound), let key = pick(array.keys.sorted()),
      let node = pick(nodes.filter { $0.server.live.isRunning && !$0.isFrozen })
    else { return }
    for words: [any ArgumentConvertible] in [
      ["VGET", key, number(0..<50)], ["VMGET", key, 0, 5, number(0..<5000)], ["VTYPE", key], ["VFILEPATH", key],
      ["MMAP.INFO", key], ["MMAP.AGG", key, 0, -1, "SUM", "MAX"], ["MMAP.FIND", key, 0, -1, "GT", 3, "LIMIT", 5],
      ["MMAP.SEARCHSORTED", key, 3], ["VALL", key], ["MMAP.SYNC", key], ["PTTL", key],
    ] {
      guard let error = try node.server.send(words).errorText, node === master || !isExpected(error) else { continue }
      throw failure("node \(node.number): \(words[0]) \(key): \(error)", array)
    }
  }

  private func isExpected(_ error: String) -> Bool {
    ["is not mapped at the moment", "LOADING", "MASTERDOWN", "READONLY", "no such key"].contains { error.contains($0) }
  }
}
