import ArrayVocabulary

/// A type that a reply can be read as: `connection("VCOUNT", key, as: Int.self)`.
///
/// Numbers are read from whichever kind the protocol version has for them: a double is a bulk string in RESP2.
public protocol ReplyValue {
  /// - Throws: `ClientError.typeMismatch` if the reply is of another kind or out of the type's range.
  init(_ reply: Reply) throws(ClientError)
}

extension Reply {
  /// The error for a reply that is not an `expected`.
  func mismatch(_ expected: String) -> ClientError {
    let shown = text.map { $0.utf8.count > 40 ? "" : " \($0)" } ?? ""
    return .typeMismatch(expected: expected, found: kind + shown)
  }
}

extension Reply: ReplyValue {
  public init(_ reply: Reply) { self = reply }
}

extension ReplyValue where Self: FixedWidthInteger {
  public init(_ reply: Reply) throws(ClientError) {
    let value: Self? =
      switch reply {
      case .integer(let integer): Self(exactly: integer)
      case .bulk, .bigNumber: reply.text.flatMap { Self($0) }
      default: nil
      }
    guard let value else { throw reply.mismatch("\(Self.self)") }
    self = value
  }
}

extension ReplyValue where Self: BinaryFloatingPoint & LosslessStringConvertible {
  public init(_ reply: Reply) throws(ClientError) {
    let value: Self? =
      switch reply {
      case .integer(let integer): Self(exactly: integer)
      case .bulk, .double: reply.text.flatMap { Self($0) }
      default: nil
      }
    guard let value else { throw reply.mismatch("\(Self.self)") }
    self = value
  }
}

extension String: ReplyValue {
  public init(_ reply: Reply) throws(ClientError) {
    guard let text = reply.text else { throw reply.mismatch("text") }
    self = text
  }
}

extension Bool: ReplyValue {
  public init(_ reply: Reply) throws(ClientError) {
    switch reply {
    case .boolean(let value): self = value
    case .integer(0): self = false
    case .integer(1): self = true
    default: throw reply.mismatch("boolean")
    }
  }
}

extension Bool8: ReplyValue {
  public init(_ reply: Reply) throws(ClientError) { self.init(try Bool(reply)) }
}

extension Optional: ReplyValue where Wrapped: ReplyValue {
  public init(_ reply: Reply) throws(ClientError) {
    self = if case .null = reply { nil } else { try Wrapped(reply) }
  }
}

extension Array: ReplyValue where Element: ReplyValue {
  /// Reads an array; where elements are bytes also a bulk string.
  public init(_ reply: Reply) throws(ClientError) {
    if case .bulk(let bytes) = reply, let bytes = bytes as? Self {
      self = bytes
      return
    }
    guard let elements = reply.elements else { throw reply.mismatch("array") }
    self = try elements.map { element throws(ClientError) in
      if case .error(let error) = element { throw .server(code: error.code, message: error.message) }
      return try Element(element)
    }
  }
}

extension Int: ReplyValue {}
extension Int8: ReplyValue {}
extension Int16: ReplyValue {}
extension Int32: ReplyValue {}
extension Int64: ReplyValue {}
extension Int128: ReplyValue {}
extension UInt: ReplyValue {}
extension UInt8: ReplyValue {}
extension UInt16: ReplyValue {}
extension UInt32: ReplyValue {}
extension UInt64: ReplyValue {}
extension Float16: ReplyValue {}
extension Float: ReplyValue {}
extension Double: ReplyValue {}
