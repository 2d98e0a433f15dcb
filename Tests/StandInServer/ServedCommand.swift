import CStandInServer

/// Who has a command carried out.
public struct Caller: Sendable, CustomStringConvertible {
  public let description: String
  /// GetContextFlags.
  let flags: Int

  public var isRESP3: Bool { flags & SERVER_CONTEXT_RESP3 != 0 }

  private init(_ description: String, _ flags: Int) {
    self.description = description
    self.flags = flags
  }

  /// A client with RESP2.
  public static let client = Caller("client", 0)
  /// A client with RESP3.
  public static let client3 = Caller("RESP3 client", SERVER_CONTEXT_RESP3)
  public static let script = Caller("script", SERVER_CONTEXT_LUA | SERVER_CONTEXT_DENY_BLOCKING)
  /// A client within MULTI.
  public static let transaction = Caller("transaction", SERVER_CONTEXT_MULTI | SERVER_CONTEXT_DENY_BLOCKING)
  /// The server that this one is a replica of.
  public static let primary = Caller("primary", SERVER_CONTEXT_REPLICATED | SERVER_CONTEXT_REPLICA)
  /// The append-only file, while it is loaded.
  public static let appendOnlyFile = Caller("AOF", SERVER_CONTEXT_LOADING | SERVER_CONTEXT_DENY_BLOCKING)
}

/// A command on its way to the AOF, to replicas, or to both.
public struct Propagation: Equatable, Sendable, CustomStringConvertible {
  public let words: [[UInt8]]
  public let toAOF: Bool
  public let toReplicas: Bool

  public init(words: [[UInt8]], toAOF: Bool, toReplicas: Bool) {
    self.words = words
    self.toAOF = toAOF
    self.toReplicas = toReplicas
  }

  /// The words, as far as they are text.
  public var texts: [String] { words.map { String(decoding: $0, as: UTF8.self) } }
  public var description: String { "\(texts)\(toAOF ? " AOF" : "")\(toReplicas ? " replicas" : "")" }
}

/// A keyspace notification.
public struct KeyspaceEvent: Equatable, Sendable {
  public let name: String
  public let key: String

  public init(_ name: String, _ key: String) {
    self.name = name
    self.key = key
  }
}

/// What a module has told the server.
public struct Effects: Sendable {
  /// What goes anywhere: nothing while the server loads, and not to replicas what came from a primary, whose stream
  /// they get as it is.
  public internal(set) var propagations: [Propagation] = []
  public internal(set) var events: [KeyspaceEvent] = []
  /// Keys of SignalModifiedKey.
  public internal(set) var modifiedKeys: [String] = []

  public var areNone: Bool { propagations.isEmpty && events.isEmpty && modifiedKeys.isEmpty }
}

/// A command that a module carries out, or has carried out.
public final class ServedCommand: @unchecked Sendable {
  public let words: [[UInt8]]
  public let caller: Caller
  /// nil while the client waits.
  public internal(set) var reply: Reply?
  /// Whether the client was made to wait.
  public internal(set) var wasBlocked = false
  /// What was told while the command ran; not what was told while its client waited.
  public internal(set) var effects = Effects()

  var blocked: BlockedClientHandle?

  init(_ words: [[UInt8]], _ caller: Caller) {
    self.words = words
    self.caller = caller
  }
}
