import Glibc
import MappedArray
import ServerModule

/// Copies a range of elements into memory of the server's, and replies them packed.
///
/// The copy is what the reply is made from, so that nothing that happens to the file meanwhile can spoil a reply that has
/// been begun.
struct Gathering<Element: MappableElement>: ReadingWork {
  private let range: Range<Int>
  private let memory: ReservedMemory
  private var copy: ServerMemory?
  private var count = 0

  /// - Throws: `.largeReply` if the reply can have more bytes than are allowed, `.outOfMemory` if there is no memory for
  ///   it.
  init(_ range: Range<Int>, with services: Services) throws(CommandError) {
    self.range = range
    memory = ReservedMemory(services.memory)
    // The copy, and the reply that is made of it.
    try memory.add(2 * Self.replyBytes(of: range.count, with: services))
  }

  /// How many bytes a reply of so many elements has.
  @inline(__always)
  static func replyBytes(of count: Int, with services: Services) throws(CommandError) -> Int {
    try services.replyBytes(
      of: count, each: MemoryLayout<Element>.stride,
      instead: "read it in pieces, with MMAP.READ key index count")
  }

  /// - Returns: where the copy is made.
  mutating func nextPass() throws(CommandError) -> Destination? {
    guard copy == nil else { return nil }
    // What the reply will take must be there too: the server ends itself if it is not.
    let byteCount = range.count * MemoryLayout<Element>.stride
    guard let copy = ServerMemory(byteCount: byteCount), ServerMemory(byteCount: byteCount) != nil else {
      throw .outOfMemory
    }
    self.copy = copy
    return Destination(memory: copy, start: range.lowerBound)
  }

  struct Destination: Sendable {
    let memory: ServerMemory
    /// The index of the first element.
    let start: Int
  }

  static func read(_ slice: ElementView<Element>, at index: Int, in pass: Destination) -> Int {
    let offset = (index - pass.start) * MemoryLayout<Element>.stride
    if slice.count > 0, let destination = pass.memory.bytes.baseAddress {
      memcpy(destination + offset, slice.base, slice.count * MemoryLayout<Element>.stride)
    }
    return slice.count
  }

  mutating func take(_ part: Int) -> Bool {
    let expected = min(sliceCount, range.count - count)
    count += part
    // If fewer are left by now, these are all.
    return part == expected
  }

  mutating func discard() {
    copy = nil
    memory.giveBack()
  }

  var replyCount: Int { 1 }

  func write(_ part: Int, to reply: Reply, isRESP3: Bool) {
    guard let bytes = copy?.bytes else { return }
    reply.bytes(UnsafeRawBufferPointer(rebasing: bytes[..<(count * MemoryLayout<Element>.stride)]))
  }
}

extension Services {
  /// Replies a range of elements, as an array or packed: at once if they are few or the call cannot wait, otherwise from
  /// another thread.
  ///
  /// - Parameters:
  ///   - fewest: how many elements are many.
  ///   - reply: replies them at once.
  @inline(__always)
  func replyElements<Element: MappableElement>(
    in range: Range<Int>, of array: TypedArray<Element>, isPacked: Bool, fewest: Int, for call: Call,
    _ reply: () throws(CommandError) -> Void
  ) throws(CommandError) {
    guard range.count >= fewest, try mayGather(range, of: array, isPacked: isPacked, for: call) else {
      try needToRead(range, of: array, for: call)
      return try reply()
    }
    guard isPacked else {
      return try perform(Listing<Element>(range, with: self), over: range, of: array, for: call, isLong: true)
    }
    if range.count <= Packed<Element>.mostCount {
      let work = try Packed<Element>(range, of: array, with: self)
      return try perform(work, over: range, of: array, for: call, isLong: true)
    }
    try perform(Gathering<Element>(range, with: self), over: range, of: array, for: call, isLong: true)
  }

  @inline(never)
  private func mayGather<Element: MappableElement>(
    _ range: Range<Int>, of array: TypedArray<Element>, isPacked: Bool, for call: Call
  ) throws(CommandError) -> Bool {
    if isPacked {
      _ = try Gathering<Element>.replyBytes(of: range.count, with: self)
    } else {
      _ = try Listing<Element>.replyBytes(of: range.count, with: self)
    }
    memory.update(call.context)
    return call.mayBlock
  }
}
