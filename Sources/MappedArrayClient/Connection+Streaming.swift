import CHiredis
import Glibc

/// The parts that `send` and `pipeline` are made of: commands are appended, flushed, and their replies read in the same
/// order, one for each.
extension Connection {
  /// The bytes of a command, for `append(formatted:)`.
  public static func format(_ arguments: [Argument]) throws(ClientError) -> [UInt8] {
    var vectors = CommandVectors()
    var text: UnsafeMutablePointer<CChar>?
    let length = try vectors.withVectors(of: arguments, payload: nil) { count, pointers, lengths in
      Int(redisFormatCommandArgv(&text, count, pointers, lengths))
    }
    guard let text, length >= 0 else { throw ClientError(code: ENOMEM) }
    defer { redisFreeCommand(text) }
    return Array(UnsafeRawBufferPointer(start: text, count: length))
  }

  /// Adds a command to what the next `flush` sends.
  ///
  /// - Throws: `ClientError.protocolViolation` if there are no arguments or more than 2 GiB of them; nothing is added.
  public func append(_ arguments: [Argument]) throws(ClientError) {
    try append(arguments, payload: nil)
  }

  /// Adds a command whose last argument is `payload`, which need not be copied into an `Argument`.
  public func append(_ arguments: [Argument], payload: borrowing RawSpan) throws(ClientError) {
    try payload.withUnsafeBytes { bytes throws(ClientError) in try append(arguments, payload: bytes) }
  }

  private func append(_ arguments: [Argument], payload: UnsafeRawBufferPointer?) throws(ClientError) {
    try checkUsable()
    let result = try command.withVectors(of: arguments, payload: payload) { count, pointers, lengths in
      redisAppendCommandArgv(context, count, pointers, lengths)
    }
    guard result == REDIS_OK else { throw failed(ClientError(context, code: errno)) }
  }

  /// Adds commands that are formatted already.
  public func append(formatted commands: borrowing RawSpan) throws(ClientError) {
    try checkUsable()
    let result = commands.withUnsafeBytes { bytes in
      redisAppendFormattedCommand(context, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    guard result == REDIS_OK else { throw failed(ClientError(context, code: errno)) }
  }

  /// Sends what was appended.
  public func flush() throws(ClientError) {
    try checkUsable()
    var done: Int32 = 0
    while done == 0 {
      guard withoutBrokenPipeSignal({ redisBufferWrite(context, &done) }) == REDIS_OK else {
        throw failed(ClientError(context, code: errno))
      }
    }
  }

  /// Reads the next reply, whatever it is: errors and pushes too.
  public func readReply() throws(ClientError) -> Reply {
    try reading { reader throws(ClientError) in try reader.reply() }
  }

  /// Reads as many replies and forgets them: what measuring a server costs least.
  ///
  /// - Returns: how many of them were errors.
  public func discardReplies(_ count: Int) throws(ClientError) -> Int {
    var errors = 0
    try reading { reader throws(ClientError) in
      var rest = count
      while rest > 0 {
        let kind = try reader.skipReply()
        if kind == .error || kind == .bulkError { errors += 1 }
        if kind != .push { rest -= 1 }
      }
    }
    return errors
  }

  /// Reads a bulk string straight into `destination`.
  ///
  /// - Returns: how many bytes it had; nil if the reply is null.
  /// - Throws: `ClientError.server` for an error, `.typeMismatch` for a longer or another reply, which is read to its
  ///   end.
  public func readBulk(into destination: UnsafeMutableRawBufferPointer) throws(ClientError) -> Int? {
    try readBulk { reader, byteCount throws(ClientError) in
      guard byteCount <= destination.count else {
        try reader.skip(byteCount)
        try reader.lineEnd()
        return .failure(.typeMismatch(expected: "\(destination.count) bytes or fewer", found: "\(byteCount) bytes"))
      }
      try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: destination[..<byteCount]))
      try reader.lineEnd()
      return .success(byteCount)
    }
  }

  /// Reads a bulk string of packed elements, as this machine stores them, straight into an array.
  ///
  /// - Returns: the elements; nil if the reply is null.
  /// - Throws: `ClientError.server` for an error, `.typeMismatch` for a part of an element or another reply, which is
  ///   read to its end.
  public func readBulk<Element: PackedElement>(of type: Element.Type) throws(ClientError) -> [Element]? {
    try readBulk { reader, byteCount throws(ClientError) in
      let size = MemoryLayout<Element>.size
      guard byteCount.isMultiple(of: size) else {
        try reader.skip(byteCount)
        try reader.lineEnd()
        return .failure(.typeMismatch(expected: "a multiple of \(size) bytes", found: "\(byteCount) bytes"))
      }
      return .success(try reader.payload(byteCount: byteCount))
    }
  }

  /// Reads an array of bulk strings of packed elements, each straight into an array.
  ///
  /// - Returns: the elements of each; nil where one is null.
  /// - Throws: `ClientError.server` for an error, `.typeMismatch` for another reply or for another element than a bulk
  ///   string of whole elements; the reply is read to its end.
  public func readBulks<Element: PackedElement>(of type: Element.Type) throws(ClientError) -> [[Element]?] {
    while true {
      switch try reading({ reader throws(ClientError) in try reader.arrayStart() }) {
      case .array(let count):
        // As many as are there, not as many as were announced.
        var found: [[Element]?] = []
        var mismatch: ClientError?
        for _ in 0..<count {
          do throws(ClientError) {
            found.append(try readBulk(of: type))
          } catch {
            if let failure { throw failure }
            mismatch = mismatch ?? error
          }
        }
        if let mismatch { throw mismatch }
        return found
      case .other(.push(let elements)):
        onPush?(elements)
      case .other(let reply):
        throw try checked(reply).mismatch("array")
      }
    }
  }

  /// Reads a reply, of which `body` reads the payload if it is a bulk string.
  private func readBulk<Value>(
    _ body: (inout ReplyReader, Int) throws(ClientError) -> Result<Value, ClientError>
  ) throws(ClientError) -> Value? {
    while true {
      switch try reading({ reader throws(ClientError) in try reader.start() }) {
      case .bulk(let byteCount):
        return try reading { reader throws(ClientError) in try body(&reader, byteCount) }.get()
      case .other(.null):
        return nil
      case .other(.push(let elements)):
        onPush?(elements)
      case .other(let reply):
        throw try checked(reply).mismatch("bulk string")
      }
    }
  }

  private func reading<Value>(
    _ body: (inout ReplyReader) throws(ClientError) -> Value
  ) throws(ClientError) -> Value {
    try checkUsable()
    do throws(ClientError) {
      return try body(&reader)
    } catch {
      throw failed(error)
    }
  }

  private func checkUsable() throws(ClientError) {
    if let failure { throw failure }
  }

  /// Remembers that the connection can't be used after `error`.
  func failed(_ error: ClientError) -> ClientError {
    failure = error
    return error
  }
}
