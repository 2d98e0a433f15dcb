/// The text of a number, on the stack.
///
/// Integers are decimal digits. Floats are the shortest text that reads back to the same f16, f32 or f64 (the closest to the
/// value among the shortest), without a useless `.0`: `50`, `0.1`, `1e+300`, `-0`, `inf`, `-inf`, `nan`.
public struct NumberText: Sendable {
  /// The room in bytes that the `write` functions want. No text is longer than 24 bytes; the rest is scratch space.
  public static let room = 32

  private var bytes: InlineArray<32, UInt8>

  /// The length of the text in bytes.
  public private(set) var count: Int

  public init(_ value: Double) {
    self.init { NumberText.write(value, to: $0) }
  }

  public init(_ value: Float) {
    self.init { NumberText.write(value, to: $0) }
  }

  public init(_ value: Float16) {
    self.init { NumberText.write(value, to: $0) }
  }

  /// - Parameter value: an integer of at most 64 bits.
  public init<Value: FixedWidthInteger>(_ value: Value) {
    self.init { NumberText.write(value, to: $0) }
  }

  @inline(__always)
  private init(_ write: (UnsafeMutablePointer<UInt8>) -> Int) {
    bytes = InlineArray(repeating: 0)
    count = 0
    var span = bytes.mutableSpan
    // The buffer has the 32 bytes that `write` asks for, so it has an address.
    count = span.withUnsafeMutableBufferPointer { buffer in buffer.baseAddress.map(write) ?? 0 }
  }

  /// Calls `body` with the text's bytes, which are valid only during the call.
  @inline(__always)
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try bytes.span.withUnsafeBytes { buffer throws(Failure) in
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }
}

extension NumberText: CustomStringConvertible {
  public var description: String {
    withBytes { String(decoding: $0, as: UTF8.self) }
  }
}
