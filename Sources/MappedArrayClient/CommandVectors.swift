/// The arguments of one command as C wants them: pointers and lengths. Memory is kept from command to command.
struct CommandVectors {
  private var bytes: [UInt8] = []
  private var lengths: [Int] = []
  private var pointers: [UnsafePointer<CChar>?] = []

  /// Calls `body` with the count, pointers and lengths of `arguments`, and of `payload` as one more unless it is nil.
  ///
  /// hiredis 0.14 counts a command's bytes in an `int`: a longer command is refused here.
  mutating func withVectors<Result>(
    of arguments: [Argument], payload: UnsafeRawBufferPointer?,
    _ body: (Int32, UnsafeMutablePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int>?) -> Result
  ) throws(ClientError) -> Result {
    guard !arguments.isEmpty else { throw .protocolViolation("a command needs a name") }
    bytes.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    pointers.removeAll(keepingCapacity: true)
    for argument in arguments {
      let start = bytes.count
      argument.append(to: &bytes)
      lengths.append(bytes.count - start)
    }
    if let payload { lengths.append(payload.count) }
    // Each argument has a header and two line ends, of 32 bytes at most.
    let (size, overflow) = (bytes.count + 32 * (lengths.count + 1)).addingReportingOverflow(payload?.count ?? 0)
    guard !overflow, size <= Int32.max else { throw .protocolViolation("a command is longer than 2 GiB") }
    return bytes.withUnsafeBytes { bytes in
      // Pointers into `bytes` and `payload`, which outlive the call of `body` only.
      var next = bytes.baseAddress
      for length in lengths.prefix(arguments.count) {
        pointers.append(next?.assumingMemoryBound(to: CChar.self))
        next = next.map { $0 + length }
      }
      if let payload { pointers.append(payload.baseAddress?.assumingMemoryBound(to: CChar.self)) }
      return pointers.withUnsafeMutableBufferPointer { body(Int32(lengths.count), $0.baseAddress, lengths) }
    }
  }
}
