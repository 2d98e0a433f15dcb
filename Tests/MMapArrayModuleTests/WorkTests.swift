import CStandInServer
import StandInServer
import Testing

extension ModuleTests {
  /// Work on large arrays on the main thread, for which clients wait while others are served.
  @Suite struct WorkTests {
    let module: LoadedModule
    static let i64 = ElementKind.all[3]
    /// More than a slice, of a file that is one hole.
    static let count = 1_200_000
    /// Computed, because the leak sanitizer does not find what constants hold by tagged pointers.
    static var work: [(words: String, reply: Reply)] {
      [
        ("MMAP.AGG a 0 -1 SUM MAX", .integers([0, 0])), ("MMAP.FIND a 0 -1 NE 0", .array([])),
        ("MMAP.FILL a 0 -1 0", .integer(count)),
      ]
    }

    init() throws {
      module = try LoadedModule()
      #expect(module.server.configure("threads", "0") == nil)
    }

    private func makeLargeArray(_ format: Format = .npy) {
      module.makeArray(WorkTests.i64, format)
      #expect(module.reply("MMAP.RESIZE", "a", "\(WorkTests.count)") == .integer(WorkTests.count))
    }

    private func split(_ words: String) -> [String] { words.split(separator: " ").map(String.init) }

    @Test("a client waits while others are served", arguments: work.indices, [Caller.client, .client3])
    func waiting(index: Int, caller: Caller) {
      makeLargeArray()
      let (words, reply) = WorkTests.work[index]
      let served = module.run(split(words), as: caller)
      #expect(served.wasBlocked && served.reply == nil)
      #expect(module.server.moduleInformation()["jobs"] == 1)
      #expect(module.run("VGET", "a", "0").reply == .integer(0))
      #expect(module.server.turn { served.reply != nil })
      #expect(served.reply == reply)
      #expect(module.server.moduleInformation()["jobs"] == 0)
      module.expectOrder()
    }

    @Test(
      "whoever cannot wait has it done at once", arguments: work.indices,
      [Caller.script, .transaction, .primary, .appendOnlyFile])
    func atOnce(index: Int, caller: Caller) {
      makeLargeArray()
      let (words, reply) = WorkTests.work[index]
      let served = module.run(split(words), as: caller)
      #expect(!served.wasBlocked)
      #expect(served.reply == reply)
      #expect(module.reply("VGET", "a", "\(WorkTests.count - 1)") == .integer(0))
      module.expectOrder()
    }

    @Test("the client leaves, or the key goes", arguments: work.indices, [true, false])
    func gone(index: Int, isClient: Bool) {
      makeLargeArray()
      let (words, reply) = WorkTests.work[index]
      let served = module.run(split(words))
      #expect(served.wasBlocked)
      if isClient { module.server.disconnect(served) } else { module.server.delete("a") }
      #expect(module.server.turn { module.server.moduleInformation()["jobs"] == 0 })
      #expect(served.reply == (isClient ? nil : reply))
      module.server.delete("a")
      #expect(module.server.moduleInformation()["arrays"] == 0)
      module.expectOrder()
    }

    @Test(
      "whoever cannot wait has a change that is under way done before its own", arguments: Format.allCases,
      [Caller.script, .transaction, .primary])
    func order(format: Format, caller: Caller) {
      makeLargeArray(format)
      let filling = module.run("MMAP.FILL", "a", "0", "-1", "7")
      #expect(filling.wasBlocked)
      #expect(module.run("VSET", "a", "\(WorkTests.count - 1)", "9", as: caller).reply == .integer(1))
      #expect(module.reply("MMAP.AGG", "a", "-2", "-1", "MIN", "MAX") == .integers([7, 9]))
      #expect(module.server.turn { filling.reply != nil })
      #expect(filling.reply == .integer(WorkTests.count))
      #expect(module.reply("VGET", "a", "\(WorkTests.count - 1)") == .integer(9))
      module.expectOrder()
    }

    @Test("a change is sent slice by slice, each once, and all of it before the reply")
    func propagation() {
      makeLargeArray()
      module.connectReplica()
      _ = module.server.takeEffects()
      let filling = module.run("MMAP.FILL", "a", "0", "-1", "7")
      #expect(module.server.turn { filling.reply != nil })
      let sent = filling.effects.propagations + module.server.takeEffects().propagations
      #expect(sent.count > 1)
      var end = 0
      for message in sent {
        let words = message.words.map { String(decoding: $0, as: UTF8.self) }
        #expect(words.prefix(5) == ["MMAP.REFILL", "a", "a", "i64", "npy"])
        #expect(words[5] == "\(end)" && words.last == "7", "\(words)")
        end = (Int(words[6]) ?? 0) + 1
      }
      #expect(end == WorkTests.count)
      module.expectOrder()
    }

    @Test("the end of the server: what is under way is done, files have no spare room")
    func shutdown() {
      makeLargeArray(.raw)
      let filling = module.run("MMAP.FILL", "a", "0", "-1", "7")
      #expect(filling.wasBlocked)
      module.makeArray(WorkTests.i64, .npy, ["1"], key: "b")
      module.server.fire(SERVER_EVENT_SHUTDOWN)
      #expect(module.file("a")?.suffix(8) == WorkTests.i64.packed([7])[...])
      #expect(module.file("b")?.count == 136)
      // A server that does not end after all goes on.
      #expect(module.reply("VADD", "b", "2") == .integer(1))
      #expect(module.server.turn { filling.reply != nil })
      module.expectOrder()
    }

    @Test("INFO, which a crash report leaves out")
    func information() {
      module.makeArray(WorkTests.i64, .npy, ["1"])
      #expect(module.server.copy("a", to: "b"))
      let fields = module.server.moduleInformation()
      #expect(fields["arrays"] == 1 && fields["bindings"] == 2 && fields["jobs"] == 0)
      #expect(module.server.moduleInformation(forCrashReport: true).isEmpty)
      module.expectOrder()
    }
  }
}
