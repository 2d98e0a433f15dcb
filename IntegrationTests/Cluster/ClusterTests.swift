import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Arrays in a cluster of three masters and three replicas, which are keys like any other there.
struct ClusterTests {
  private func exists(_ file: String, on node: LiveServer) -> Bool {
    access("\(node.directory)/arrays/\(file)", F_OK) == 0
  }

  /// Keys in these slots.
  private func keys(_ count: Int, in slots: Range<Int>, _ prefix: String = "k") -> [String] {
    Array((0...).lazy.map { "\(prefix)\($0)" }.filter { slots.contains(HashSlot.of($0)) }.prefix(count))
  }

  /// All elements of an array.
  private func elements(_ key: String, on cluster: ClusterConnection) throws -> [Int32] {
    try cluster.array(key, of: Int32.self).run(mayRepeat: true) { array throws(ClientError) in try array.elements() }
  }

  @Test("arrays are spread over slots; each is where its slot is, and nowhere else")
  func spread() throws {
    let live = try LiveCluster()
    let cluster = try ClusterConnection(to: [try #require(live.addresses.first)])
    let keys = (0..<40).map { "array:\($0)" }
    for (number, key) in keys.enumerated() {
      #expect(try cluster("MMAP", key, key, "i32") == .integer(0))
      #expect(try cluster("MMAP.ADD", key, number, 7) == .integer(2))
    }
    #expect(Set(keys.compactMap { cluster.master(of: $0) }).count == 3)
    for (number, key) in keys.enumerated() {
      let master = try #require(live.node(at: cluster.master(of: key)))
      let place = try #require(live.nodes.firstIndex { $0 === master })
      let replica = live.nodes[place + 3]
      let moved = "MOVED \(HashSlot.of(key)) 127.0.0.1:\(try #require(master.port))"
      for node in live.nodes where node !== master {
        #expect(try node.connect().send(["MMAP.GET", key.argument, 0]).errorText == moved)
        if node !== replica { #expect(!exists(key, on: node)) }
      }
      let reader = try replica.connect()
      try reader("READONLY")
      let digest = try master.connect()("DEBUG", "DIGEST-VALUE", key)
      try live.wait(for: "the replica's \(key)") { () throws(ClientError) in
        try reader("DEBUG", "DIGEST-VALUE", key) == digest
      }
      #expect(try reader("MMAP.GET", key, 0) == .integer(number))
      #expect(exists(key, on: master) && exists(key, on: replica))
    }
  }

  @Test("a replica that could not store an array gets it anew with a write that its master sends")
  func mending() throws {
    let live = try LiveCluster()
    let cluster = try ClusterConnection(to: [try #require(live.addresses.first)])
    let key = try #require(keys(1, in: 0..<16384).first)
    try cluster("DEL", key)
    let master = try #require(live.node(at: cluster.master(of: key)))
    let replica = live.nodes[try #require(live.nodes.firstIndex { $0 === master }) + 3]
    // Somebody else has locked the file of that name there.
    let file = open("\(replica.directory)/arrays/\(key)", O_RDWR | O_CREAT, 0o600)
    #expect(flock(file, LOCK_EX | LOCK_NB) == 0)
    try cluster("MMAP", key, key, "i32")
    try cluster("MMAP.ADD", key, 7)
    let reader = try replica.connect()
    try reader("READONLY")
    try live.wait(for: "the refusal") { () throws(ClientError) in
      try reader.send(["MMAP.GET", key.argument, 0]).errorText?.contains("another process writes") == true
    }
    close(file)
    try live.wait(for: "the array") { () throws(ClientError) in
      try cluster("MMAP.ADD", key, 8)
      return try reader.send(["MMAP.GET", key.argument, 0]) == .integer(7)
    }
  }

  @Test("MOVED and ASK while a slot moves, as for any key")
  func redirections() throws {
    let live = try LiveCluster(masterCount: 2, hasReplicas: false)
    let (source, target) = (live.nodes[0], live.nodes[1])
    let cluster = try ClusterConnection(to: live.addresses)
    let tag = try #require(keys(1, in: 0..<8192).first)
    let slot = HashSlot.of(tag)
    try cluster("MMAP", "{\(tag)}a", "a", "i32")
    try cluster("MMAP.ADD", "{\(tag)}a", 1, 2)
    try cluster("SET", "{\(tag)}text", "x")
    let (sourceNode, targetNode) = (try source.connect(), try target.connect())
    try targetNode("CLUSTER", "SETSLOT", slot, "IMPORTING", live.identifier(of: source))
    try sourceNode("CLUSTER", "SETSLOT", slot, "MIGRATING", live.identifier(of: target))

    /// What the nodes say of an array and of a text with the same fate.
    func expectSame(_ node: Connection, _ suffixes: (String, String), _ code: String?) throws {
      let array = try node.send(["MMAP.GET", "{\(tag)}\(suffixes.0)".argument, 0])
      let text = try node.send(["GET", "{\(tag)}\(suffixes.1)".argument])
      #expect(array.errorText == text.errorText)
      #expect(array.errorText?.split(separator: " ").first.map(String.init) == code)
    }
    try expectSame(sourceNode, ("a", "text"), nil)
    try expectSame(sourceNode, ("new", "newText"), "ASK")
    try expectSame(targetNode, ("a", "text"), "MOVED")
    // A new array is made where the slot goes.
    #expect(try cluster("MMAP", "{\(tag)}new", "new", "i32") == .integer(0))
    #expect(try cluster("MMAP.ADD", "{\(tag)}new", 3) == .integer(1))
    #expect(exists("new", on: target) && !exists("new", on: source))
    for suffix in ["a", "text"] {
      try sourceNode("MIGRATE", "127.0.0.1", Int(try #require(target.port)), "{\(tag)}\(suffix)", 0, 5000)
    }
    try expectSame(sourceNode, ("a", "text"), "ASK")
    #expect(try elements("{\(tag)}a", on: cluster) == [1, 2])
    #expect(try cluster("MMAP.ADD", "{\(tag)}a", 3) == .integer(1))
    for node in [targetNode, sourceNode] {
      try node("CLUSTER", "SETSLOT", slot, "NODE", live.identifier(of: target))
    }
    try expectSame(sourceNode, ("a", "text"), "MOVED")
    try expectSame(targetNode, ("a", "text"), nil)
    #expect(try elements("{\(tag)}a", on: cluster) == [1, 2, 3])
    #expect(try elements("{\(tag)}new", on: cluster) == [3])
    #expect(cluster.master(of: tag) == LiveCluster.address(of: target))
  }

  /// Moves 100 slots of the first master to the second, back, where the old files are, and there again, while clients
  /// append; everything must arrive, once.
  private func move(_ live: LiveCluster, by move: (_ source: LiveServer, _ target: LiveServer) throws -> Void) throws {
    let moving = keys(8, in: 0..<100)
    let staying = keys(2, in: 6000..<16384, "s")
    let cluster = try ClusterConnection(to: live.addresses)
    for (number, key) in (moving + staying).enumerated() {
      try cluster("MMAP", key, key, "i32", number.isMultiple(of: 2) ? "RAW" : "WRITABLE")
    }
    let large = keys(1, in: 0..<100, "large")[0]
    try cluster("MMAP", large, large, "i32")
    try cluster("MMAP.RESIZE", large, 1_000_000)
    try cluster("MMAP.FILL", large, 10, 999_999, 5)
    let groups = [Array(moving[..<4] + staying[..<1]), Array(moving[4...] + staying[1...])]
    let progress = try ClusterWriters.run(groups, on: live) { client, key, index in
      try client("MMAP.ADD", key, index + 1)
      return false
    } during: {
      for (source, target) in [(0, 1), (1, 0), (0, 1)] { try move(live.nodes[source], live.nodes[target]) }
    }
    // The file that a key leaves behind gives way when the key comes back.
    #expect(live.nodes[0].log.contains("was in the way: it is"))
    try cluster.refresh()
    for key in moving + [large] { #expect(cluster.master(of: key) == LiveCluster.address(of: live.nodes[1])) }
    for (key, progress) in progress {
      #expect(try elements(key, on: cluster) == (1...Int32(progress.acknowledged)).map { $0 }, "\(key)")
    }
    #expect(try cluster("MMAP.AGG", large, 0, -1, "SUM") == .array([.integer(5 * 999_990)]))
    // The replicas have followed.
    let replica = try live.nodes[4].connect()
    let master = try live.nodes[1].connect()
    for key in moving + [large] {
      try live.wait(for: "the replica's \(key)") { () throws(ClientError) in
        try replica("DEBUG", "DIGEST-VALUE", key) == master("DEBUG", "DIGEST-VALUE", key)
      }
    }
  }

  @Test("redis-cli --cluster reshard while clients write")
  func resharding() throws {
    let live = try LiveCluster()
    try move(live) { source, target in try live.reshard(100, from: source, to: target) }
  }

  @Test("Valkey's atomic slot migration while clients write")
  func atomicMigration() throws {
    let server = try ModuleServer()
    guard try ServerVersion(server.connection).has(.atomicSlotMigration) else { return }
    let live = try LiveCluster()
    try move(live) { source, target in
      let connection = try source.connect()
      try connection("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", 0, 99, "NODE", live.identifier(of: target))
      try live.wait(for: "the migration's end") { () throws(ClientError) in
        let state = try connection("CLUSTER", "GETSLOTMIGRATIONS", as: [Reply].self).first?["state"]?.text ?? ""
        guard !["failed", "cancelled"].contains(state) else { throw .server(code: state, message: source.log) }
        return state == "success"
      }
    }
  }

  @Test("while slots move away, a file that has contents is not mapped: the last of them might not follow")
  func mappingDuringMigration() throws {
    let server = try ModuleServer()
    guard try ServerVersion(server.connection).has(.atomicSlotMigration) else { return }
    let live = try LiveCluster(hasReplicas: false)
    let (source, target) = (live.nodes[0], live.nodes[1])
    let keys = keys(2, in: 100..<5000)
    try Files.write([1, 2, 3], to: source.directory + "/arrays/full")
    let connection = try source.connect()
    // The migration lasts until its target goes on.
    let identifier = try live.identifier(of: target)
    kill(target.processIdentifier, SIGSTOP)
    defer { kill(target.processIdentifier, SIGCONT) }
    try connection("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", 0, 99, "NODE", identifier)
    #expect(try connection.send(["MMAP", Argument(keys[0]), "full", "u8"]).errorText?.contains("moving away") == true)
    #expect(try connection("EXISTS", keys[0]) == .integer(0))
    #expect(try connection("MMAP", keys[1], "new", "u8") == .integer(0))
    kill(target.processIdentifier, SIGCONT)
    try live.wait(for: "the migration's end") { () throws(ClientError) in
      try connection("CLUSTER", "GETSLOTMIGRATIONS", as: [Reply].self).first?["state"]?.text == "success"
    }
    #expect(try connection("MMAP", keys[0], "full", "u8") == .integer(3))
  }

  @Test("a master is killed, its replica takes its place: what was replicated is there, also when the master is back")
  func failover() throws {
    let live = try LiveCluster(nodeTimeout: .seconds(2))
    let (master, replica) = (live.nodes[0], live.nodes[3])
    let cluster = try ClusterConnection(to: live.addresses)
    let keys = keys(4, in: 0..<5000) + keys(1, in: 6000..<16384, "s")
    for (number, key) in keys.enumerated() {
      try cluster("MMAP", key, key, "i32", number.isMultiple(of: 2) ? "RAW" : "WRITABLE")
    }
    // Bindings have to be there too before the master may go.
    let reader = try replica.connect()
    try reader("READONLY")
    try live.wait(for: "the replica's bindings") { () throws(ClientError) in try reader("DBSIZE") == .integer(4) }
    let progress = try ClusterWriters.run([keys], on: live) { client, key, index in
      // May be said again: what was written alone is not there twice then.
      try client.run(key, mayRepeat: true) { node throws(ClientError) in
        let element = withUnsafeBytes(of: Int32(index + 1)) { Array($0) }
        let replies = try node.pipeline { pipeline in
          pipeline("MMAP.WRITE", key, index, element)
          pipeline("WAIT", 1, 500)
        }
        if case .error(let error) = replies[0] { throw .server(code: error.code, message: error.message) }
        return replies[1] == .integer(1)
      }
    } during: {
      usleep(100_000)
      master.kill()
      let promoted = try replica.connect()
      try live.wait(for: "the replica's promotion") { () throws(ClientError) in
        try promoted("ROLE", as: [Reply].self).first == .bulk("master")
      }
      usleep(300_000)
      try master.start()
      let connection = try master.connect()
      try live.wait(for: "the old master's new data") { () throws(ClientError) in
        let text = try connection("INFO", "replication", as: String.self)
        return text.contains("role:slave") && text.contains("master_link_status:up")
      }
      usleep(100_000)
    }
    for (key, progress) in progress {
      let found = try elements(key, on: cluster)
      #expect(progress.replicated.count > 20)
      #expect(progress.replicated.allSatisfy { $0 < found.count && found[$0] == Int32($0 + 1) }, "\(key)")
      // What only the master had may be gone, but nothing else is in its place.
      #expect(found.enumerated().allSatisfy { $1 == 0 || $1 == Int32($0 + 1) }, "\(key)")
    }
    let (old, new) = (try master.connect(), try replica.connect())
    for key in keys.prefix(4) {
      try live.wait(for: "the old master's \(key)") { () throws(ClientError) in
        try old("DEBUG", "DIGEST-VALUE", key) == new("DEBUG", "DIGEST-VALUE", key)
      }
    }
  }
}
