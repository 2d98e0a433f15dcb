import StandInServer
import Testing

extension ModuleTests {
  /// When changes are flushed to the disk.
  @Suite struct FlushTests {
    let module: LoadedModule
    static let i64 = ElementKind.all[3]

    init() throws { module = try LoadedModule(fsync: "everysec") }

    private var flushes: Int { module.server.moduleInformation()["flushes"] ?? -1 }

    /// How many flushes there were, once those are done that tests before this one have left: of files that were unmapped.
    private func settledFlushes() -> Int {
      module.makeArray(FlushTests.i64, key: "settling")
      #expect(module.reply("MMAP.SYNC", "settling") == .ok)
      return flushes
    }

    @Test("fsync always: each change is flushed before its reply", arguments: UserCommand.changes)
    func always(command: UserCommand) {
      module.makeArray(FlushTests.i64, .npy, ["1", "2", "3", "4", "5"])
      #expect(module.server.configure("fsync", "always") == nil)
      #expect(module.server.configured("fsync") == "always")
      let before = settledFlushes()
      let served = module.run([command.names[0]] + command.words)
      #expect(module.server.turn { served.reply != nil })
      #expect(served.reply?.errorText == nil)
      #expect(flushes > before)
      module.expectOrder()
    }

    @Test("fsync everysec: changes are flushed together, within a second")
    func everysec() {
      module.makeArray(FlushTests.i64)
      let before = settledFlushes()
      for value in 1...5 { #expect(module.reply("VADD", "a", "\(value)") == .integer(1)) }
      #expect(flushes == before)
      module.server.pass(milliseconds: 1000)
      #expect(module.server.turn { flushes == before + 1 })
      module.server.pass(milliseconds: 3000)
      #expect(flushes == before + 1)
      module.expectOrder()
    }

    @Test("fsync no: nothing is flushed but by MMAP.SYNC")
    func never() {
      #expect(module.server.configure("fsync", "no") == nil)
      module.makeArray(FlushTests.i64, .npy, ["1"])
      let before = settledFlushes()
      module.server.pass(milliseconds: 3000)
      #expect(flushes == before)
      #expect(module.reply("MMAP.SYNC", "a") == .ok)
      #expect(flushes == before + 1)
      module.expectOrder()
    }

    @Test("fsync has three values")
    func policies() {
      for policy in ["always", "no", "everysec"] {
        #expect(module.server.configure("fsync", policy) == nil)
        #expect(module.server.configured("fsync") == policy)
      }
      #expect(module.server.configure("fsync", "sometimes") != nil)
      #expect(module.server.configured("fsync") == "everysec")
      #expect(module.server.configure("root", "/tmp") != nil)
      #expect(module.server.configured("root") == module.path)
      module.expectOrder()
    }

    @Test(
      "MMAP.SYNC makes its client wait, and nobody who cannot",
      arguments: [Caller.client, .client3, .script, .transaction])
    func synchronize(caller: Caller) {
      module.makeArray(FlushTests.i64, .npy, ["1"])
      let served = module.run(["MMAP.SYNC", "a"], as: caller)
      #expect(served.wasBlocked == [Caller.client, .client3].contains { $0.description == caller.description })
      #expect(module.server.turn { served.reply != nil })
      #expect(served.reply == .ok)
      module.expectOrder()
    }
  }
}
