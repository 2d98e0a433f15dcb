import CStandInServer
import StandInServer
import Testing

extension ModuleTests {
  /// What goes to the AOF and to replicas, and who is told of changes.
  @Suite struct PropagationTests {
    let module: LoadedModule

    init() throws { module = try LoadedModule() }

    /// Those whose changes are this server's own.
    static let origins = [Caller.client, .client3, .script, .transaction]
    static let i32 = ElementKind.all[2]

    private func makeArray(_ key: String = "a", _ kind: ElementKind = i32, _ format: Format = .npy) {
      module.makeArray(kind, format, ["1", "2", "3", "4", "5"], key: key)
    }

    // MARK: Changes

    @Test("a change goes to replicas and never to the AOF, and is told", arguments: UserCommand.changes, origins)
    func change(command: UserCommand, origin: Caller) {
      module.connectReplica()
      makeArray()
      for name in command.names {
        _ = module.reply("MMAP.RESIZE", "a", "5")
        let served = module.run([name] + command.words, as: origin)
        let effects = served.effects
        #expect(effects.propagations.count == 1, "\(name): \(effects.propagations)")
        #expect(effects.propagations.allSatisfy { !$0.toAOF && $0.toReplicas })
        #expect(effects.events == [KeyspaceEvent(command.event, "a")])
        #expect(effects.modifiedKeys == ["a"])
      }
      module.expectOrder()
    }

    @Test(
      "what replicas get has the same result there, twice too", arguments: ElementKind.all,
      [
        "VSET a 0 9 4 8 7 7", "VADD a 6 7", "VPOP a", "MMAP.INCRBY a 0 1 9 9 0 1", "MMAP.WRITE a 1 blob",
        "MMAP.APPEND a blob", "MMAP.RESIZE a 9", "MMAP.RESIZE a 2", "VCLEAR a", "MMAP.FILL a 1 -2 7",
      ])
    func absolute(kind: ElementKind, change: String) throws {
      module.connectReplica()
      for format in Format.allCases {
        let (key, copy) = (format.rawValue, "\(format.rawValue)-copy")
        for key in [key, copy] { makeArray(key, kind, format) }
        let words = change.split(separator: " ").map { word -> [UInt8] in
          switch word {
          case "a": Array(key.utf8)
          case "blob": kind.packed([11, 12])
          default: Array(word.utf8)
          }
        }
        let served = module.server.run(words)
        #expect(served.reply?.errorText == nil)
        _ = module.server.turn { served.reply != nil }
        let sent = try #require(served.effects.propagations.first)
        #expect(sent.words[1] == Array(key.utf8))
        // The key, and for a fill the array's name.
        let copied = sent.words.enumerated().map { $0 <= 2 && $1 == Array(key.utf8) ? Array(copy.utf8) : $1 }
        for _ in 1...2 {
          let applied = module.server.run(copied, as: .primary)
          #expect(applied.reply?.errorText == nil, "\(applied.reply.debugDescription)")
          #expect(module.texts(copy) == module.texts(key))
        }
      }
      module.expectOrder()
    }

    @Test("changes of elements are sent as MMAP.APPLY: the count, and blobs at indexes", arguments: ElementKind.all)
    func apply(kind: ElementKind) {
      module.connectReplica()
      makeArray("a", kind)
      expectApply(["VSET", "a", "3", "9", "1", "8", "99", "7"], count: 5, [(3, [9]), (1, [8])], kind)
      expectApply(["VADD", "a", "6", "7"], count: 7, [(5, [6, 7])], kind)
      expectApply(["MMAP.POP", "a"], count: 6, [], kind)
      expectApply(["MMAP.RESIZE", "a", "4"], count: 4, [], kind)
      expectApply(["MMAP.INCRBY", "a", "0", "2"], count: 4, [(0, [3])], kind)
      expectApply(["VCLEAR", "a"], count: 0, [], kind)
      module.expectOrder()
    }

    /// The one place that knows the format of what is sent: `MMAP.APPLY key count [index blob …]`.
    private func expectApply(_ words: [String], count: Int, _ blobs: [(Int, [Int])], _ kind: ElementKind) {
      let served = module.run(words)
      _ = module.server.turn { served.reply != nil }
      let parts = blobs.flatMap { [Array("\($0.0)".utf8), kind.packed($0.1)] }
      let expected = ["MMAP.APPLY", "a", "\(count)"].map { Array($0.utf8) } + parts
      #expect(served.effects.propagations == [Propagation(words: expected, toAOF: false, toReplicas: true)])
    }

    @Test("what comes from a primary or the AOF goes nowhere from here, and is told", arguments: UserCommand.changes)
    func fromElsewhere(command: UserCommand) {
      makeArray()
      module.connectReplica()
      module.setRole(isPrimary: false)
      for caller in [Caller.primary, .appendOnlyFile] {
        let served = module.run([command.names[0]] + command.words, as: caller)
        #expect(served.reply?.errorText == nil, "\(served.reply.debugDescription)")
        #expect(served.effects.propagations.isEmpty, "\(caller)")
        #expect(served.effects.events == [KeyspaceEvent(command.event, "a")], "\(caller)")
        #expect(served.effects.modifiedKeys == ["a"], "\(caller)")
        _ = module.reply("MMAP.RESIZE", "a", "5", as: .primary)
      }
      module.setRole(isPrimary: true)
      module.expectOrder()
    }

    @Test("an element that is applied is told of", arguments: [Caller.primary, .appendOnlyFile])
    func applied(caller: Caller) {
      makeArray()
      module.setRole(isPrimary: false)
      let words = ["MMAP.APPLY", "a", "6", "5"].map { Array($0.utf8) } + [ElementKind.all[2].packed([6])]
      let served = module.server.run(words, as: caller)
      #expect(served.reply == .ok)
      #expect(served.effects.modifiedKeys == ["a"])
      #expect(served.effects.events.map(\.key) == ["a"])
      #expect(served.effects.propagations.isEmpty)
      #expect(module.texts() == ["1", "2", "3", "4", "5", "6"])
      for (words, part) in [
        (["MMAP.APPLY", "a", "5", "5"], "wrong number"), (["MMAP.APPLY", "a", "-1"], "negative"),
        (["MMAP.APPLY", "a", "5", "5", "1234"], "past the count"),
        (["MMAP.APPLY", "a", "5", "1", "123"], "multiple of 4"),
      ] {
        let refused = module.run(words, as: caller)
        #expect(refused.effects.areNone)
        guard caller.description == Caller.primary.description else {
          #expect(refused.reply?.errorText?.contains(part) == true, "\(refused.reply.debugDescription)")
          #expect(module.texts() == ["1", "2", "3", "4", "5", "6"])
          continue
        }
        // What the primary has done cannot be refused: the array is not what it has any more.
        #expect(refused.reply == .ok)
        let error = module.reply("VCOUNT", "a")?.errorText
        #expect(error?.contains("it could not be stored as the master has it") == true, "\(error ?? "")")
      }
      module.setRole(isPrimary: true)
      module.expectOrder()
    }

    @Test("reads tell nobody", arguments: UserCommand.all.filter { !$0.isWrite }, origins)
    func reads(command: UserCommand, origin: Caller) {
      module.connectReplica()
      makeArray()
      _ = module.server.takeEffects()
      for name in command.names {
        let served = module.run([name] + command.words, as: origin)
        _ = module.server.turn { served.reply != nil }
        #expect(served.reply?.errorText == nil, "\(name)")
        #expect(served.effects.areNone, "\(name)")
      }
      #expect(module.server.takeEffects().areNone)
      module.expectOrder()
    }

    @Test("a change that changes nothing tells nobody")
    func nothing() {
      module.connectReplica()
      module.makeArray(PropagationTests.i32)
      for words in [
        "VSET a 0 1", "VPOP a", "VCLEAR a", "MMAP.RESIZE a 0", "MMAP.FILL a 0 -1 5", "MMAP.INCRBY a 0 1", "MMAP a a",
      ] {
        let served = module.run(words.split(separator: " ").map(String.init))
        #expect(served.reply?.errorText == nil)
        #expect(served.effects.areNone, "\(words)")
      }
      for words in [["MMAP.APPEND", "a", ""], ["MMAP.WRITE", "a", "0", ""]] {
        #expect(module.run(words).effects.areNone, "\(words)")
      }
      module.expectOrder()
    }

    // MARK: Without replicas

    @Test("without replicas and backlog nothing is sent, and again once there are", arguments: UserCommand.changes)
    func withoutReplicas(command: UserCommand) {
      makeArray()
      let words = [command.names[0]] + command.words
      func run() -> Effects {
        _ = module.reply("MMAP.RESIZE", "a", "5")
        let served = module.run(words)
        #expect(served.effects.events.count == 1)
        #expect(served.effects.modifiedKeys == ["a"])
        return served.effects
      }
      #expect(run().propagations.isEmpty)
      // The role's change is seen at once, all else within a second.
      module.connectReplica()
      #expect(run().propagations.count == 1)
      module.server.setInformation("replication", "connected_slaves", "0")
      module.server.pass(milliseconds: 1000)
      #expect(run().propagations.count == 1)
      module.server.setInformation("replication", "repl_backlog_active", "0")
      module.server.pass(milliseconds: 1000)
      #expect(run().propagations.isEmpty)
      module.server.setInformation("replication", "connected_slaves", "1")
      module.server.fire(SERVER_EVENT_ROLE_CHANGED)
      #expect(run().propagations.count == 1)
      module.expectOrder()
    }

    // MARK: Bindings

    @Test("MMAP goes to the AOF and to replicas", arguments: ElementKind.all, origins)
    func map(kind: ElementKind, origin: Caller) throws {
      for (hasReplica, format) in [(false, Format.npy), (true, .raw), (true, .npy)] {
        if hasReplica { module.connectReplica() }
        let key = "\(hasReplica)\(format)"
        let served = module.run(["MMAP", key, "\(key).file"] + format.words(kind), as: origin)
        #expect(served.reply == .integer(0))
        let sent = try #require(served.effects.propagations.first)
        #expect(served.effects.propagations.count == 1)
        #expect(sent.toAOF && sent.toReplicas)
        #expect(served.effects.events == [KeyspaceEvent("mmap", key)])
        #expect(served.effects.modifiedKeys == [key])
        // From the AOF it makes the same key.
        _ = module.reply("VADD", key, "7")
        module.server.delete(key)
        let loaded = module.server.run(sent.words, as: .appendOnlyFile)
        #expect(loaded.reply == .integer(1), "\(sent): \(loaded.reply.debugDescription)")
        #expect(loaded.effects.propagations.isEmpty)
        #expect(module.texts(key) == ["7"])
        #expect(module.reply("VTYPE", key) == .bulk(kind.name))
        #expect(module.reply("MMAP.INFO", key)?["format"] == .bulk(format.rawValue))
      }
      module.expectOrder()
    }

    @Test("MMAP from a primary is written to this server's AOF, and not sent on")
    func mapFromPrimary() throws {
      module.connectReplica()
      let sent = try #require(module.run("MMAP", "a", "a", "i32").effects.propagations.first)
      module.server.delete("a")
      module.setRole(isPrimary: false)
      let served = module.server.run(sent.words, as: .primary)
      #expect(served.reply == .integer(0))
      #expect(served.effects.propagations.map(\.toAOF) == [true])
      #expect(served.effects.propagations.map(\.toReplicas) == [false])
      module.setRole(isPrimary: true)
      module.expectOrder()
    }

    @Test("a path that cannot be, in the AOF or from a primary, makes a key without a file")
    func refusedPath() {
      module.setRole(isPrimary: false)
      for caller in [Caller.appendOnlyFile, .primary] {
        module.server.delete("a")
        #expect(module.run(["MMAP", "a", "../x", "i8"], as: caller).reply == .integer(0))
        #expect(module.server.type(of: "a") == "mmaparray")
        #expect(module.reply("VGET", "a", "0")?.errorText?.contains("'..'") == true)
      }
      module.setRole(isPrimary: true)
      module.expectOrder()
    }

    @Test("contents that a file had when it was mapped follow in pieces", arguments: Format.allCases)
    func contents(format: Format) throws {
      makeArray("a", PropagationTests.i32, format)
      module.server.delete("a")
      let before = try #require(module.file("a"))
      module.connectReplica()
      let served = module.run(["MMAP", "a", "a"] + (format == .npy ? [] : ["i32"]))
      #expect(served.reply == .integer(5))
      // A replica that does not keep up gets no more.
      module.server.setReply(to: "CLIENT LIST TYPE REPLICA", "id=1 omem=999999999\n")
      module.server.pass(milliseconds: 200)
      #expect(module.server.takeEffects().propagations.isEmpty)
      module.server.setReply(to: "CLIENT LIST TYPE REPLICA", "id=1 omem=0\n")
      module.server.pass(milliseconds: 200)
      let pieces = module.server.takeEffects().propagations
      #expect(!pieces.isEmpty)
      #expect(pieces.allSatisfy { !$0.toAOF && $0.toReplicas })
      // What a replica makes of them, whatever it had under that name.
      module.server.delete("a")
      try module.write([1, 2, 3], to: "a")
      module.setRole(isPrimary: false)
      for sent in served.effects.propagations + pieces {
        let reply = module.server.run(sent.words, as: .primary).reply
        #expect(reply?.errorText == nil, "\(reply.debugDescription)")
      }
      #expect(module.texts() == ["1", "2", "3", "4", "5"])
      module.server.delete("a")
      #expect(module.file("a") == before)
      module.setRole(isPrimary: true)
      module.expectOrder()
    }

    @Test("what other programs append to a raw file goes to replicas before the next change, or within seconds")
    func growth() throws {
      module.connectReplica()
      makeArray("a", PropagationTests.i32, .raw)
      _ = module.server.takeEffects()
      let bytes = try #require(module.file("a"))
      try module.write(bytes + PropagationTests.i32.packed([6, 7]), to: "a")
      module.server.pass(milliseconds: 2000)
      let pieces = module.server.takeEffects().propagations
      #expect(pieces.count == 1)
      #expect(pieces.allSatisfy { !$0.toAOF && $0.toReplicas && $0.words.last == PropagationTests.i32.packed([6, 7]) })
      #expect(module.texts() == ["1", "2", "3", "4", "5", "6", "7"])
      module.expectOrder()
    }
  }
}
