extension ReplyReader {
  /// How many elements an aggregate may make room for before they arrive.
  private static let reservedElements = 1024

  /// Reads the next reply.
  mutating func reply() throws(ClientError) -> Reply {
    if let reply = try replyOfHiredis() { return reply }
    return try reply(depth: 0)
  }

  /// What a reply that may be a bulk string begins with.
  enum Start {
    /// A bulk string, whose payload and line end come next.
    case bulk(byteCount: Int)
    /// Another reply, as a whole.
    case other(Reply)
  }

  /// Reads as far as a bulk string's payload, or another reply to its end.
  mutating func start() throws(ClientError) -> Start {
    if try nextByte() != Kind.bulk.rawValue, let reply = try replyOfHiredis() { return .other(reply) }
    var header = try header()
    while header.kind == .attribute {
      try skipAttribute(header)
      header = try self.header()
    }
    if header.kind == .bulk, let count = try length(header.body) { return .bulk(byteCount: count) }
    return .other(try reply(after: header, depth: 0))
  }

  /// What a reply that may be an array begins with.
  enum ArrayStart {
    /// An array, whose elements come next.
    case array(count: Int)
    /// Another reply, as a whole.
    case other(Reply)
  }

  /// Reads as far as an array's elements, or another reply to its end.
  mutating func arrayStart() throws(ClientError) -> ArrayStart {
    if try nextByte() != Kind.array.rawValue, let reply = try replyOfHiredis() { return .other(reply) }
    var header = try header()
    while header.kind == .attribute {
      try skipAttribute(header)
      header = try self.header()
    }
    if header.kind == .array, let count = try length(header.body) { return .array(count: count) }
    return .other(try reply(after: header, depth: 0))
  }

  /// Reads the next reply, which stands in so many aggregates.
  mutating func reply(depth: Int) throws(ClientError) -> Reply {
    guard depth < Self.maximumDepth else {
      throw .protocolViolation("aggregates nest deeper than \(Self.maximumDepth)")
    }
    return try reply(after: try header(), depth: depth)
  }

  private mutating func reply(after first: Header, depth: Int) throws(ClientError) -> Reply {
    var header = first
    while true {
      switch header.kind {
      case .attribute:
        try skipAttribute(header)
        header = try self.header()
      case .status:
        return .status(String(decoding: header.body, as: UTF8.self))
      case .error:
        return .error(ServerError(text: header.body))
      case .integer:
        return .integer(try integer(header.body))
      case .null:
        guard header.body.isEmpty else { throw malformed("null", header.body) }
        return .null
      case .boolean:
        return .boolean(try boolean(header.body))
      case .double:
        return .double(text: try double(header.body))
      case .bigNumber:
        return .bigNumber(try bigNumber(header.body))
      case .bulk:
        guard let count = try length(header.body) else { return .null }
        return .bulk(try payload(byteCount: count))
      case .bulkError:
        return .error(ServerError(text: try payload(byteCount: try knownLength(header.body)) as [UInt8]))
      case .verbatim:
        return try verbatim(byteCount: try knownLength(header.body))
      case .array:
        guard let count = try length(header.body) else { return .null }
        return .array(try elements(count, depth: depth + 1))
      case .set:
        return .set(try elements(try knownLength(header.body), depth: depth + 1))
      case .push:
        return .push(try elements(try knownLength(header.body), depth: depth + 1))
      case .map:
        return .map(try entries(try pairCount(header.body), depth: depth + 1))
      }
    }
  }

  private mutating func elements(_ count: Int, depth: Int) throws(ClientError) -> [Reply] {
    var elements: [Reply] = []
    elements.reserveCapacity(min(count, Self.reservedElements))
    for _ in 0..<count { elements.append(try reply(depth: depth)) }
    return elements
  }

  private mutating func entries(_ count: Int, depth: Int) throws(ClientError) -> [Reply.Entry] {
    var entries: [Reply.Entry] = []
    entries.reserveCapacity(min(count, Self.reservedElements))
    for _ in 0..<count {
      let key = try reply(depth: depth)
      entries.append(Reply.Entry(key: key, value: try reply(depth: depth)))
    }
    return entries
  }

  private mutating func verbatim(byteCount: Int) throws(ClientError) -> Reply {
    let bytes: [UInt8] = try payload(byteCount: byteCount)
    guard bytes.count >= 4, bytes[3] == UInt8(ascii: ":") else {
      throw .protocolViolation("a verbatim string without its format")
    }
    return .verbatim(
      format: String(decoding: bytes[..<3], as: UTF8.self), text: String(decoding: bytes[4...], as: UTF8.self))
  }

  private mutating func skipAttribute(_ header: Header) throws(ClientError) {
    try skip(replies: try pairCount(header.body) * 2)
  }

  /// Consumes a reply without keeping anything of it but its kind.
  mutating func skipReply() throws(ClientError) -> Kind {
    var header = try header()
    while header.kind == .attribute {
      try skipAttribute(header)
      header = try self.header()
    }
    let kind = header.kind
    try skip(replies: try skipHead(header))
    return kind
  }

  /// Consumes `count` replies. It loops where `reply()` recurses, so that nesting is not limited.
  private mutating func skip(replies count: Int) throws(ClientError) {
    var rest = count
    while rest > 0 {
      let (sum, overflow) = try skipHead(try header()).addingReportingOverflow(rest - 1)
      guard !overflow else { throw .protocolViolation("aggregates announce too many elements") }
      rest = sum
    }
  }

  /// Consumes what belongs to `header` but nested replies; returns how many of those come next.
  private mutating func skipHead(_ header: Header) throws(ClientError) -> Int {
    switch header.kind {
    case .status, .error, .integer, .null, .boolean, .double, .bigNumber:
      return 0
    case .bulk, .bulkError, .verbatim:
      if let count = try length(header.body) {
        try skip(count)
        try lineEnd()
      }
      return 0
    case .array, .set, .push:
      return try length(header.body) ?? 0
    case .map:
      return try pairCount(header.body) * 2
    case .attribute:
      return try pairCount(header.body) * 2 + 1
    }
  }
}
