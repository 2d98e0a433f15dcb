import CModuleShim
import DecimalText
import MappedArray

/// One call of a command: the server's context and the arguments, of which the first two are the name and the key.
///
/// Valid only while the command runs; the server keeps the arguments alive as long.
struct Call {
  let context: OpaquePointer?
  private let arguments: UnsafeMutablePointer<OpaquePointer?>
  /// With the command's name.
  let count: Int

  init?(_ context: OpaquePointer?, _ arguments: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int32) {
    guard let arguments else { return nil }
    self.context = context
    self.arguments = arguments
    self.count = Int(count)
  }

  var key: OpaquePointer? { arguments[1] }

  /// An argument as the server's string; `index` is less than `count`.
  func argument(_ index: Int) -> OpaquePointer? { arguments[index] }

  /// The bytes of an argument.
  ///
  /// - Parameter index: less than `count`.
  @inline(__always)
  func bytes(_ index: Int) -> UnsafeRawBufferPointer {
    MMapArrayModule.bytes(of: arguments[index])
  }

  /// An argument that is an index: any integer.
  @inline(__always)
  func index(_ index: Int) throws(CommandError) -> Int {
    do {
      return Int(try NumberParser.index(bytes(index)))
    } catch {
      throw .index(quoted(bytes(index)))
    }
  }

  /// An argument that is a value of the array's type.
  @inline(__always)
  func element<Element: MappableElement>(_ index: Int, as type: Element.Type) throws(CommandError) -> Element {
    do {
      return try Element.parse(bytes(index))
    } catch {
      throw .value(quoted(bytes(index)), Element.elementType, range: Element.range, isOutOfRange: error == .outOfRange)
    }
  }

  /// An argument that is added to an element.
  func delta<Element: MappableElement>(_ index: Int, for type: Element.Type) throws(CommandError) -> Element.Delta {
    do {
      return try Element.parseDelta(bytes(index))
    } catch {
      let most = Int128(UInt64.max)
      throw .argument(
        "delta \(quoted(bytes(index))) is no number that can be added to \(Element.elementType.name): give "
          + (Element.elementType.isFloat ? "a finite number, inf, -inf or nan" : "an integer from \(-most) to \(most)"))
    }
  }

  /// Whether an argument is `word`, in any case.
  func argument(_ index: Int, is word: StaticString) -> Bool {
    let bytes = bytes(index)
    guard bytes.count == word.utf8CodeUnitCount else { return false }
    return zip(bytes, UnsafeBufferPointer(start: word.utf8Start, count: bytes.count)).allSatisfy { byte, letter in
      byte | 0x20 == letter | 0x20
    }
  }

  /// GetContextFlags, of which `flag` is one of the SERVER_CONTEXT_ constants.
  func has(_ flag: Int) -> Bool { Int(server_GetContextFlags(context)) & flag != 0 }
}

/// Bytes from outside as they can be shown: printable ASCII, the rest escaped, and not too many.
func quoted(_ bytes: some Collection<UInt8>) -> String {
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

extension Call {
  /// Parses arguments into memory of the call, so that all are known to be right before anything is done.
  @inline(__always)
  func withParsed<Value: BitwiseCopyable>(
    count: Int, _ parse: (Int) throws(CommandError) -> Value,
    _ body: (UnsafeMutableBufferPointer<Value>) throws(CommandError) -> Void
  ) throws(CommandError) {
    try withUnsafeTemporaryAllocation(of: Value.self, capacity: count) { values throws(CommandError) in
      for position in 0..<count { values.initializeElement(at: position, to: try parse(position)) }
      try body(values)
    }
  }
}
