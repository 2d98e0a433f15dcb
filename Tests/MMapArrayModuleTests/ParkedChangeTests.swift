import CStandInServer
import StandInServer
import Testing

extension ModuleTests {
  /// Changes of an array that wait until the one that is under way has ended.
  @Suite struct ParkedChangeTests {
    let module: LoadedModule
    /// More than a slice, of a file that is one hole.
    static let count = 1_200_000

    init() throws {
      module = try LoadedModule()
      module.makeArray(ElementKind.all[3], .npy)
      #expect(module.reply("MMAP.RESIZE", "a", "\(Self.count)") == .integer(Self.count))
    }

    private func run(_ words: String, as caller: Caller = .client) -> ServedCommand {
      module.run(words.split(separator: " ").map(String.init), as: caller)
    }

    private var parked: Int? { module.server.moduleInformation()["parked_commands"] }

    private func fill(with value: Int = 7) -> ServedCommand {
      let filling = run("MMAP.FILL a 0 -1 \(value)")
      #expect(filling.wasBlocked && filling.reply == nil)
      return filling
    }

    @Test(
      "a change waits, and comes after the one that is under way", arguments: [Caller.client, .client3],
      [
        ("VSET a 1199999 9", Reply.integer(1)), ("VADD a 1", .integer(1)), ("VPOP a", .integer(7)),
        ("VCLEAR a", .integer(count)), ("MMAP.RESIZE a 5", .integer(5)), ("MMAP.FILL a 0 -1 8", .integer(count)),
        ("MMAP.INCRBY a 1199999 1", .integers([8])), ("MMAP.SYNC a", .simple("OK")), ("MMAP.RELOAD a", .integer(count)),
      ])
    func waiting(caller: Caller, change: (words: String, reply: Reply)) {
      let filling = fill()
      let change = (run(change.words, as: caller), change.reply)
      #expect(change.0.wasBlocked && change.0.reply == nil && parked == 1)
      #expect(module.reply("VCOUNT", "a") == .integer(Self.count))
      #expect(module.server.turn { filling.reply != nil })
      #expect(change.0.reply == nil)
      #expect(module.server.turn { change.0.reply != nil })
      #expect(filling.reply == .integer(Self.count) && change.0.reply == change.1)
      #expect(parked == 0)
      module.expectOrder()
    }

    @Test("an error that was none when it came, and none that was one")
    func arguments() {
      let clearing = [fill(), run("VCLEAR a"), run("MMAP.INCRBY a 0 x"), run("VSET a 0 1"), run("VADD a 300")]
      #expect(module.server.turn { clearing.allSatisfy { $0.reply != nil } })
      #expect(clearing[1].reply == .integer(Self.count))
      #expect(clearing[2].reply?.errorText?.contains("'x'") == true)
      #expect(clearing[3].reply == .integer(0) && clearing[4].reply == .integer(1))
      #expect(module.reply("VALL", "a") == .integers([300]))
      module.expectOrder()
    }

    @Test("they are done in the order in which they came, long ones too; those of other arrays are not held up")
    func order() {
      module.makeArray(ElementKind.all[3], .npy, ["1"], key: "b")
      let first = fill()
      let changes = [
        "VSET a 0 1", "MMAP.FILL a 0 -1 8", "VSET a 0 2", "VSET a 1 3", "MMAP.FILL a 1 1 9", "VPOP a", "VSET a 0 4",
      ].map { run($0) }
      #expect(module.reply("VADD", "b", "2") == .integer(1))
      #expect(parked == changes.count)
      var finished: [Int] = []
      #expect(
        module.server.turn {
          for (index, change) in changes.enumerated() where change.reply != nil && !finished.contains(index) {
            finished.append(index)
          }
          return finished.count == changes.count
        })
      #expect(finished == Array(changes.indices))
      #expect(first.reply == .integer(Self.count) && changes[5].reply == .integer(8))
      #expect(module.reply("VMGET", "a", "0", "1", "2") == .integers([4, 9, 8]))
      module.expectOrder()
    }

    @Test("whoever comes while others wait, waits behind them")
    func behind() {
      let filling = fill()
      let first = run("VSET a 0 1")
      // Nobody can wait here: the fill is done at once, and the first one's turn has not come.
      #expect(run("VSET a 0 5", as: .transaction).reply == .integer(1))
      #expect(first.reply == nil && parked == 1)
      let second = run("VSET a 0 2")
      #expect(second.wasBlocked && parked == 2)
      #expect(module.server.turn { second.reply != nil })
      #expect(filling.reply != nil && first.reply == .integer(1))
      #expect(module.reply("VGET", "a", "0") == .integer(2))
      #expect(!run("VSET a 0 3").wasBlocked)
      module.expectOrder()
    }

    @Test("a client that leaves takes its change with it", arguments: [[0], [1], [0, 1], [2], [0, 1, 2]])
    func leaving(gone: [Int]) {
      let filling = fill()
      let changes = (1...3).map { run("VADD a \($0)") }
      for index in gone { module.server.disconnect(changes[index]) }
      #expect(parked == 3 - gone.count)
      #expect(module.server.turn { filling.reply != nil && parked == 0 })
      let kept = [1, 2, 3].filter { !gone.contains($0 - 1) }
      #expect(module.reply("MMAP.RANGE", "a", "\(Self.count)", "-1") == .integers(kept))
      #expect(!run("VSET a 0 3").wasBlocked)
      module.expectOrder()
    }

    @Test("the key is looked up anew", arguments: ["deleted", "renamed", "of another type", "bound to another file"])
    func key(fate: String) {
      let filling = fill()
      let change = run("VADD a 1")
      switch fate {
      case "deleted": module.server.delete("a")
      case "renamed": module.server.rename("a", to: "b")
      case "of another type": module.server.makeKey("a", .list)
      default:
        module.server.delete("a")
        #expect(module.reply("MMAP", "a", "other", "u8") == .integer(0))
      }
      #expect(module.server.turn { filling.reply != nil && change.reply != nil })
      #expect(filling.reply == .integer(Self.count))
      switch fate {
      case "of another type": #expect(change.reply?.errorText?.hasPrefix("WRONGTYPE") == true)
      case "bound to another file":
        #expect(change.reply == .integer(1))
        #expect(module.reply("VALL", "a") == .integers([1]))
      default: #expect(change.reply?.errorText?.contains("no such key") == true)
      }
      module.server.delete("a")
      module.server.delete("b")
      #expect(module.server.moduleInformation()["arrays"] == 0)
      module.expectOrder()
    }

    @Test("nothing is changed while nothing may be")
    func pause() {
      let filling = fill()
      let change = run("VADD a 1")
      #expect(module.server.turn { filling.reply != nil })
      module.server.avoidsReplicaTraffic = true
      for _ in 0..<20 { module.server.pass(milliseconds: 5) }
      #expect(change.reply == nil && parked == 1)
      module.server.avoidsReplicaTraffic = false
      module.server.pass(milliseconds: 5)
      #expect(change.reply == .integer(1))
      module.expectOrder()
    }

    @Test("rights are those of the time, and so is what the server refuses", arguments: [true, false])
    func refusals(isUser: Bool) {
      let filling = fill()
      let change = run("VADD a 1")
      module.server.permitsCommands = !isUser
      if !isUser { module.server.refuse("RENAMENX a a", "READONLY You can't write against a read only replica.") }
      defer { module.server.permitsCommands = true }
      #expect(module.server.turn { filling.reply != nil && change.reply != nil })
      let error = change.reply?.errorText ?? ""
      #expect(error.hasPrefix(isUser ? "NOPERM" : "READONLY"), "\(error)")
      #expect(module.reply("VCOUNT", "a") == .integer(Self.count))
      module.expectOrder()
    }

    @Test("replicas get each change once, in order, behind the one that it waited for")
    func propagation() {
      module.connectReplica()
      let filling = fill()
      let changes = [run("VSET a 0 1"), run("VADD a 2")]
      _ = module.server.takeEffects()
      #expect(module.server.turn { changes[1].reply != nil })
      #expect(filling.reply != nil)
      let effects = module.server.takeEffects()
      #expect(effects.events.map(\.name) == ["mmap.fill", "mmap.set", "mmap.add"])
      let sent = effects.propagations.map { $0.texts[0] }
      #expect(sent.suffix(2) == ["MMAP.APPLY", "MMAP.APPLY"])
      #expect(sent.dropLast(2).allSatisfy { $0 == "MMAP.REFILL" } && sent.count > 2)
      module.expectOrder()
    }
  }
}
