import Glibc
import StandInServer
import TestSupport
import Testing

extension ModuleTests {
  /// Elements that are on the disk and not in memory, which threads that wait for it read.
  @Suite struct DiskReaderTests {
    let module: LoadedModule
    /// Of i64: 2048 pages.
    private static let count = 1 << 20

    init() throws { module = try LoadedModule() }

    /// Binds `a` to a file of which nothing is in memory. Its elements are their own indexes.
    private func mapCold() throws {
      module.server.delete("a")
      let path = module.path + "/a"
      unlink(path)
      try Files.write(Array(0..<Self.count).withUnsafeBytes { Array($0) }, to: path)
      #expect(module.reply("MMAP", "a", "a", "i64", "RAW") == .integer(Self.count))
      #expect(try PageCache.drop(path))
    }

    /// Commands of as many clients, each with what it must be replied.
    private func commands(_ count: Int, seed: UInt64) -> [(words: [String], reply: Reply)] {
      var random = SeededGenerator(seed: seed)
      return (0..<count).map { number in
        let indexes = (0..<(number % 4 == 0 ? 40 : 1)).map { _ in Int.random(in: 0..<Self.count, using: &random) }
        return indexes.count > 1
          ? (["VMGET", "a"] + indexes.map(String.init), .integers(indexes))
          : (["VGET", "a", "\(indexes[0])"], .integer(indexes[0]))
      }
    }

    @Test("many clients at once, with any number of threads", arguments: [1, 4, 16])
    func many(threads: Int) throws {
      #expect(module.server.configure("disk-threads", "\(threads)") == nil)
      let reads = module.server.moduleInformation()["cold_reads"] ?? 0
      try mapCold()
      for round in 0..<8 {
        let served = commands(60, seed: UInt64(round)).map { (module.run($0.words), $0.reply) }
        #expect(round > 0 || served.contains { $0.0.wasBlocked })
        #expect(module.server.turn { served.allSatisfy { $0.0.reply != nil } })
        for (command, reply) in served { #expect(command.reply == reply) }
      }
      #expect(module.server.moduleInformation()["cold_reads"] ?? 0 > reads)
      #expect(module.server.moduleInformation()["parked_commands"] == 0)
      module.expectOrder()
    }

    @Test("a long FILL of what is on the disk, with any number of threads", arguments: [0, 1, 16])
    func fill(threads: Int) throws {
      #expect(module.server.configure("disk-threads", "\(threads)") == nil)
      try mapCold()
      let reads = module.server.moduleInformation()["cold_reads"] ?? 0
      let faults = module.server.pageFaultCount
      let filling = module.run("MMAP.FILL", "a", "1", "-2", "-1")
      #expect(filling.wasBlocked)
      #expect(module.run("VCOUNT", "a").reply == .integer(Self.count))
      #expect(module.server.turn { filling.reply != nil })
      #expect(filling.reply == .integer(Self.count - 2))
      // Of 2048 pages, those few aside that the kernel is just writing to the disk.
      #expect((module.server.pageFaultCount - faults < 1024) == (threads > 0))
      #expect((module.server.moduleInformation()["cold_reads"] ?? 0 > reads) == (threads > 0))
      #expect(module.reply("MMAP.AGG", "a", "0", "-1", "SUM", "FIRST", "LAST") == .integers([1, 0, Self.count - 1]))
      module.expectOrder()
    }

    @Test("clients leave while they wait, and the key goes", arguments: [true, false])
    func gone(isKey: Bool) throws {
      for round in 0..<4 {
        try mapCold()
        let served = commands(60, seed: UInt64(round)).map { (module.run($0.words), $0.reply) }
        for (number, (command, _)) in served.enumerated() where !isKey && number % 2 == 0 && command.reply == nil {
          module.server.disconnect(command)
        }
        if isKey { module.server.delete("a") }
        let stays = served.enumerated().filter { isKey || $0.offset % 2 != 0 }.map { $0.element }
        #expect(module.server.turn { stays.allSatisfy { $0.0.reply != nil } })
        for (command, reply) in stays {
          #expect(command.reply == reply || isKey && command.wasBlocked)
        }
        #expect(module.server.moduleInformation()["parked_commands"] == 0)
      }
      module.server.delete("a")
      #expect(module.server.turn { module.server.moduleInformation()["arrays"] == 0 })
      module.expectOrder()
    }
  }
}
