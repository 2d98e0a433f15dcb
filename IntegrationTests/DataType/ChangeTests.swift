import MappedArrayClient
import Testing

/// Who hears of changes: keyspace notifications, `WATCH`, and caches of clients.
struct ChangeTests {
  struct Row: Sendable {
    let words: [String]
    /// The event; nil if nothing changes.
    let event: String?

    init(_ words: String, _ event: String?) {
      self.words = words.split(separator: " ").map(String.init)
      self.event = event
    }

    /// The command on another key.
    func command(_ key: String) -> [String] { words.map { $0 == "KEY" ? key : $0 } }
  }

  /// On an array of the i8 from 1 to 5.
  static let changes = [
    Row("MMAP.ADD KEY 6 7", "mmap.add"), Row("VPOP KEY", "mmap.pop"),
    Row("VSET KEY 0 9 99 1", "mmap.set"), Row("VCLEAR KEY", "mmap.clear"), Row("MMAP.WRITE KEY 1 x", "mmap.write"),
    Row("MMAP.WRITE KEY 9 x", "mmap.write"), Row("MMAP.APPEND KEY x", "mmap.append"),
    Row("MMAP.RESIZE KEY 2", "mmap.resize"), Row("MMAP.RESIZE KEY 9", "mmap.resize"),
    Row("MMAP.FILL KEY 0 1 9", "mmap.fill"), Row("MMAP.INCRBY KEY 0 1 99 1", "mmap.incrby"),
  ]

  static let noChanges =
    [
      "VGET KEY 0", "VMGET KEY 0 1", "VCOUNT KEY", "VALL KEY", "VTYPE KEY", "VFILEPATH KEY", "MMAP.RANGE KEY 0 -1",
      "MMAP.READ KEY", "MMAP.AGG KEY 0 -1 SUM", "MMAP.FIND KEY 0 -1 GT 1", "MMAP.SEARCHSORTED KEY 3", "MMAP.INFO KEY",
      "MMAP KEY KEY", "MMAP KEY KEY i16", "MMAP KEY other", "VSET KEY 99 1", "VSET KEY -1 1", "MMAP.ADD KEY x",
      "MMAP.ADD KEY 1 x",
      "MMAP.WRITE KEY -1 x", "MMAP.RESIZE KEY 5", "MMAP.RESIZE KEY -1", "MMAP.FILL KEY 3 2 9", "MMAP.FILL KEY 0 1 x",
      "MMAP.INCRBY KEY 99 1", "MMAP.INCRBY KEY 0 127", "TYPE KEY", "OBJECT ENCODING KEY", "MEMORY USAGE KEY",
    ].map { Row($0, nil) } + [Row(empty: "MMAP.APPEND KEY"), Row(empty: "MMAP.WRITE KEY 9")]

  let server: ModuleServer

  init() throws {
    server = try ModuleServer(configuration: [("notify-keyspace-events", "KEd")])
  }

  /// Calls `body` for each row with a key of its own.
  private func forEach(_ rows: [Row], _ body: (String, Row) throws -> Void) throws {
    for (number, row) in rows.enumerated() {
      let key = "key\(number)"
      try server.makeArray(key, "i8", .npy, [1, 2, 3, 4, 5])
      try body(key, row)
    }
  }

  // MARK: - Notifications

  /// A connection that listens to these channels.
  private func listener(_ pattern: String) throws -> Connection {
    let listener = try server.live.connect(protocolVersion: .resp3)
    try listener.append(["PSUBSCRIBE", Argument(pattern)])
    try listener.flush()
    guard case .push = try listener.readReply() else {
      Issue.record("no subscription")
      return listener
    }
    return listener
  }

  /// The channels and messages that came in the meantime.
  private func messages(_ listener: Connection) throws -> [[String?]] {
    var messages: [[String?]] = []
    listener.onPush = { messages.append($0.suffix(2).map(\.text)) }
    // Whatever came before the reply is read with it.
    try listener("PING")
    return messages
  }

  @Test("a notification for each change, of the class of modules")
  func notifications() throws {
    let events = try listener("__keyevent@0__:*")
    let keys = try listener("__keyspace@0__:*")
    try forEach(ChangeTests.changes) { key, row in
      #expect(try messages(events) == [["__keyevent@0__:mmap", key], ["__keyevent@0__:mmap.add", key]])
      _ = try messages(keys)
      #expect(try server.send(row.command(key)).errorText == nil, "\(row)")
      let event = try #require(row.event)
      #expect(try messages(events) == [["__keyevent@0__:\(event)", key]], "\(row)")
      #expect(try messages(keys) == [["__keyspace@0__:\(key)", event]], "\(row)")
    }
    try server("CONFIG", "SET", "notify-keyspace-events", "KEg$lshzxet")
    try server("MMAP.ADD", "key0", 1)
    #expect(try messages(events) == [])
  }

  @Test("no notification where nothing changes")
  func noNotifications() throws {
    try server.makeArray("other")
    let events = try listener("__keyevent@0__:*")
    try forEach(ChangeTests.noChanges) { key, row in
      _ = try messages(events)
      try server.send(row.command(key))
      #expect(try messages(events) == [], "\(row)")
    }
  }

  // MARK: - WATCH

  @Test("WATCH notices each change, and nothing else")
  func watch() throws {
    try server.makeArray("other")
    let watcher = try server.live.connect()
    try forEach(ChangeTests.changes + ChangeTests.noChanges) { key, row in
      try watcher("WATCH", key)
      try server.send(row.command(key))
      try watcher("MULTI")
      try watcher("PING")
      #expect(try (watcher("EXEC") == .null) == (row.event != nil), "\(row)")
    }
  }

  @Test("WATCH notices that a key is bound, and unbound")
  func watchBinding() throws {
    let watcher = try server.live.connect()
    for words in [["MMAP", "a", "file"], ["DEL", "a"]] {
      try watcher("WATCH", "a")
      try server.send(words)
      try watcher("MULTI")
      try watcher("PING")
      #expect(try watcher("EXEC") == .null, "\(words)")
    }
  }

  // MARK: - Caches of clients

  @Test("a client that caches hears of each change, and of nothing else", arguments: [[], ["BCAST"]])
  func tracking(mode: [String]) throws {
    try server.makeArray("other")
    let cache = try server.live.connect()
    try cache.send((["CLIENT", "TRACKING", "ON"] + mode).map(\.argument))
    try forEach(ChangeTests.changes + ChangeTests.noChanges) { key, row in
      _ = try cache("MMAP.RANGE", key, 0, -1)
      try cache("PING")
      var invalidated: [Reply] = []
      cache.onPush = { invalidated += $0.last?.elements ?? [] }
      try server.send(row.command(key))
      try cache("PING")
      #expect(invalidated == (row.event == nil ? [] : [.bulk(key)]), "\(row)")
      cache.onPush = nil
    }
  }
}

extension ChangeTests.Row {
  /// A command that ends in an empty blob.
  init(empty words: String) {
    self.words = words.split(separator: " ").map(String.init) + [""]
    event = nil
  }
}
