import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Paths that lead out of the root, or to what is no file, by every way on which a path can come.
struct HostilePathTests {
  private func key(_ index: Int) -> String { "key\(index)" }

  /// Calls `body` with each path, and a key for it.
  private func forEach(_ body: (String, HostilePath) throws -> Void) rethrows {
    for (index, path) in HostilePath.all.enumerated() { try body(key(index), path) }
  }

  /// The DUMP of a key, which no longer exists.
  private func dump(of server: ModuleServer) throws -> [UInt8] {
    try server("MMAP", "sample", "sample", "i8", "RAW")
    let payload = try server("DUMP", "sample")
    try server("DEL", "sample")
    return try [UInt8](payload)
  }

  /// The bindings of all paths, each without contents and with some.
  private func bindings(for server: ModuleServer) throws -> [(key: String, binding: SavedBinding)] {
    var bindings: [(String, SavedBinding)] = []
    try forEach { key, path in
      let path = Array(try path.text(for: server).utf8)
      bindings.append((key, SavedBinding(path: path)))
      bindings.append((key + "+", SavedBinding(path: path, contents: [1, 2, 3])))
    }
    return bindings
  }

  @Test("MMAP")
  func command() throws {
    let server = try ModuleServer()
    try server.layTraps()
    try server("SAVE")
    let saved = try Files.read(server.live.directory + "/dump.rdb")
    try forEach { key, path in
      for words in [[], ["i8"], ["i8", "RAW"], ["READONLY"]] {
        let error = try server.failure(["MMAP", key, path.text(for: server)] + words)
        #expect(error.hasPrefix("ERR "), "\(path): \(error)")
        #expect(try server("EXISTS", key) == .integer(0))
      }
    }
    try server.expectNothingOutside()
    #expect(try Files.read(server.live.directory + "/dump.rdb") == saved)
  }

  /// How a binding stands in an AOF.
  enum BindingForm: CaseIterable {
    case recorded
    /// As version 1.0 recorded it.
    case old
  }

  @Test("an AOF", arguments: BindingForm.allCases)
  func appendOnlyFile(form: BindingForm) throws {
    let server = try ModuleServer(configuration: [("appendonly", "yes"), ("aof-use-rdb-preamble", "no")])
    try server.layTraps()
    var commands: [[String]] = []
    try forEach { key, path in
      let path = try path.text(for: server)
      switch form {
      case .recorded: commands += FakePrimary.bindings(of: key, shaped: key + "+", to: path)
      case .old:
        commands.append(["MMAP", key, path, "i8", "RAW"])
        commands.append(["MMAP", key + "+", path, "i8", "RAW", "SHAPE", "3"])
      }
    }
    try server.live.stop()
    let file = open(
      server.live.directory + "/appendonlydir/appendonly.aof.1.incr.aof", O_WRONLY | O_APPEND | O_CLOEXEC)
    try #require(file >= 0)
    let stream = FakePrimary.stream(of: [["SELECT", "0"]] + commands)
    #expect(write(file, stream, stream.count) == stream.count)
    close(file)
    try server.start()
    for round in ["loaded", "rewritten"] {
      try forEach { key, path in
        for key in [key, key + "+"] { try server.expectDetached(key, from: path) }
      }
      try server.expectNothingOutside()
      guard round == "loaded" else { break }
      try server.rewriteAOF()
      try server.restart(after: .kill)
    }
  }

  @Test("an RDB file")
  func snapshot() throws {
    let server = try ModuleServer()
    let snapshot = SavedBinding.snapshot(try bindings(for: server), like: try dump(of: server))
    try server.layTraps()
    try server.live.stop()
    try Files.write(snapshot, to: server.live.directory + "/dump.rdb")
    try server.start()
    for round in ["loaded", "saved", "reloaded"] {
      try forEach { key, path in
        for key in [key, key + "+"] { try server.expectDetached(key, from: path) }
      }
      try server.expectNothingOutside()
      if round == "loaded" { try server.restart(after: .shutdown(saving: true)) }
      if round == "saved" { try server("DEBUG", "RELOAD") }
    }
    // Such a key can be copied, and dumped, but that is refused like any other such payload.
    #expect(try server("COPY", "key0", "copy") == .integer(1))
    try server.expectDetached("copy", from: HostilePath.all[0])
    let payload = try [UInt8](server("DUMP", "key0"))
    #expect(try server("RESTORE", "restored", 0, payload).errorText?.contains("Bad data format") == true)
    #expect(try server("DEL", "key0") == .integer(1))
  }

  @Test("RESTORE, with its checksum mended")
  func restore() throws {
    let server = try ModuleServer()
    let dump = try dump(of: server)
    try server.layTraps()
    for (index, (key, binding)) in try bindings(for: server).enumerated() {
      let path = HostilePath.all[index / 2]
      let reply = try server("RESTORE", key, 0, binding.payload(like: dump))
      let isFileThere = try server("MMAP.INFO", key)["state"] == .bulk("attached")
      if path.isRefusedAtSight {
        #expect(reply.errorText?.contains("Bad data format") == true, "\(path)")
      } else if binding.contents == nil {
        try server.expectDetached(key, from: path)
      } else if isFileThere {
        // A file of the root, which has a name of its own as the other key is bound to that one.
        #expect(reply == .ok)
        let name = try #require(server("VFILEPATH", key).text)
        #expect(try server.bytes(name) == [1, 2, 3], "\(path)")
      } else {
        #expect(reply.errorText?.contains("Bad data format") == true, "\(path)")
      }
    }
    try server.expectNothingOutside()
    #expect(try server("RESTORE", "right", 0, SavedBinding(path: [97], contents: [1]).payload(like: dump)) == .ok)
    #expect(try server("VALL", "right") == .integers([1]))
  }

  @Test("a master that sends them, in an RDB file and as commands")
  func master() throws {
    let replica = try ModuleServer()
    let dump = try dump(of: replica)
    try replica.layTraps()
    try replica("SAVE")
    let bindings = try bindings(for: replica)
    try FakePrimary.feed(replica, snapshot: SavedBinding.snapshot(bindings, like: dump))
    try replica.expectNothingOutside()
    for (index, (key, binding)) in bindings.enumerated() {
      let path = HostilePath.all[index / 2]
      if path.isRefusedAtSight || binding.contents == nil && path.text.count > 255 {
        try replica.expectDetached(key, from: path)
      } else {
        // Its file is below the root, or it has none; a command must not fail in another way.
        let error = try replica("VGET", key, 0).errorText
        #expect(error?.contains("is not mapped at the moment") ?? true, "\(path): \(error ?? "")")
      }
      #expect(try replica("TYPE", key) == .status("mmaparray"))
    }

    var commands: [[String]] = []
    try forEach { key, path in
      let path = try path.text(for: replica)
      commands += FakePrimary.bindings(of: "new-" + key, shaped: "shaped-" + key, to: path)
    }
    try FakePrimary.feed(replica, snapshot: SavedBinding.snapshot([], like: dump), commands: commands)
    try replica.expectNothingOutside()
    try forEach { key, path in
      if path.isRefusedAtSight {
        for key in ["new-" + key, "shaped-" + key] { try replica.expectDetached(key, from: path) }
      }
      #expect(try replica("TYPE", "new-" + key) == .status("mmaparray"), "\(path)")
      #expect(try replica("TYPE", "shaped-" + key) == .status("mmaparray"), "\(path)")
    }
  }

  @Test("a master that sends sizes and elements that cannot be")
  func masterOfNonsense() throws {
    let replica = try ModuleServer()
    let dump = try dump(of: replica)
    let most = "9223372036854775807"
    var commands = [
      ["MMAP.BIND", "right", "right", "i16", "npy", "writable", "EMPTY", "0"], ["MMAP.APPLY", "right", "1", "0", "xx"],
      ["MMAP.CONTENTS", "right", "right", "i16", "npy", "1", "2"],
      ["MMAP.BACKFILL", "right", "right", "i16", "npy", "0", "ab"], ["MMAP.APPLY", "right", "2", "1", "cd"],
      ["MMAP.COMPLETE", "right", "right", "i16", "npy"],
      ["MMAP.BIND", "large", "large", "i8", "npy", "writable", "EMPTY", most],
      ["MMAP.BIND", "wide", "wide", "f64", "npy", "writable", "EMPTY", "3037000500", "3037000500"],
      ["MMAP.BIND", "deep", "deep", "i8", "npy", "writable", "EMPTY"] + Array(repeating: "1", count: 100),
      ["MMAP.BIND", "empty", "empty", "i8", "npy", "writable", "EMPTY", "0", most, most],
      ["MMAP.BIND", "negative", "negative", "i8", "npy", "writable", "EMPTY", "-1"],
      ["MMAP.BIND", "word", "word", "i8", "npy", "writable", "x"], ["MMAP.BIND", "right"],
      ["MMAP.BIND", "right", "right", "i3", "npy", "writable"],
      ["MMAP.BIND", "right", "right", "i8", "zip", "writable"],
      ["MMAP.BIND", "right", "right", "i8", "npy", "written"], ["MMAP.BIND", "nowhere", "", "i8", "npy", "writable"],
      ["MMAP", "old", "old", "i8", "SHAPE"], ["MMAP", "old", "old", "i8", "SHAPE", "-1"],
      ["MMAP.APPLY", "missing", "2"], ["MMAP.BACKFILL", "missing", "missing", "i8", "raw", "0", "ab"],
      ["MMAP.BACKFILL", "right", "right"], ["MMAP.CONTENTS", "right", "right", "i16", "npy", most, "1"],
      ["MMAP.COMPLETE", "right", "../right", "i16", "npy"], ["MMAP.REFILL", "right", "right", "i16", "npy"],
      ["MMAP.NAME", "right", "../right"],
    ]
    // What cannot be applied: the array is not what the master has any more.
    let damage = [
      ["MMAP.APPLY", "1", most], ["MMAP.APPLY", "2", "-1"], ["MMAP.APPLY", "3", "2", most, "ab"],
      ["MMAP.APPLY", "4", "2", "0"], ["MMAP.APPLY", "5", "2", "0", "abc"], ["MMAP.APPLY", "6", "1", "1", "ab"],
      ["MMAP.BACKFILL", "7", "7", "i16", "npy", most, "ab"], ["MMAP.BACKFILL", "8", "8", "i16", "npy", "0", "abc"],
      ["MMAP.REFILL", "9", "9", "i16", "npy", "0", "0", "x"],
      ["MMAP.REFILL", "10", "10", "i16", "npy", "0", most, "1"],
      ["MMAP.FILL", "11", "0", "-1", "x"], ["MMAP.APPLY", "12", most],
      ["MMAP.CONTENTS", "13", "13", "i16", "npy", "1", "2", "abc"],
      ["MMAP.CONTENTS", "14", "14", "i16", "npy", "1", most],
    ]
    for (index, command) in damage.enumerated() {
      let key = "\(index + 1)"
      commands.append(["MMAP.BIND", key, key, "i16", "npy", "writable", "EMPTY", "0"])
      commands += [["MMAP.APPLY", key, "1", "0", "xx"], command]
    }
    try FakePrimary.feed(replica, snapshot: SavedBinding.snapshot([], like: dump), commands: commands)
    #expect(try replica("MMAP.READ", "right") == .bulk("abcd"))
    for key in 1...damage.count {
      #expect(try replica("MMAP.INFO", "\(key)")["state"] == .bulk("detached"), "\(damage[key - 1])")
    }
    #expect(!replica.live.log.contains("crashed by signal"))
    // Contents of a full synchronisation that are no array: the replica does without.
    let header = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0]
    let bindings = [
      ("right", SavedBinding(path: [97], contents: [5])), ("header", SavedBinding(path: [98], contents: header)),
      ("type", SavedBinding(path: [97], type: Array("u8".utf8))),
    ]
    try FakePrimary.feed(replica, snapshot: SavedBinding.snapshot(bindings, like: dump))
    #expect(try replica("VALL", "right") == .integers([5]))
    for key in ["header", "type"] { #expect(try replica("MMAP.INFO", key)["state"] == .bulk("detached")) }
  }

  @Test("RESTORE of records that are damaged or hostile in another way, with its checksum mended")
  func records() throws {
    let server = try ModuleServer()
    let dump = try dump(of: server)
    let right = SavedBinding(path: Array("right".utf8), contents: [1, 2, 3])
    var wrong: [SavedBinding] = []
    for type in ["", "i128", "I", "i8\0", String(repeating: "f", count: 100_000)] {
      wrong.append(right)
      wrong[wrong.count - 1].type = Array(type.utf8)
    }
    for flags: UInt64 in [8 | 4, 16, 32, 64, 128, 512, 1 << 63, UInt64.max] {
      wrong.append(right)
      wrong[wrong.count - 1].flags = flags
    }
    for binding in wrong {
      #expect(try server("RESTORE", "a", 0, binding.payload(like: dump)).errorText?.contains("Bad data") == true)
    }
    // Each byte of a right one in turn: refused, or what it was.
    let payload = right.payload(like: dump)
    #expect(try server("RESTORE", "right", 0, payload) == .ok)
    for index in payload.indices.dropLast(10) {
      for change: UInt8 in [0x01, 0x80, 0xFF] {
        var changed = Array(payload.dropLast(8))
        changed[index] ^= change
        let reply = try server("RESTORE", "a", 0, changed + CRC64.bytes(of: changed), "REPLACE")
        guard reply == .ok, try server("TYPE", "a") == .status("mmaparray") else { continue }
        #expect(try server("VALL", "a") == .integers([1, 2, 3]), "byte \(index)")
      }
    }
    #expect(try server("VALL", "right") == .integers([1, 2, 3]))
    // Nothing has got a name but what was restored while `right` was bound.
    let names = try Files.names(in: server.path()).filter { !$0.hasPrefix("right.restored-") }
    #expect(names.sorted() == [".mmaparray", "right", "sample"])
  }
}
