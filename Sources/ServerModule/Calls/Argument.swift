import CModuleShim

/// The arguments of a call as the server hands them to a C function.
public typealias ArgumentVector = UnsafeMutablePointer<OpaquePointer?>

/// A string that the server owns: an argument of a call, or a key's name. Valid as long as the call.
public struct Argument {
  let pointer: OpaquePointer?

  @inline(__always)
  init(_ pointer: OpaquePointer?) { self.pointer = pointer }

  /// The bytes; any bytes, not only UTF-8. Valid as long as the call.
  @inline(__always)
  public var bytes: UnsafeRawBufferPointer {
    var length = 0
    let start = server_StringPtrLen(pointer, &length)
    return UnsafeRawBufferPointer(start: start, count: length)
  }

  /// The bytes as text; what is not UTF-8 is replaced.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether the argument is `word`, in any case of letters. The word consists of ASCII letters.
  public func matches(_ word: StaticString) -> Bool {
    let bytes = bytes
    guard bytes.count == word.utf8CodeUnitCount else { return false }
    return zip(bytes, UnsafeBufferPointer(start: word.utf8Start, count: bytes.count)).allSatisfy { byte, letter in
      byte | 0x20 == letter | 0x20
    }
  }

  /// The argument as it can be shown in an error; see `quoted(_:)`.
  public var quotation: String { quoted(bytes) }
}

/// The arguments of a call that have not been looked at yet, first to last.
///
/// A copy begins where the original stands: arguments can be looked at twice, to see whether all are right before
/// anything is done.
public struct Arguments {
  private var position: ArgumentVector
  private let end: ArgumentVector

  @inline(__always)
  init(_ position: ArgumentVector, end: ArgumentVector) {
    self.position = position
    self.end = end
  }

  /// How many are left.
  @inline(__always)
  public var count: Int { end - position }

  @inline(__always)
  public var isEmpty: Bool { position >= end }

  /// The next argument, which is not taken; nil if there is none.
  public var first: Argument? { isEmpty ? nil : Argument(position.pointee) }

  /// Takes the next argument; nil if there is none.
  @inline(__always)
  public mutating func next() -> Argument? {
    guard position < end else { return nil }
    let argument = Argument(position.pointee)
    position += 1
    return argument
  }

  func withVector<Result>(_ body: (ArgumentVector, Int) -> Result) -> Result { body(position, count) }

  /// Takes the next argument if it is `word`, in any case of letters.
  public mutating func take(_ word: StaticString) -> Bool {
    guard let first, first.matches(word) else { return false }
    position += 1
    return true
  }
}

/// Bytes from outside as they can be shown in an error or a log line: printable ASCII, the rest escaped, at most 64 of
/// them, in quotes.
public func quoted(_ bytes: some Collection<UInt8>) -> String {
  let shown = 64
  var text = "'"
  for byte in bytes.prefix(shown) {
    if (0x20..<0x7F).contains(byte) && byte != UInt8(ascii: "'") && byte != UInt8(ascii: "\\") {
      text.unicodeScalars.append(Unicode.Scalar(byte))
    } else {
      text += byte < 16 ? "\\x0\(String(byte, radix: 16))" : "\\x\(String(byte, radix: 16))"
    }
  }
  return text + (bytes.count > shown ? "...'" : "'")
}
