import Glibc
import MappedArray
import ServerModule

/// Copies a range of elements into memory of the server's, and replies them: as an array, or packed.
///
/// The copy is what the reply is made from, so that nothing that happens to the file meanwhile can spoil a reply that has
/// been begun.
struct Gathering<Element: MappableElement>: ReadingWork {
  private let range: Range<Int>
  private let isPacked: Bool
  private let memory: ReservedMemory
  private let mostReplyBytes: Int
  private var copy: ServerMemory?
  private var count = 0

  /// - Throws: `.largeReply` if the reply can have more bytes than are allowed, `.outOfMemory` if there is no memory for
  ///   it.
  init(_ range: Range<Int>, isPacked: Bool, with services: Services) throws(CommandError) {
    self.range = range
    self.isPacked = isPacked
    mostReplyBytes = try Self.replyBytes(of: range.count, isPacked: isPacked, with: services)
    memory = ReservedMemory(services.memory)
    try memory.add(mostReplyBytes + range.count * MemoryLayout<Element>.stride)
  }

  /// How many bytes a reply of so many elements has at most.
  @inline(__always)
  static func replyBytes(of count: Int, isPacked: Bool, with services: Services) throws(CommandError) -> Int {
    try services.replyBytes(
      of: count, each: isPacked ? MemoryLayout<Element>.stride : ReplySize.most(of: Element.self),
      instead: isPacked
        ? "read it in pieces, with MMAP.READ key index count" : "read it in pieces, with MMAP.RANGE key start stop")
  }

  /// - Returns: where the copy is made.
  mutating func nextPass() throws(CommandError) -> Destination? {
    guard copy == nil else { return nil }
    // What the reply will take must be there too: the server ends itself if it is not.
    guard let copy = ServerMemory(byteCount: range.count * MemoryLayout<Element>.stride),
      ServerMemory(byteCount: mostReplyBytes) != nil
    else { throw .outOfMemory }
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

  private var piece: Int { ReplySize.piece(of: Element.self) }

  var replyCount: Int { isPacked ? 1 : max(1, (count + piece - 1) / piece) }

  func write(_ part: Int, to reply: Reply, isRESP3: Bool) {
    guard let bytes = copy?.bytes else { return }
    guard !isPacked else {
      return reply.bytes(UnsafeRawBufferPointer(rebasing: bytes[..<(count * MemoryLayout<Element>.stride)]))
    }
    if part == 0 { reply.array(count: count) }
    let start = part * piece
    reply.withElements(of: Element.self, isRESP3: isRESP3) { reply in
      for index in start..<min(start + piece, count) {
        reply(bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Element>.stride, as: Element.self))
      }
    }
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
    if isPacked, range.count <= Packed<Element>.mostCount {
      let work = try Packed<Element>(range, of: array, with: self)
      return try perform(work, over: range, of: array, for: call, isLong: true)
    }
    try perform(
      Gathering<Element>(range, isPacked: isPacked, with: self), over: range, of: array, for: call, isLong: true)
  }

  @inline(never)
  private func mayGather<Element: MappableElement>(
    _ range: Range<Int>, of array: TypedArray<Element>, isPacked: Bool, for call: Call
  ) throws(CommandError) -> Bool {
    _ = try Gathering<Element>.replyBytes(of: range.count, isPacked: isPacked, with: self)
    memory.update(call.context)
    return call.mayBlock
  }
}
