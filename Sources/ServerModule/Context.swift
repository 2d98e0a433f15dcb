import CModuleShim

/// The server as a command, a callback or an event sees it.
///
/// Valid only while the function runs that it was handed to, unless its documentation says more. `Context.none` may be
/// used at any time, for the few things that need no context.
public struct Context {
  let pointer: OpaquePointer?

  /// Wraps what the server hands to a C function.
  public init(_ pointer: OpaquePointer?) { self.pointer = pointer }

  /// No context: enough to write to the log and to ask for information.
  public static var none: Context { Context(nil) }

  /// A context of the same module that may be used on the main thread as long as the process lives.
  public var detached: Context { Context(server_GetDetachedThreadSafeContext(pointer)) }

  /// Whether this process is a child that saves, forked from the server.
  public var isChild: Bool { has(SERVER_CONTEXT_CHILD) }

  /// GetContextFlags, of which `flag` is one of the SERVER_CONTEXT_ constants.
  func has(_ flag: Int) -> Bool { Int(server_GetContextFlags(pointer)) & flag != 0 }
}

// MARK: - The log

/// How much a line of the server's log matters; the setting `loglevel` hides the lower ones.
public enum LogLevel: String, Sendable {
  case debug, verbose, notice, warning
}

extension Context {
  /// Writes a line to the server's log, under the module's name.
  public func log(_ level: LogLevel, _ message: String) { server_log(pointer, level.rawValue, message) }
}

// MARK: - Commands of the server

extension Context {
  /// Has the server carry out a command of its own; RedisModule_Call.
  ///
  /// - Returns: the text of the reply, or of the second element of an array, which for CONFIG GET is the value; empty if
  ///   there is none. nil if the server refuses the command.
  public func call(_ command: StaticString, _ arguments: String...) -> String? {
    var words = CommandWords()
    for argument in arguments { words.append(argument) }
    let reply = words.withVector { server_call(pointer, command.cString, $0, $1) }
    guard let reply else { return nil }
    defer { server_FreeCallReply(reply) }
    switch Int(server_CallReplyType(reply)) {
    case SERVER_REPLY_ERROR: return nil
    case SERVER_REPLY_ARRAY: return server_CallReplyArrayElement(reply, 1).map { Context.text(of: $0) } ?? ""
    default: return Context.text(of: reply)
    }
  }

  static func text(of reply: OpaquePointer) -> String {
    var length = 0
    guard let start = server_CallReplyStringPtr(reply, &length) else { return "" }
    return String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
  }
}

extension StaticString {
  /// The text with the zero byte that every static string ends in.
  @inline(__always)
  var cString: UnsafePointer<CChar> {
    UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
  }
}
