/// Commands that are sent together, so that they cost one round trip.
public struct Pipeline: Sendable {
  var commands: [[Argument]] = []

  /// Adds a command.
  public mutating func callAsFunction(_ arguments: any ArgumentConvertible...) {
    commands.append(arguments.map(\.argument))
  }

  /// Adds a command.
  public mutating func send(_ arguments: [Argument]) {
    commands.append(arguments)
  }
}

extension Connection {
  /// Sends a command and returns its reply, which is `Reply.error` if the server refuses it.
  @discardableResult
  public func send(_ arguments: [Argument]) throws(ClientError) -> Reply {
    try append(arguments)
    try flush()
    return try readCommandReply()
  }

  /// Sends a command and returns its reply.
  ///
  /// - Throws: `ClientError.server` if the server refuses it.
  @discardableResult
  public func callAsFunction(_ arguments: any ArgumentConvertible...) throws(ClientError) -> Reply {
    try checked(send(arguments.map(\.argument)))
  }

  /// Sends a command and returns its reply as a `Value`.
  ///
  /// - Throws: `ClientError.server` if the server refuses it, `.typeMismatch` if its reply is no `Value`.
  public func callAsFunction<Value: ReplyValue>(
    _ arguments: any ArgumentConvertible..., as type: Value.Type
  ) throws(ClientError) -> Value {
    try Value(checked(send(arguments.map(\.argument))))
  }

  /// Sends the commands that `body` adds at once and returns a reply for each, errors among them.
  ///
  /// A command that can't be sent, having no arguments or too many bytes, makes the connection unusable.
  ///
  /// ```swift
  /// let replies = try connection.pipeline {
  ///   for index in 0..<100 { $0("VGET", "temperatures", index) }
  /// }
  /// ```
  @discardableResult
  public func pipeline(_ body: (inout Pipeline) -> Void) throws(ClientError) -> [Reply] {
    var pipeline = Pipeline()
    body(&pipeline)
    do throws(ClientError) {
      for command in pipeline.commands { try append(command) }
    } catch {
      // The commands before it wait to be sent: nobody would read their replies.
      throw failed(error)
    }
    try flush()
    var replies: [Reply] = []
    replies.reserveCapacity(pipeline.commands.count)
    for _ in pipeline.commands { replies.append(try readCommandReply()) }
    return replies
  }

  /// The reply, unless it is an error, which is thrown.
  @discardableResult
  func checked(_ reply: Reply) throws(ClientError) -> Reply {
    if case .error(let error) = reply { throw .server(code: error.code, message: error.message) }
    return reply
  }

  /// The next reply to a command.
  func readCommandReply() throws(ClientError) -> Reply {
    while true {
      let reply = try readReply()
      guard case .push(let elements) = reply else { return reply }
      onPush?(elements)
    }
  }
}
