import LiveServer
import MappedArrayClient
import Testing

/// Everything at once. `MMAPARRAY_STORM_SECONDS` says for how long, `MMAPARRAY_STORM_SEED` from which seed, and
/// `MMAPARRAY_STORM_DISTURBANCES` with what (`restore,copy`, or `-failover,promote` for all but those).
struct StormTests {
  @Test("a master, a replica and a replica of it", .timeLimit(.minutes(10)))
  func storm() throws {
    let end = ContinuousClock.now + StormSettings.duration
    var seed = StormSettings.seed
    var commands = 0
    repeat {
      print("a storm with MMAPARRAY_STORM_SEED=\(seed)")
      guard let count = run(try Storm(seed: seed, disturbances: StormSettings.disturbances), until: end) else { return }
      commands += count
      // A new one now and then: other settings, new files.
      seed += 1
    } while ContinuousClock.now < end
    #expect(commands > 100)
  }

  /// Rounds of changes and disturbances, each with a quiet point at its end; returns how many commands that were, or
  /// nil after a failure.
  private func run(_ storm: Storm, until end: ContinuousClock.Instant) -> Int? {
    do {
      try storm.change(60)
      try storm.checkAll()
      for _ in 0..<12 where ContinuousClock.now < end {
        for _ in 0..<storm.number(1..<7) {
          try storm.change(storm.number(0..<80))
          try storm.disturb()
          try storm.change(storm.number(0..<30))
        }
        try storm.checkAll()
      }
    } catch {
      Issue.record("\(storm.report(error))")
      return nil
    }
    print(
      "\(storm.commandCount) commands, \(storm.eventCounts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })"
    )
    return storm.commandCount
  }
}
