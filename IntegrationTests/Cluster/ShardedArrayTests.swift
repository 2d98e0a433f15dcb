import Dispatch
import LiveServer
import MappedArrayClient
import Synchronization
import Testing

/// An array that is divided among the nodes of a cluster, next to a plain one.
struct ShardedArrayTests {
  let live: LiveCluster
  let cluster: ClusterConnection

  init() throws {
    live = try LiveCluster(hasReplicas: false)
    cluster = try ClusterConnection(to: live.addresses)
  }

  @Test("random work gives what it gives on a plain array")
  func model() throws {
    let seed: UInt64 = 20_261_121
    var generator = SeededGenerator(seed: seed)
    let array = try ShardedArray<Int32>.create("numbers", elementsPerShard: 37, on: cluster)
    var model: [Int32] = []
    for step in 0..<150 {
      let comment: Comment = "seed \(seed), step \(step)"
      let first = Int.random(in: -5...model.count + 20, using: &generator)
      let range = first..<first + .random(in: 0...300, using: &generator)
      let present = range.clamped(to: 0..<model.count)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0:
        let elements = (0..<Int.random(in: 0...90, using: &generator)).map { _ in
          Int32.random(in: .min ... .max, using: &generator)
        }
        try array.append(contentsOf: elements)
        model += elements
        let count = try array.count
        #expect(count == model.count, comment)
      case 1:
        let (found, expected) = (try array[first], model.indices.contains(first) ? model[first] : nil)
        #expect(found == expected, comment)
      case 2:
        let found = try array[range]
        #expect(found == Array(model[present]), comment)
      case 3:
        let indexes = (0..<40).map { _ in Int.random(in: -3...model.count + 3, using: &generator) }
        let found = try array.elements(at: indexes)
        #expect(found == indexes.map { model.indices.contains($0) ? model[$0] : nil }, comment)
      case 4:
        let isSet = try array.set(Int32(step), at: first)
        #expect(isSet == model.indices.contains(first), comment)
        if isSet { model[first] = Int32(step) }
      default:
        try check(array.summary(over: range), model[present], comment)
      }
    }
    try check(array.summary(), model[...], "seed \(seed)")
    let all = try array[0..<Int.max]
    #expect(all == model)
    // It is an array of ordinary arrays, on several nodes.
    let again = try ShardedArray<Int32>("numbers", on: cluster)
    #expect(again.elementsPerShard == 37 && again.path == "numbers")
    let shardCount = (model.count + 36) / 37
    #expect(Set((0..<shardCount).compactMap { cluster.master(of: array.key(ofShard: $0)) }).count == 3)
    for shard in 0..<shardCount {
      let count = try cluster("MMAP.COUNT", array.key(ofShard: shard))
      #expect(count == .integer(min(37, model.count - 37 * shard)))
    }
  }

  private func check(_ summary: ArraySummary<Int32>, _ elements: ArraySlice<Int32>, _ comment: Comment) throws {
    let sum = elements.reduce(Int128(0)) { $0 + Int128($1) }
    let places = elements.indices
    let least = places.min { elements[$0] < elements[$1] }
    let greatest = places.first { elements[$0] == elements.max() }
    #expect(summary.count == elements.count && summary.sum == sum, comment)
    #expect(summary.minimum == elements.min() && summary.maximum == elements.max(), comment)
    #expect(summary.indexOfMinimum == least && summary.indexOfMaximum == greatest, comment)
    guard !elements.isEmpty else {
      #expect(summary.mean == nil && summary.variance == nil, comment)
      return
    }
    let mean = Double(sum) / Double(elements.count)
    let variance = elements.map { (Double($0) - mean) * (Double($0) - mean) }.reduce(0, +) / Double(elements.count)
    func isClose(_ found: Double?, _ expected: Double) -> Bool {
      found.map { abs($0 - expected) <= 1e-9 * max(1, abs(expected)) } ?? false
    }
    #expect(isClose(summary.mean, mean) && isClose(summary.variance, variance), comment)
    #expect(isClose(summary.standardDeviation, variance.squareRoot()), comment)
  }

  @Test("what several clients append is all there, in the order of each")
  func appending() throws {
    let array = try ShardedArray<UInt64>.create("log", elementsPerShard: 100, path: "files", on: cluster)
    let addresses = live.addresses
    DispatchQueue.concurrentPerform(iterations: 4) { client in
      do {
        let mine = try ShardedArray<UInt64>("log", on: ClusterConnection(to: addresses))
        for start in stride(from: 0, to: 300, by: 30) {
          try mine.append(contentsOf: (start..<start + 30).map { UInt64(client * 1000 + $0) })
        }
      } catch {
        Issue.record("client \(client): \(error)")
      }
    }
    let all = try array[0..<Int.max]
    #expect(all.count == 1200)
    for client in 0..<4 {
      let mine = all.filter { $0 / 1000 == client }
      #expect(mine == (0..<300).map { UInt64(client * 1000 + $0) }, "client \(client)")
    }
  }

  @Test("slots move while it is read and appended to")
  func resharding() throws {
    let array = try ShardedArray<Int32>.create("moving", elementsPerShard: 20, on: cluster)
    try array.append(contentsOf: 0..<1000)
    let isDone = Mutex(false)
    let group = DispatchGroup()
    let addresses = live.addresses
    DispatchQueue.global().async(group: group) {
      do {
        let mine = try ShardedArray<Int32>("moving", on: ClusterConnection(to: addresses))
        var count: Int32 = 1000
        repeat {
          try mine.append(contentsOf: count..<count + 30)
          count += 30
          let (all, summary) = (try mine[0..<Int.max], try mine.summary())
          #expect(all == Array(0..<count) && summary.indexOfMaximum == Int(count) - 1)
        } while !isDone.withLock { $0 }
      } catch {
        Issue.record("\(error)")
      }
    }
    defer { group.wait() }
    defer { isDone.withLock { $0 = true } }
    let before = (0..<50).map { cluster.master(of: array.key(ofShard: $0)) }
    try live.reshard(1000, from: live.nodes[0], to: live.nodes[1])
    try cluster.refresh()
    #expect((0..<50).map { cluster.master(of: array.key(ofShard: $0)) } != before)
  }

  @Test("arrays of another kind are refused")
  func refusals() throws {
    _ = try ShardedArray<Float>.create("a", elementsPerShard: 10, on: cluster)
    _ = try ShardedArray<Float>.create("a", elementsPerShard: 10, on: cluster)
    #expect(throws: ClientError.typeMismatch(expected: "f32 11 a", found: "f32 10 a")) {
      try ShardedArray<Float>.create("a", elementsPerShard: 11, on: cluster)
    }
    #expect(throws: ClientError.self) { try ShardedArray<Double>("a", on: cluster) }
    #expect(throws: ClientError.self) { try ShardedArray<Double>("missing", on: cluster) }
    try cluster("SET", "text", "some text that is none")
    #expect(throws: ClientError.self) { try ShardedArray<Double>("text", on: cluster) }
    #expect(throws: ClientError.self) { try ShardedArray<Double>.create("b", elementsPerShard: 0, on: cluster) }
  }
}
