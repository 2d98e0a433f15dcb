import StandInServer
import Testing

extension ModuleTests {
  /// What is refused, and with which words. Whatever is refused changes nothing and is told to nobody.
  @Suite struct ArgumentTests {
    let module: LoadedModule

    init() throws {
      module = try LoadedModule()
      module.connectReplica()
    }

    /// Runs a command that must be refused.
    private func refuse(
      _ words: [String], _ parts: String..., as caller: Caller = .client, _ location: SourceLocation = #_sourceLocation
    ) {
      refuse(bytes: words.map { Array($0.utf8) }, parts, as: caller, location)
    }

    private func refuse(
      bytes words: [[UInt8]], _ parts: [String], as caller: Caller = .client, _ location: SourceLocation
    ) {
      let served = module.server.run(words, as: caller)
      let name = "\(words.map { String(decoding: $0.prefix(40), as: UTF8.self) })"
      let error = served.reply?.errorText ?? ""
      #expect(error.hasPrefix("ERR ") || error.hasPrefix("WRONGTYPE "), "\(name): \(served.reply.debugDescription)")
      #expect(error.utf8.count < 400)
      for part in parts { #expect(error.contains(part), "\(name): \(error)", sourceLocation: location) }
      #expect(served.effects.areNone, "\(name)", sourceLocation: location)
    }

    /// What must hold behind all that was refused.
    private func expectUnchanged(_ texts: [String]) {
      #expect(module.texts() == texts)
      module.expectOrder()
    }

    @Test("the number of words", arguments: UserCommand.all)
    func arity(command: UserCommand) {
      module.makeArray(ElementKind.all[0], .npy, ["1", "2", "3"])
      for name in command.names {
        for count in 0..<(command.words.count) {
          // A command whose arguments are optional takes fewer.
          guard count + 1 < command.leastWords else { break }
          refuse([name] + command.words.prefix(count), "wrong number of arguments")
        }
        if !command.takesMore { refuse([name] + command.words + ["1"], "wrong number of arguments") }
      }
      for words in command.oddWords { refuse([command.names[0]] + words, "wrong number of arguments") }
      expectUnchanged(["1", "2", "3"])
    }

    @Test(
      "a key of another kind",
      arguments: UserCommand.all, [StandInServer.ForeignType.string, .list, .stream])
    func foreignKey(command: UserCommand, type: StandInServer.ForeignType) {
      module.server.makeKey("a", type)
      for name in command.names {
        let served = module.run([name] + command.words)
        #expect(
          served.reply == .error("WRONGTYPE Operation against a key holding the wrong kind of value"), "\(name)")
        #expect(served.effects.areNone)
      }
      #expect(module.server.type(of: "a") == "string")
      module.expectOrder()
    }

    @Test("no such key", arguments: UserCommand.all.filter { $0.isWrite && $0.names != ["MMAP"] } + [.synchronize])
    func missingKey(command: UserCommand) {
      for name in command.names {
        refuse([name] + command.words, "ERR no such key: map a file to it with MMAP first")
      }
      #expect(module.server.type(of: "a") == nil)
      module.expectOrder()
    }

    @Test("a READONLY array", arguments: UserCommand.all.filter { $0.isWrite && $0.names != ["MMAP"] })
    func readOnly(command: UserCommand) throws {
      try module.write([1, 2, 3, 4, 5], to: "a")
      #expect(module.reply("MMAP", "a", "a", "i8", "READONLY") == .integer(5))
      for name in command.names {
        refuse([name] + command.words, "ERR the array is mapped READONLY; map the file WRITABLE to change it")
      }
      #expect(module.file("a") == [1, 2, 3, 4, 5])
      expectUnchanged(["1", "2", "3", "4", "5"])
    }

    @Test(
      "indexes",
      arguments: ["", " ", "x", "1x", " 1", "--1", "0x10", "1.0", "1e1", "nan", "١", "1\0", "9223372036854775808"])
    func indexes(text: String) {
      module.makeArray(ElementKind.all[0], .npy, ["1", "2", "3"])
      for key in ["a", "missing"] {
        refuse(["VGET", key, text], "ERR index '", "is not an integer of 64 bits")
        refuse(["VMGET", key, "0", text], "ERR index '", "is not an integer of 64 bits")
        refuse(["MMAP.RANGE", key, "0", text], "is not an integer of 64 bits")
        refuse(["MMAP.READ", key, text, "1"], "is not an integer of 64 bits")
        refuse(["MMAP.AGG", key, text, "1", "SUM"], "is not an integer of 64 bits")
        refuse(["MMAP.FIND", key, "0", text, "GT", "1"], "is not an integer of 64 bits")
      }
      refuse(["VSET", "a", "0", "9", text, "9"], "is not an integer of 64 bits")
      refuse(["MMAP.INCRBY", "a", "0", "1", text, "1"], "is not an integer of 64 bits")
      refuse(["MMAP.FILL", "a", "0", text, "9"], "is not an integer of 64 bits")
      refuse(["MMAP.WRITE", "a", text, "x"], "is not an integer of 64 bits")
      refuse(["MMAP.RESIZE", "a", text], "is not an integer of 64 bits")
      refuse(["MMAP.FIND", "a", "0", "1", "GT", "1", "LIMIT", text], "is not an integer of 64 bits")
      expectUnchanged(["1", "2", "3"])
    }

    @Test("values that are no numbers, or out of range", arguments: ElementKind.all)
    func values(kind: ElementKind) {
      module.makeArray(kind, .npy, ["1", "2"])
      let wrong =
        ["", " ", "x", "1x", "--1", "0x10", "1,5", "1\0"] + (kind.isFloat ? [".", "1e", "nanx"] : ["1.0", "nan"])
      for (texts, part) in [
        (wrong, "is no \(kind.name): give a number"), (kind.beyond, "is out of range for \(kind.name)"),
      ] {
        for text in texts {
          refuse(["VADD", "a", "3", text], part, kind.least, kind.greatest)
          refuse(["VSET", "a", "0", "3", "1", text], part)
          refuse(["MMAP.FILL", "a", "0", "-1", text], part)
          refuse(["MMAP.FIND", "a", "0", "-1", "EQ", text], part)
          refuse(["MMAP.SEARCHSORTED", "a", text], part)
        }
      }
      refuse(["VADD", "a", "12monkeys"], "value '12monkeys'")
      refuse(["MMAP.INCRBY", "a", "0", "1", "1", "x"], "delta 'x'", "can be added to \(kind.name)")
      if !kind.isFloat {
        refuse(["MMAP.INCRBY", "a", "0", "1", "0", kind.greatest], "overflows \(kind.name)", "OVERFLOW WRAP or SAT")
      }
      expectUnchanged(["1", "2"])
    }

    @Test(
      "bytes that are no text", arguments: [[0xFF, 0xFE], [0x31, 0xC3], [0], Array(repeating: 0x37, count: 1 << 16)])
    func bytes(argument: [UInt8]) {
      module.makeArray(ElementKind.all[0], .npy, ["1"])
      func words(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }
      for command in [
        words("VGET", "a"), words("VADD", "a"), words("MMAP", "b", "b"), words("MMAP.SEARCHSORTED", "a", "1"),
        words("MMAP.AGG", "a", "0", "1"), words("MMAP.INCRBY", "a", "OVERFLOW"),
      ] {
        let padding = command.count == 3 && command[2] == Array("OVERFLOW".utf8) ? words("0", "1") : []
        refuse(bytes: command + [argument] + padding, [], #_sourceLocation)
      }
      expectUnchanged(["1"])
    }

    @Test("blobs of a part of an element", arguments: ElementKind.all.filter { $0.size > 1 })
    func blobs(kind: ElementKind) {
      module.makeArray(kind, .npy, ["1"])
      let blob = String(repeating: "x", count: kind.size + 1)
      refuse(["MMAP.APPEND", "a", blob], "\(kind.size + 1) bytes", "a multiple of \(kind.size)")
      refuse(["MMAP.WRITE", "a", "0", blob], "\(kind.size + 1) bytes", "a multiple of \(kind.size)")
      expectUnchanged(["1"])
    }

    @Test("words that are not understood, and negative counts")
    func words() {
      module.makeArray(ElementKind.all[0], .npy, ["1"])
      for key in ["a", "missing"] {
        refuse(["MMAP.AGG", key, "0", "-1", "SUM", "MEDIAN"], "operation 'MEDIAN' is unknown; give SUM, MIN")
        refuse(["MMAP.FIND", key, "0", "-1", "LIKE", "1"], "comparison 'LIKE' is unknown; give GT, GE")
        refuse(["MMAP.FIND", key, "0", "-1", "GT", "1", "MOST", "1"], "'MOST' is not understood here: give LIMIT")
        refuse(["MMAP.FIND", key, "0", "-1", "GT", "1", "LIMIT", "-1"], "limit '-1' is negative")
        refuse(["MMAP.SEARCHSORTED", key, "1", "MIDDLE"], "side 'MIDDLE' is unknown; give LEFT or RIGHT")
        refuse(["MMAP.READ", key, "-1", "1"], "index '-1' is negative")
        refuse(["MMAP.READ", key, "0", "-1"], "count '-1' is negative")
      }
      refuse(["MMAP.INCRBY", "a", "OVERFLOW", "SATURATE", "0", "1"], "OVERFLOW 'SATURATE' is unknown; give FAIL")
      refuse(["MMAP.WRITE", "a", "-1", "x"], "index '-1' is negative")
      refuse(["MMAP.RESIZE", "a", "-1"], "count '-1' is negative")
      refuse(["MMAP.RESIZE", "a", "9223372036854775807"], "larger than a file can be")
      expectUnchanged(["1"])
    }

    @Test("what only a primary sends", arguments: [Caller.client, .client3, .script, .transaction])
    func internalCommands(caller: Caller) {
      module.makeArray(ElementKind.all[0], .npy, ["1"])
      refuse(["MMAP.APPLY", "a", "5"], "is what a master sends", as: caller)
      expectUnchanged(["1"])
    }

    // MARK: MMAP

    @Test("the words of MMAP in any order", arguments: ElementKind.all)
    func mapWords(kind: ElementKind) throws {
      var number = 0
      for words in permutations([kind.name, "RAW", "WRITABLE"]) + permutations([kind.numpyName, "raw"]) {
        number += 1
        #expect(module.reply(["MMAP", "\(number)", "\(number)"] + words) == .integer(0), "\(words)")
        #expect(module.reply("VTYPE", "\(number)") == .bulk(kind.name))
        #expect(module.reply("MMAP.INFO", "\(number)")?["format"] == .bulk("raw"))
        #expect(module.file("\(number)") == [])
      }
      try module.write(kind.packed([1, 2]), to: "file")
      for words in permutations([kind.name.uppercased(), "RAW", "readonly"]) {
        number += 1
        #expect(module.reply(["MMAP", "\(number)", "file"] + words) == .integer(2), "\(words)")
        #expect(module.reply("MMAP.INFO", "\(number)")?["readonly"] == .integer(1))
      }
      module.expectOrder()
    }

    private func permutations(_ words: [String]) -> [[String]] {
      guard words.count > 1 else { return [words] }
      return words.indices.flatMap { index in
        permutations(Array(words[..<index] + words[(index + 1)...])).map { [words[index]] + $0 }
      }
    }

    @Test(
      "words of MMAP that do not go together",
      arguments: [
        "RAW RAW", "i8 i8", "i8 u8", "READONLY WRITABLE", "WRITABLE READONLY", "READONLY READONLY", "i8 RAW i8", "i9",
        "",
        "ROW", "SHAPE 5",
      ])
    func contradictions(words: String) {
      let words = words.isEmpty ? [""] : words.split(separator: " ").map(String.init)
      refuse(["MMAP", "a", "a"] + words, "is not understood here: give a type (i8, i16, ", "RAW, READONLY or WRITABLE")
      #expect(module.file("a") == nil)
      #expect(module.server.type(of: "a") == nil)
      module.expectOrder()
    }

    @Test(
      "paths that are refused",
      arguments: [
        ("", "the path names no file"), (".", "the path names no file"), ("..", "the path contains '..'"),
        ("../x", "the path contains '..'"), ("x/../../y", "the path contains '..'"),
        ("/etc/hosts", "the path is outside the root '"), ("x\0y", "the path contains a zero byte"),
        (".mmaparray/x", "is kept for files on their way"), ("missing/x", "openat2: No such file or directory"),
        ("x/", "the path names no regular file"), (String(repeating: "x", count: 4096), "the path has 4096 bytes"),
        (String(repeating: "x", count: 256), "File name too long"),
      ])
    func paths(path: String, part: String) {
      for words in [[], ["i8"], ["i8", "RAW"]] { refuse(["MMAP", "a", path] + words, part) }
      #expect(module.server.type(of: "a") == nil)
      module.expectOrder()
    }

    @Test("files that are none, and types that are not the header's")
    func files() throws {
      let i8 = ElementKind.all[0]
      module.makeArray(i8, .npy, ["1"])
      module.makeArray(i8, .raw, ["1"], key: "raw")
      refuse(["MMAP", "b", "raw", "f32"], "the file is mapped as i8 by another key, not f32; name i8")
      refuse(["MMAP", "b", "a", "f32"], "the file's header records i8, not f32; leave the type out or name i8")
      refuse(["MMAP", "a", "a", "f32"], "i8")
      refuse(["MMAP", "b", "a", "RAW"], "RAW contradicts the file's header, which records i8")
      refuse(["MMAP", "a", "a", "READONLY"], "the key is mapped WRITABLE; DEL it first to change that")
      refuse(["MMAP", "b", "missing", "READONLY"], "No such file or directory")
      module.makeArray(i8, .npy, key: "b")
      refuse(["MMAP", "a", "b"], "ERR It is already mapped on another file.")
      module.server.delete("a")
      refuse(["MMAP", "a", "a", "f32"], "the file's header records i8, not f32; leave the type out or name i8")
      try module.write(Array("\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) }), to: "damaged")
      refuse(["MMAP", "a", "damaged"], "the file cannot be mapped: ")
      #expect(module.server.type(of: "a") == nil)
      module.expectOrder()
    }

    @Test("a raw file that ends in a part of an element")
    func trailingBytes() throws {
      try module.write([1, 0, 2, 0, 3], to: "a")
      #expect(module.reply("MMAP", "a", "a", "i16") == .integer(2))
      for words in [["VADD", "a", "3"], ["VPOP", "a"], ["VCLEAR", "a"], ["MMAP.RESIZE", "a", "1"]] {
        refuse(words, "the file ends in 1 bytes of a part of an element of 2")
      }
      #expect(module.file("a") == [1, 0, 2, 0, 3])
      expectUnchanged(["1", "2"])
    }
  }
}
