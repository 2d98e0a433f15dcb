import CStandInServer
import Glibc
import StandInServer
import Testing

extension ModuleTests {
  /// Reads of large arrays, which other threads do.
  @Suite struct WorkerTests {
    let module: LoadedModule
    static let i64 = ElementKind.all[3]
    static let f64 = ElementKind.all[9]
    /// Several slices, of a file that is one hole but for some elements.
    static let count = 1_100_000

    init() throws { module = try LoadedModule() }

    private func makeLargeArray(_ kind: ElementKind = WorkerTests.i64, _ format: Format = .npy) {
      module.makeArray(kind, format)
      #expect(module.reply("MMAP.RESIZE", "a", "\(WorkerTests.count)") == .integer(WorkerTests.count))
      for index in [0, 1, 524_287, 524_288, 1_050_000, WorkerTests.count - 1] {
        #expect(module.reply("VSET", "a", "\(index)", "\(index % 1000 + 1)") == .integer(1))
      }
    }

    private func split(_ words: String) -> [String] { words.split(separator: " ").map(String.init) }

    /// The reply of a command whose client waits for it.
    private func wait(for words: [String], as caller: Caller = .client) -> Reply? {
      let served = module.run(words, as: caller)
      #expect(served.wasBlocked, "\(words)")
      #expect(module.server.turn { served.reply != nil })
      return served.reply
    }

    static let commands = [
      "MMAP.AGG a 0 -1 SUM MIN MAX MEAN VAR STD ARGMIN ARGMAX", "MMAP.AGG a 5 -7 STD ARGMAX", "MMAP.FIND a 0 -1 NE 0",
      "MMAP.FIND a 1 -1 GT 0 LIMIT 3", "MMAP.FIND a 0 -1 EQ 0 LIMIT 70000", "MMAP.RANGE a 520000 540000",
      "MMAP.READ a 400000 200000",
    ]

    @Test(
      "the reply is the one that is made at once, with any number of threads", arguments: commands,
      [1, 3])
    func sameReply(words: String, threads: Int) {
      makeLargeArray(WorkerTests.f64)
      #expect(module.server.configure("threads", "0") == nil)
      let resp3 = wait(for: split(words), as: .client3)
      #expect(module.server.configure("threads", "\(threads)") == nil)
      let expected = module.run(split(words), as: .transaction)
      #expect(!expected.wasBlocked)
      #expect(wait(for: split(words)) == expected.reply)
      #expect(wait(for: split(words), as: .client3) == resp3)
      module.expectOrder()
    }

    @Test("a list of several slices, which are whole pieces of the reply or are not", arguments: ["i64", "f64", "S3"])
    func severalSlices(type: String) {
      let count = 1_420_000
      #expect(module.run(["MMAP", "a", "a", type]).reply == .integer(0))
      #expect(module.reply("MMAP.RESIZE", "a", "\(count)") == .integer(count))
      for (value, index) in [0, 16_383, 16_384, 524_287, 524_288, 1_398_100, 1_398_101, count - 1].enumerated() {
        #expect(module.reply("VSET", "a", "\(index)", "\(value + 1)") == .integer(1))
      }
      let expected = module.run(split("VALL a"), as: .transaction).reply
      #expect(expected?.elements?.count == count)
      #expect(wait(for: split("VALL a")) == expected)
      module.expectOrder()
    }

    @Test(
      "what is little is done at once",
      arguments: [
        "MMAP.AGG a 0 32767 SUM", "MMAP.FIND a 0 16383 NE 0", "MMAP.RANGE a 0 9999", "MMAP.READ a 0 99999",
      ])
    func little(words: String) {
      makeLargeArray()
      #expect(!module.run(split(words)).wasBlocked)
      module.expectOrder()
    }

    @Test(
      "what is a slice, and more than others should wait for again and again, is not: but where there are no threads",
      arguments: ["MMAP.AGG a 0 32768 SUM", "MMAP.FIND a 0 16384 NE 0", "MMAP.QUANTILE a 0 32768 0.5"])
    func slice(words: String) {
      makeLargeArray()
      let reply = wait(for: split(words))
      #expect(module.server.configure("threads", "0") == nil)
      let served = module.run(split(words))
      #expect(!served.wasBlocked)
      #expect(served.reply == reply)
      module.expectOrder()
    }

    @Test("the client leaves, or the key goes", arguments: commands, [true, false])
    func gone(words: String, isClient: Bool) {
      makeLargeArray()
      let expected = module.run(split(words), as: .transaction).reply
      let served = module.run(split(words))
      #expect(served.wasBlocked)
      if isClient { module.server.disconnect(served) } else { module.server.delete("a") }
      #expect(module.server.turn { module.server.moduleInformation()["jobs"] == 0 })
      // The worker may have been faster than the client's leaving.
      #expect(served.reply == expected || isClient && served.reply == nil)
      module.server.delete("a")
      #expect(module.server.moduleInformation()["arrays"] == 0)
      #expect(module.server.moduleInformation()["work_bytes"] == 0)
      module.expectOrder()
    }

    @Test("the array is changed, cut and grown meanwhile", arguments: commands, Format.allCases)
    func changes(words: String, format: Format) {
      makeLargeArray(WorkerTests.i64, format)
      let faults = module.server.moduleInformation()["faults"]
      for round in 0..<3 {
        let served = (0..<3).map { _ in module.run(split(words)) }
        #expect(module.reply("MMAP.RESIZE", "a", "\(round * 10)") == .integer(round * 10))
        #expect(module.server.turn { module.server.moduleInformation()["jobs"] == 0 })
        for served in served { #expect(served.reply?.errorText == nil && served.reply != nil) }
        let more = module.run(split(words))
        #expect(module.reply("MMAP.RESIZE", "a", "\(WorkerTests.count)") == .integer(WorkerTests.count))
        let again = module.run(split(words))
        #expect(module.reply("VSET", "a", "7", "5") == .integer(1))
        #expect(module.server.turn { more.reply != nil && again.reply != nil })
        #expect(more.reply?.errorText == nil && again.reply?.errorText == nil)
      }
      #expect(module.server.moduleInformation()["faults"] == faults)
      module.expectOrder()
    }

    @Test("a part of the file is gone: an error for each client", arguments: commands)
    func cut(words: String) {
      makeLargeArray()
      #expect(truncate(module.path + "/a", 128 + 8 * 450_000) == 0)
      let served = (0..<2).map { _ in module.run(split(words)) }
      #expect(module.server.turn { served.allSatisfy { $0.reply != nil } })
      // Those that end before the part that is gone don't notice.
      let mayEndBefore = words.contains("LIMIT") || words.contains("RANGE")
      for served in served where !mayEndBefore {
        let error = served.reply?.errorText ?? ""
        // The second may find out what the first has.
        #expect(error.contains("is gone") || error.contains("is not mapped at the moment"), "\(error)")
      }
      #expect(module.server.moduleInformation()["work_bytes"] == 0)
      module.server.delete("a")
      module.expectOrder()
    }

    // MARK: - Limits

    @Test("a reply that is too large is refused before anything is read")
    func largeReplies() {
      makeLargeArray()
      #expect(module.server.configure("max-reply", "1048576") == nil)
      for (words, bytes, hint) in [
        ("VALL a", 23 * WorkerTests.count, "MMAP.RANGE"), ("MMAP.RANGE a 0 -1", 23 * WorkerTests.count, "MMAP.RANGE"),
        ("MMAP.READ a", 8 * WorkerTests.count, "MMAP.READ key index count"),
      ] {
        for caller in [Caller.client, .script] {
          let served = module.run(split(words), as: caller)
          let error = served.reply?.errorText ?? ""
          #expect(!served.wasBlocked)
          #expect(
            error.contains("can have \(bytes) bytes") && error.contains("1048576: ") && error.contains(hint), "\(error)"
          )
        }
      }
      let found = wait(for: split("MMAP.FIND a 0 -1 EQ 0"))?.errorText ?? ""
      #expect(found.contains("max-reply allows 1048576: give a LIMIT"), "\(found)")
      #expect(wait(for: split("MMAP.FIND a 0 -1 EQ 0 LIMIT 100000"))?.elements?.count == 100_000)
      #expect(module.server.moduleInformation()["refusals"] ?? 0 >= 6)
      module.expectOrder()
    }

    @Test("no memory for it: an error, as where maxmemory is reached and nothing may be evicted")
    func noMemory() {
      makeLargeArray()
      module.server.setLargestBlock(1 << 20)
      let outOfMemory = Reply.error("OOM command not allowed when used memory > 'maxmemory'.")
      #expect(wait(for: split("MMAP.READ a")) == outOfMemory)
      #expect(wait(for: split("VALL a")) == outOfMemory)
      module.server.setLargestBlock(.max)
      for (field, value) in [("maxmemory", "10000000"), ("used_memory", "2000000"), ("maxmemory_policy", "noeviction")]
      {
        module.server.setInformation("memory", field, value)
      }
      for words in ["MMAP.READ a", "VALL a"] { #expect(module.run(split(words)).reply == outOfMemory) }
      #expect(wait(for: split("MMAP.FIND a 0 -1 EQ 0")) == outOfMemory)
      #expect(module.server.moduleInformation()["work_bytes"] == 0)
      module.server.setInformation("memory", "maxmemory_policy", "allkeys-lru")
      #expect(wait(for: split("MMAP.FIND a 0 -1 EQ 0"))?.elements?.count == WorkerTests.count - 6)
      module.expectOrder()
    }

    @Test("a packed reply that is copied first, because it is large")
    func largePacked() {
      makeLargeArray()
      #expect(module.reply("MMAP.RESIZE", "a", "3000000") == .integer(3_000_000))
      let expected = module.run(split("MMAP.READ a"), as: .transaction).reply
      #expect(wait(for: split("MMAP.READ a")) == expected)
      #expect(truncate(module.path + "/a", 128 + 8 * 450_000) == 0)
      #expect(wait(for: split("MMAP.READ a"))?.errorText?.contains("is gone") == true)
      module.server.delete("a")
      module.expectOrder()
    }

    @Test("settings")
    func settings() {
      #expect(module.server.configured("max-reply") == "536870912")
      for (name, wrong) in [
        ("threads", "-1"), ("threads", "65"), ("disk-threads", "-1"), ("disk-threads", "257"), ("max-reply", "1048575"),
      ] {
        #expect(module.server.configure(name, wrong) != nil)
      }
      module.expectOrder()
    }
  }
}
