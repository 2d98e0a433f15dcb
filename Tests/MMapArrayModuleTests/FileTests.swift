import CStandInServer
import Glibc
import StandInServer
import Testing

extension ModuleTests {
  /// Files that other programs cut, replace and append to, and arrays whose keys come and go.
  @Suite struct FileTests {
    let module: LoadedModule
    static let i64 = ElementKind.all[3]
    /// Elements on three pages.
    static let count = 1500

    init() throws { module = try LoadedModule() }

    private func mapPages(_ format: Format = .raw) {
      module.makeArray(FileTests.i64, format)
      #expect(module.reply("MMAP.RESIZE", "a", "\(FileTests.count)") == .integer(FileTests.count))
      #expect(module.reply("MMAP.FILL", "a", "0", "-1", "7") == .integer(FileTests.count))
      #expect(module.reply("MMAP.SYNC", "a") == .ok)
    }

    @Test(
      "a file that is cut: the command that meets it gets an error, and the next one what there is",
      arguments: [
        "VGET a 1400", "VMGET a 0 1400", "MMAP.FIND a 0 -1 EQ 7", "VALL a", "MMAP.READ a", "MMAP.AGG a 0 -1 SUM",
      ])
    func cut(words: String) {
      mapPages()
      #expect(truncate(module.path + "/a", 80) == 0)
      let served = module.run(words.split(separator: " ").map(String.init))
      #expect(served.effects.areNone)
      if let error = served.reply?.errorText {
        #expect(error == "ERR a part of 'a' is gone: it was cut by another program, or the disk fails")
        #expect(module.server.takeLog().contains { $0.hasPrefix("warning: a part of 'a' is gone") })
      }
      #expect(module.reply("VCOUNT", "a") == .integer(10))
      #expect(module.reply("MMAP.AGG", "a", "0", "-1", "SUM") == .integers([70]))
      module.expectOrder()
    }

    @Test("faults are counted")
    func faults() {
      mapPages()
      let before = module.server.moduleInformation()["faults"] ?? -1
      #expect(truncate(module.path + "/a", 80) == 0)
      #expect(module.reply("VGET", "a", "1400")?.errorText != nil)
      #expect(module.server.moduleInformation()["faults"] == before + 1)
      module.expectOrder()
    }

    @Test("what another program appends to a raw file is there for the next command", arguments: ElementKind.all)
    func append(kind: ElementKind) throws {
      module.makeArray(kind, .raw, ["1"])
      try module.write(kind.packed([1, 2, 3]), to: "a")
      #expect(module.reply("VGET", "a", "2") == kind.reply("3", to: .client))
      #expect(module.reply("VCOUNT", "a") == .integer(3))
      #expect(module.reply("VADD", "a", "4") == .integer(1))
      #expect(module.file("a") == kind.packed([1, 2, 3, 4]))
      module.expectOrder()
    }

    @Test("a file whose name is gone is served on, and said to be replaced")
    func replaced() {
      module.makeArray(FileTests.i64, .npy, ["1", "2"])
      module.remove("a")
      #expect(module.texts() == ["1", "2"])
      #expect(module.reply("MMAP.INFO", "a")?["state"] == .bulk("replaced"))
      module.expectOrder()
    }

    @Test("a key's value is freed on another thread, while its array is used by other keys or not", arguments: [1, 2])
    func unlinked(keyCount: Int) {
      for _ in 0..<5 {
        module.makeArray(FileTests.i64, .npy, ["1", "2"])
        if keyCount == 2 { #expect(module.server.copy("a", to: "b")) }
        module.server.unlink("a")
        #expect(module.server.moduleInformation()["arrays"] == keyCount - 1)
        if keyCount == 2 { #expect(module.texts("b") == ["1", "2"]) }
        module.server.delete("b")
        #expect(module.reply("MMAP", "a", "a") == .integer(2))
        module.server.delete("a")
        module.remove("a")
      }
      module.expectOrder()
    }

    @Test("RESTORE touches no file that an array is bound to, and sets others aside")
    func restored() throws {
      module.makeArray(FileTests.i64, .npy, ["1", "2"])
      let saved = try #require(module.server.save("a"))
      #expect(module.reply("VSET", "a", "0", "9") == .integer(1))
      #expect(module.server.restore(saved, as: "b"))
      #expect(module.texts("a") == ["9", "2"])
      #expect(module.texts("b") == ["1", "2"])
      #expect(try #require(module.reply("VFILEPATH", "b")?.text).hasPrefix("a.restored-"))
      module.server.delete("a")
      #expect(module.server.restore(saved, as: "a"))
      #expect(module.reply("VFILEPATH", "a")?.text == "a")
      #expect(module.server.takeLog().contains { $0.contains("was in the way: it is ") })
      module.expectOrder()
    }

    @Test("while slots move away changes are sent, and a file with contents cannot be mapped")
    func slots() throws {
      module.makeArray(FileTests.i64, .npy, ["1", "2"])
      module.makeArray(FileTests.i64, .npy, ["3"], key: "b")
      module.server.delete("b")
      module.server.fire(SERVER_EVENT_SLOT_MIGRATION, SERVER_SLOT_EXPORT_STARTED)
      let error = module.reply("MMAP", "b", "b")?.errorText
      #expect(error?.contains("slots are moving away from here") == true, "\(error ?? "")")
      #expect(module.run("VADD", "a", "4").effects.propagations.count == 1)
      module.server.fire(SERVER_EVENT_SLOT_MIGRATION, SERVER_SLOT_EXPORT_COMPLETED)
      #expect(module.reply("MMAP", "b", "b") == .integer(1))
      #expect(module.run("VADD", "a", "5").effects.propagations.isEmpty)
      module.expectOrder()
    }

    @Test("contents that come twice with a slot, while those of before are still on their way to replicas")
    func contentsTwice() {
      module.connectReplica()
      let array = ["k", "a", "i8", "raw"]
      #expect(module.run(["MMAP.BIND"] + array + ["writable", "FOLLOWS"], as: .primary).reply == .integer(0))
      for contents in ["xyz", "uvw", "rst"] {
        for words in [["MMAP.CONTENTS"] + array + ["1", "3"], ["MMAP.BACKFILL"] + array + ["0", contents]] {
          #expect(module.run(words, as: .primary).reply == .simple("OK"))
        }
        #expect(module.run(["MMAP.COMPLETE"] + array, as: .primary).reply == .simple("OK"))
        #expect(module.run("MMAP.READ", "k").reply == .bulk(Array(contents.utf8)))
      }
      module.server.delete("k")
      module.expectOrder()
    }

    @Test("what nobody is bound to any more is not sent: another file of its name can be mapped", arguments: [0, 20])
    func unsent(milliseconds: Int64) throws {
      module.connectReplica()
      let bytes = [UInt8](repeating: 7, count: 8 << 20)
      for key in ["a", "b"] {
        try module.write(bytes, to: key)
        #expect(module.reply("MMAP", key, key, "i8", "raw") == .integer(bytes.count))
      }
      // Neither has been announced, or both have and are being sent.
      module.server.pass(milliseconds: milliseconds)
      module.server.delete("b")
      module.remove("b")
      try module.write([1, 2], to: "b")
      module.server.pass(milliseconds: 5)
      #expect(module.server.moduleInformation()["arrays"] == 1)
      #expect(module.reply("MMAP", "b", "b", "i8", "raw") == .integer(2))
      module.server.pass(milliseconds: 100)
      #expect(module.server.moduleInformation()["shipping_bytes"] == 0)
      module.expectOrder()
    }

    @Test("the child of a slot migration writes the contents as commands, once for each file")
    func slotExport() async {
      // Forked where there are few threads.
      await #expect(processExitsWith: .success) {
        let module = try LoadedModule()
        module.makeArray(FileTests.i64, .npy, ["1", "2"])
        #expect(module.server.copy("a", to: "b"))
        module.server.fire(SERVER_EVENT_SLOT_MIGRATION, SERVER_SLOT_EXPORT_STARTED)
        let server = module.server
        #expect(server.fork { ["a", "b"].map { UInt8(clamping: server.rewrite($0)?.count ?? 0) } } == [4, 1])
        // A child that writes an AOF, which is what it begins with, has nothing to send.
        let rewriter = server.fork {
          server.fire(SERVER_EVENT_PERSISTENCE, SERVER_PERSISTENCE_AOF_START)
          return [UInt8(clamping: server.rewrite("a")?.count ?? 0)]
        }
        #expect(rewriter == [1])
      }
    }
  }
}
