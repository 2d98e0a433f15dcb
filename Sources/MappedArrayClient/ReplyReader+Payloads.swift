extension ReplyReader {
  /// How many bytes may be allocated because a peer announced them. Beyond that, room is made as they arrive.
  static let trustedByteCount = 128 << 20

  /// Consumes a payload of `byteCount` bytes, a multiple of the element's size, and the line's end after it.
  mutating func payload<Element: BitwiseCopyable>(byteCount: Int) throws(ClientError) -> [Element] {
    let count = byteCount / MemoryLayout<Element>.stride
    let trusted = Self.trustedByteCount / MemoryLayout<Element>.stride
    var elements = try appending(min(count, trusted), to: [Element]())
    while elements.count < count {
      elements = try appending(min(count - elements.count, elements.count), to: elements)
    }
    try lineEnd()
    return elements
  }

  /// The elements given and `count` more that are received.
  private mutating func appending<Element: BitwiseCopyable>(
    _ count: Int, to elements: consuming [Element]
  ) throws(ClientError) -> [Element] {
    var failure: ClientError?
    let joined = [Element](unsafeUninitializedCapacity: elements.count + count) { room, initialized in
      let start = elements.count
      _ = room.initialize(fromContentsOf: elements)
      do throws(ClientError) {
        // Elements are bitwise copyable: received bytes initialise them.
        try read(into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: room[start..<start + count])))
        initialized = start + count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return joined
  }
}
