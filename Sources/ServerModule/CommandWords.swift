import CModuleShim

/// A string of the server, which the caller frees.
func makeString(_ bytes: UnsafeRawBufferPointer) -> OpaquePointer? {
  server_CreateString(nil, bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count)
}

/// A string of the server, which the caller frees.
func makeString(_ text: String) -> OpaquePointer? {
  var text = text
  return text.withUTF8 { makeString(UnsafeRawBufferPointer($0)) }
}

/// The words of a command that is propagated or written to the append-only file.
public struct CommandWords: ~Copyable {
  private var words: [OpaquePointer?]
  /// How many of them, the first, belong to a call.
  private let borrowedCount: Int

  public init() {
    words = []
    borrowedCount = 0
  }

  /// Begins with an argument of a call, for the duration of that call.
  public init(_ argument: Argument) {
    words = [argument.pointer]
    borrowedCount = 1
  }

  deinit {
    for word in words.dropFirst(borrowedCount) { server_FreeString(nil, word) }
  }

  public mutating func append(_ bytes: UnsafeRawBufferPointer) { words.append(makeString(bytes)) }

  public mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

  public mutating func append(_ text: String) { words.append(makeString(text)) }

  borrowing func withVector<Result>(_ body: (ArgumentVector?, Int) -> Result) -> Result {
    // The server does not change the words, and retains those that it keeps.
    var words = words
    return words.withUnsafeMutableBufferPointer { body($0.baseAddress, $0.count) }
  }
}
