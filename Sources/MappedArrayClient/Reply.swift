/// An error as a server sends it.
public struct ServerError: Equatable, Sendable, CustomStringConvertible {
  /// The first word: `ERR`, `WRONGTYPE`, `NOAUTH` …
  public let code: String
  /// What follows the first word.
  public let message: String

  /// An error of these two parts.
  public init(code: String, message: String) {
    self.code = code
    self.message = message
  }

  /// Splits an error's text at its first space.
  init(text: some Collection<UInt8>) {
    let code = text.prefix { $0 != UInt8(ascii: " ") }
    self.code = String(decoding: code, as: UTF8.self)
    message = String(decoding: text.dropFirst(code.count + 1), as: UTF8.self)
  }

  public var description: String { message.isEmpty ? code : "\(code) \(message)" }
}

/// One reply of a server, of any kind that RESP2 and RESP3 know. RESP3's attributes are read and left out.
public enum Reply: Equatable, Sendable {
  /// A key of a `map`, with its value.
  public struct Entry: Equatable, Sendable {
    /// What the value is found by.
    public let key: Reply
    /// What is found.
    public let value: Reply

    /// A key with its value.
    public init(key: Reply, value: Reply) {
      self.key = key
      self.value = value
    }
  }

  /// A short text such as `OK`.
  case status(String)
  /// An error; `Connection.send` returns it, the typed calls throw it.
  case error(ServerError)
  /// An integer of 64 bits.
  case integer(Int)
  /// A binary-safe string.
  case bulk([UInt8])
  /// RESP3's null, and RESP2's null string and null array.
  case null
  /// Replies in order.
  case array([Reply])
  /// A double as the server wrote it; `Double(reply)` has its value. Two are equal if their texts are.
  case double(text: String)
  /// The decimal digits of an integer of any size, with a `-` if it is negative.
  case bigNumber(String)
  /// RESP3's truth value; RESP2 has 0 and 1 for it.
  case boolean(Bool)
  /// A text with its format, of three characters: `txt` or `mkd`.
  case verbatim(format: String, text: String)
  /// Keys with their values, in the order of their arrival; RESP2 has a flat array for it.
  case map([Entry])
  /// Replies whose order means nothing; RESP2 has an array for it.
  case set([Reply])
  /// A message that is no reply to a command.
  case push([Reply])
}

extension Reply {
  /// A bulk string of the UTF-8 bytes of `text`.
  public static func bulk(_ text: String) -> Reply { .bulk(Array(text.utf8)) }

  /// What kind of reply it is, for messages: `integer`, `bulk string` …
  public var kind: String {
    switch self {
    case .status: "status"
    case .error: "error"
    case .integer: "integer"
    case .bulk: "bulk string"
    case .null: "null"
    case .array: "array"
    case .double: "double"
    case .bigNumber: "big number"
    case .boolean: "boolean"
    case .verbatim: "verbatim string"
    case .map: "map"
    case .set: "set"
    case .push: "push"
    }
  }

  /// The text of a status, string or number; nil for other kinds, and for bytes that are not UTF-8.
  public var text: String? {
    switch self {
    case .status(let text), .double(let text), .bigNumber(let text), .verbatim(_, let text): text
    case .bulk(let bytes): String(validating: bytes, as: UTF8.self)
    case .integer(let value): String(value)
    default: nil
    }
  }

  /// The elements of an array, set or push; nil for other kinds.
  public var elements: [Reply]? {
    switch self {
    case .array(let elements), .set(let elements), .push(let elements): elements
    default: nil
    }
  }

  /// The value of `key` in a map, or in the flat array of keys and values that stands for one in RESP2.
  ///
  /// - Complexity: O(entries).
  public subscript(key: String) -> Reply? {
    switch self {
    case .map(let entries):
      return entries.first { $0.key.text == key }?.value
    case .array(let elements):
      let found = stride(from: 0, to: elements.count - 1, by: 2).first { elements[$0].text == key }
      return found.map { elements[$0 + 1] }
    default:
      return nil
    }
  }
}
