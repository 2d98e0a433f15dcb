import StandInServer
import Testing

extension ModuleTests {
  /// What each command replies, for all element types, in both versions of the protocol.
  @Suite struct ReplyTests {
    let module: LoadedModule

    init() throws { module = try LoadedModule() }

    static let callers = [Caller.client, .client3]

    /// Runs a command and compares its reply.
    private func expect(
      _ words: String..., to reply: Reply, as caller: Caller, _ location: SourceLocation = #_sourceLocation
    ) {
      #expect(module.reply(words, as: caller) == reply, "\(words)", sourceLocation: location)
    }

    @Test("single elements", arguments: ElementKind.all, callers)
    func elements(kind: ElementKind, caller: Caller) throws {
      func element(_ text: String) -> Reply { kind.reply(text, to: caller) }
      func elements(_ texts: String...) -> Reply { kind.reply(texts, to: caller) }
      module.makeArray(kind)
      for prefix in ["MMAP.", "V"] {
        expect(prefix + "ADD", "a", "1", "2", kind.greatest, kind.least, to: .integer(4), as: caller)
        expect(prefix + "GET", "a", "0", to: element("1"), as: caller)
        expect(prefix + "GET", "a", "2", to: element(kind.greatest), as: caller)
        expect(prefix + "GET", "a", "3", to: element(kind.least), as: caller)
        for index in ["4", "-1", "9223372036854775807"] { expect(prefix + "GET", "a", index, to: .null, as: caller) }
        expect(prefix + "MGET", "a", "1", "9", "0", to: elements("2", "(nil)", "1"), as: caller)
        expect(prefix + "SET", "a", "0", "7", "9", "8", "1", "9", to: .integer(2), as: caller)
        expect(prefix + "ALL", "a", to: elements("7", "9", kind.greatest, kind.least), as: caller)
        expect(prefix + "POP", "a", to: element(kind.least), as: caller)
        expect(prefix + "COUNT", "a", to: .integer(3), as: caller)
        expect(prefix + "TYPE", "a", to: .bulk(kind.name), as: caller)
        expect(prefix + "CLEAR", "a", to: .integer(3), as: caller)
        expect(prefix + "POP", "a", to: .null, as: caller)
        expect(prefix + "CLEAR", "a", to: .integer(0), as: caller)
      }
      for name in ["MMAP.PATH", "VFILEPATH"] { expect(name, "a", to: .bulk("a"), as: caller) }
      expect("VSIZE", "a", to: .integer(0), as: caller)
      module.expectOrder()
    }

    @Test("ranges and packed elements", arguments: ElementKind.all, callers)
    func ranges(kind: ElementKind, caller: Caller) throws {
      module.makeArray(kind, .npy, ["1", "2", "3", "4", "5"])
      for (start, stop, texts) in [
        ("0", "-1", ["1", "2", "3", "4", "5"]), ("1", "2", ["2", "3"]), ("-2", "99", ["4", "5"]), ("3", "1", []),
        ("9", "12", []), ("-99", "0", ["1"]),
      ] {
        expect("MMAP.RANGE", "a", start, stop, to: kind.reply(texts, to: caller), as: caller)
      }
      #expect(module.reply("MMAP.READ", "a", as: caller) == .bulk(kind.packed([1, 2, 3, 4, 5])))
      #expect(module.reply("MMAP.READ", "a", "3", "9", as: caller) == .bulk(kind.packed([4, 5])))
      #expect(module.reply("MMAP.READ", "a", "5", "1", as: caller) == .bulk([]))
      func run(_ words: [String], _ blob: [Int]) -> Reply? {
        module.server.run(words.map { Array($0.utf8) } + [kind.packed(blob)], as: caller).reply
      }
      #expect(run(["MMAP.WRITE", "a", "6"], [8, 9]) == .integer(2))
      #expect(run(["MMAP.APPEND", "a"], [10, 11, 12]) == .integer(3))
      #expect(run(["MMAP.APPEND", "a"], []) == .integer(0))
      expect(
        "MMAP.ALL", "a", to: kind.reply(["1", "2", "3", "4", "5", "0", "8", "9", "10", "11", "12"], to: caller),
        as: caller)
      expect("MMAP.RESIZE", "a", "3", to: .integer(3), as: caller)
      expect("MMAP.RESIZE", "a", "4", to: .integer(4), as: caller)
      expect("MMAP.FILL", "a", "1", "2", "6", to: .integer(2), as: caller)
      expect("MMAP.FILL", "a", "7", "8", "6", to: .integer(0), as: caller)
      expect("MMAP.ALL", "a", to: kind.reply(["1", "6", "6", "0"], to: caller), as: caller)
      module.expectOrder()
    }

    @Test("increments", arguments: ElementKind.all, callers)
    func increments(kind: ElementKind, caller: Caller) throws {
      func elements(_ texts: String...) -> Reply { kind.reply(texts, to: caller) }
      module.makeArray(kind, .npy, ["1", kind.greatest])
      // An index that is named twice is changed twice.
      expect("MMAP.INCRBY", "a", "0", "2", "5", "1", "0", "1", to: elements("3", "(nil)", "4"), as: caller)
      if !kind.isFloat {
        let error = module.reply("MMAP.INCRBY", "a", "0", "1", "1", "1", as: caller)?.errorText
        #expect(error?.contains("delta '1' at index 1 overflows \(kind.name)") == true, "\(error ?? "")")
        expect("MMAP.INCRBY", "a", "OVERFLOW", "SAT", "1", "1", to: elements(kind.greatest), as: caller)
        expect("MMAP.INCRBY", "a", "overflow", "wrap", "1", "1", to: elements(kind.least), as: caller)
        expect(
          "MMAP.INCRBY", "a", "OVERFLOW", "FAIL", "1", "1", "0", "-4", to: elements(next(kind.least), "0"), as: caller)
      }
      module.expectOrder()
    }

    private func next(_ integer: String) -> String { Int128(integer).map { "\($0 + 1)" } ?? integer }

    @Test("aggregates and searches", arguments: ElementKind.all, callers)
    func analysis(kind: ElementKind, caller: Caller) throws {
      let integerSum = { (text: String) in
        kind.isFloat ? ElementKind.double(text, to: caller) : Reply.integer(Int(text) ?? 0)
      }
      module.makeArray(kind, .npy, ["4", "1", "3", "4"])
      let operations = ["SUM", "MIN", "max", "MEAN", "VAR", "STD", "ARGMIN", "ARGMAX"]
      let aggregates = module.reply(["MMAP.AGG", "a", "0", "-1"] + operations, as: caller)
      #expect(
        aggregates
          == .array([
            integerSum("12"), kind.reply("1", to: caller), kind.reply("4", to: caller),
            ElementKind.double("3", to: caller), ElementKind.double("1.5", to: caller),
            ElementKind.double(
              ["f16": "1.225", "f32": "1.2247449"][kind.name] ?? "1.224744871391589", to: caller), .integer(1),
            .integer(0),
          ]))
      #expect(
        module.reply(["MMAP.AGG", "a", "9", "12"] + operations, as: caller)
          == .array([integerSum("0"), .null, .null, .null, .null, .null, .null, .null]))
      for (comparison, indexes) in [
        ("GT", [0, 3]), ("GE", [0, 2, 3]), ("LT", [1]), ("le", [1, 2]), ("EQ", [2]), ("NE", [0, 1, 3]),
      ] {
        expect("MMAP.FIND", "a", "0", "-1", comparison, "3", to: .integers(indexes), as: caller)
      }
      expect("MMAP.FIND", "a", "1", "-1", "NE", "3", "LIMIT", "1", to: .integers([1]), as: caller)
      expect("MMAP.FIND", "a", "0", "-1", "NE", "3", "LIMIT", "0", to: .array([]), as: caller)
      module.makeArray(kind, .raw, ["1", "2", "2", "4"], key: "sorted")
      expect("MMAP.SEARCHSORTED", "sorted", "2", to: .integer(1), as: caller)
      expect("MMAP.SEARCHSORTED", "sorted", "2", "LEFT", to: .integer(1), as: caller)
      expect("MMAP.SEARCHSORTED", "sorted", "2", "right", to: .integer(3), as: caller)
      module.expectOrder()
    }

    @Test("sums that 64 bits do not hold", arguments: callers)
    func largeSums(caller: Caller) throws {
      for (name, value, sum) in [
        ("u64", "18446744073709551615", "36893488147419103230"),
        ("i64", "-9223372036854775808", "-18446744073709551616"),
      ] {
        let kind = try #require(ElementKind.all.first { $0.name == name })
        module.makeArray(kind, .npy, [value, value], key: name)
        expect(
          "MMAP.AGG", name, "0", "-1", "SUM",
          to: .array([caller.isRESP3 ? .bigNumber(sum) : .bulk(sum)]), as: caller)
      }
      module.expectOrder()
    }

    @Test("texts of floats", arguments: callers)
    func floats(caller: Caller) throws {
      for kind in ElementKind.all where kind.isFloat {
        let texts = ["0.1", "-0", "inf", "-inf", "nan", "50", kind.size == 2 ? "6e-08" : "1e+30"]
        module.makeArray(kind, .npy, texts, key: kind.name)
        expect("MMAP.ALL", kind.name, to: kind.reply(texts, to: caller), as: caller)
      }
      module.expectOrder()
    }

    @Test("facts", arguments: ElementKind.all, callers)
    func facts(kind: ElementKind, caller: Caller) throws {
      module.makeArray(kind, .npy, ["1", "2"])
      let facts = try #require(module.reply("MMAP.INFO", "a", as: caller))
      for (name, value) in [
        ("path", Reply.bulk("a")), ("file", .bulk(module.path + "/a")), ("type", .bulk(kind.name)),
        ("itemsize", .integer(kind.size)), ("count", .integer(2)), ("shape", .integers([2])), ("format", .bulk("npy")),
        ("readonly", .integer(0)), ("state", .bulk("attached")),
      ] {
        #expect(facts[name] == value, "\(name)")
      }
      if case .map = facts { #expect(caller.isRESP3) } else { #expect(!caller.isRESP3) }
      module.expectOrder()
    }

    @Test("several dimensions: the header's shape, and lengths in whole rows", arguments: callers)
    func shape(caller: Caller) throws {
      let header = "\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) } + [1, 0, 118, 0]
      var text = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }"
      text += String(repeating: " ", count: 117 - text.utf8.count) + "\n"
      try module.write(header + Array(text.utf8) + (0..<6).flatMap { [UInt8($0), 0] }, to: "matrix")
      expect("MMAP", "m", "matrix", to: .integer(6), as: caller)
      #expect(module.reply("MMAP.INFO", "m", as: caller)?["shape"] == .integers([2, 3]))
      let error = module.reply("MMAP.ADD", "m", "1", as: caller)?.errorText
      #expect(error?.contains("rows of 3") == true, "\(error ?? "")")
      expect("MMAP.ADD", "m", "6", "7", "8", to: .integer(3), as: caller)
      #expect(module.reply("MMAP.INFO", "m", as: caller)?["shape"] == .integers([3, 3]))
      module.expectOrder()
    }

    @Test("without a key: as an empty array", arguments: callers)
    func missing(caller: Caller) {
      for (words, reply) in [
        (["VGET", "x", "0"], Reply.null), (["VMGET", "x", "0", "1"], .array([.null, .null])),
        (["VCOUNT", "x"], .integer(0)), (["VALL", "x"], .array([])), (["VTYPE", "x"], .null),
        (["VFILEPATH", "x"], .null),
        (["MMAP.RANGE", "x", "0", "-1"], .array([])), (["MMAP.READ", "x"], .bulk([])), (["MMAP.INFO", "x"], .null),
        (["MMAP.AGG", "x", "0", "-1", "SUM", "MAX"], .array([.integer(0), .null])),
        (["MMAP.FIND", "x", "0", "-1", "GT", "1"], .array([])), (["MMAP.SEARCHSORTED", "x", "1"], .integer(0)),
      ] {
        let served = module.run(words, as: caller)
        #expect(served.reply == reply, "\(words)")
        #expect(served.effects.areNone, "\(words)")
      }
      module.expectOrder()
    }

    @Test("MMAP: a count, again too", arguments: ElementKind.all, Format.allCases)
    func map(kind: ElementKind, format: Format) throws {
      module.makeArray(kind, format, ["1", "2", "3"])
      #expect(module.run(["MMAP", "a", "a"]).reply == .integer(3))
      #expect(module.run(["MMAP", "b", "a", kind.numpyName.uppercased()]).reply == .integer(3))
      #expect(module.reply("VADD", "b", "4") == .integer(1))
      #expect(module.reply("VCOUNT", "a") == .integer(4))
      #expect(module.reply("MMAP.INFO", "a")?["format"] == .bulk(format.rawValue))
      module.expectOrder()
    }
  }
}
