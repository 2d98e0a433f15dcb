import CModuleShim

/// Reads the fields of a saved value, in the order in which they were written.
public struct SavedValueReader {
  private let pointer: OpaquePointer?

  /// Wraps what the server hands to `DataTypeMethods.load`.
  public init(_ pointer: OpaquePointer?) { self.pointer = pointer }

  /// The key's name; no bytes if the server does not say.
  public var key: [UInt8] {
    server_GetKeyNameFromIO(pointer).map { Array(Argument($0).bytes) } ?? []
  }

  /// The next field, a number; nil if there is none.
  public func unsigned() -> UInt64? {
    let number = server_LoadUnsigned(pointer)
    return server_IsIOError(pointer) == 0 ? number : nil
  }

  /// Calls `body` with the next field, a string. The server allocates no more than is there to read.
  ///
  /// - Returns: what `body` returns; nil if there is no such field.
  public func string<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    var length = 0
    guard let start = server_LoadStringBuffer(pointer, &length) else { return nil }
    defer { server_Free(start) }
    guard server_IsIOError(pointer) == 0 else { return nil }
    return try body(UnsafeRawBufferPointer(start: start, count: length))
  }
}

/// Writes the fields of a value that is saved.
public struct SavedValueWriter {
  private let pointer: OpaquePointer?

  /// Wraps what the server hands to `DataTypeMethods.save`.
  public init(_ pointer: OpaquePointer?) { self.pointer = pointer }

  /// The server, or its child, that saves.
  public var context: Context { Context(server_GetContextFromIO(pointer)) }

  public func write(_ number: UInt64) { server_SaveUnsigned(pointer, number) }

  public func write(_ string: UnsafeRawBufferPointer) {
    server_SaveStringBuffer(pointer, string.assumingMemoryBound(to: CChar.self).baseAddress, string.count)
  }
}

/// Writes commands to an append-only file that is made anew.
public struct CommandWriter {
  private let pointer: OpaquePointer?
  private let key: OpaquePointer?

  /// Wraps what the server hands to `DataTypeMethods.rewrite`.
  public init(_ pointer: OpaquePointer?, key: OpaquePointer?) {
    self.pointer = pointer
    self.key = key
  }

  /// Writes a command: its name, the key, and the words.
  public func write(_ command: StaticString, _ words: borrowing CommandWords) {
    words.withVector { vector, count in server_emit_aof(pointer, command.cString, key, vector, count) }
  }
}

/// A digest of a key's value, for `DEBUG DIGEST-VALUE`.
public struct Digest {
  private let pointer: OpaquePointer?

  /// Wraps what the server hands to `DataTypeMethods.digest`.
  public init(_ pointer: OpaquePointer?) { self.pointer = pointer }

  /// Adds one element of an ordered value.
  public func add(_ bytes: UnsafeRawBufferPointer) {
    server_DigestAddStringBuffer(pointer, bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count)
  }

  /// Ends the ordered elements that were added.
  public func end() { server_DigestEndSequence(pointer) }
}
