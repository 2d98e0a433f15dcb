import Glibc
import MappedArray
import ServerModule

/// Copies a range of elements, slice by slice, into memory of the server's, and replies them as an array.
///
/// The copy is what the reply is made from, so that nothing that happens to the file meanwhile can spoil a reply that has
/// been begun. A block for each slice: jemalloc gives the pages of larger ones back to the kernel at once, and each reply
/// would pay for new ones.
struct Listing<Element: MappableElement>: ReadingWork {
  private let range: Range<Int>
  private let memory: ReservedMemory
  private let mostReplyBytes: Int
  private var isBegun = false
  private var copies: [ServerMemory] = []
  private var count = 0

  /// - Throws: `.largeReply` if the reply can have more bytes than are allowed, `.outOfMemory` if there is no memory for
  ///   it.
  init(_ range: Range<Int>, with services: Services) throws(CommandError) {
    self.range = range
    mostReplyBytes = try Self.replyBytes(of: range.count, with: services)
    memory = ReservedMemory(services.memory)
    try memory.add(mostReplyBytes + range.count * MemoryLayout<Element>.stride)
  }

  /// How many bytes a reply of so many elements has at most.
  @inline(__always)
  static func replyBytes(of count: Int, with services: Services) throws(CommandError) -> Int {
    try services.replyBytes(
      of: count, each: ReplySize.most(of: Element.self), instead: "read it in pieces, with MMAP.RANGE key start stop")
  }

  mutating func nextPass() throws(CommandError) -> Void? {
    guard !isBegun else { return nil }
    isBegun = true
    // What the reply will take must be there: the server ends itself if it is not.
    guard ServerMemory(byteCount: mostReplyBytes) != nil else { throw .outOfMemory }
    return ()
  }

  static func read(_ slice: ElementView<Element>, at index: Int, in pass: Void) throws(CommandError) -> ServerMemory {
    guard let copy = ServerMemory(byteCount: slice.count * MemoryLayout<Element>.stride) else { throw .outOfMemory }
    if let destination = copy.bytes.baseAddress { memcpy(destination, slice.base, copy.bytes.count) }
    return copy
  }

  mutating func take(_ part: ServerMemory) -> Bool {
    let expected = min(sliceCount, range.count - count)
    let taken = part.bytes.count / MemoryLayout<Element>.stride
    copies.append(part)
    count += taken
    // If fewer are left by now, these are all.
    return taken == expected
  }

  mutating func discard() {
    copies = []
    memory.giveBack()
  }

  private var piece: Int { ReplySize.piece(of: Element.self) }
  /// In how many parts the elements of a slice are replied.
  private var piecesPerSlice: Int { (sliceCount + piece - 1) / piece }

  var replyCount: Int {
    let rest = count % sliceCount
    return max(1, count / sliceCount * piecesPerSlice + (rest + piece - 1) / piece)
  }

  func write(_ part: Int, to reply: Reply, isRESP3: Bool) {
    if part == 0 { reply.array(count: count) }
    let (slice, start) = (part / piecesPerSlice, part % piecesPerSlice * piece)
    guard slice < copies.count else { return }
    let (stride, bytes) = (MemoryLayout<Element>.stride, copies[slice].bytes)
    let end = min(start + piece, bytes.count / stride)
    Element.elementType.accept(
      ListingPiece(
        bytes: UnsafeRawBufferPointer(rebasing: bytes[start * stride..<end * stride]), reply: reply, isRESP3: isRESP3))
  }
}

/// Replies packed elements one by one. Here the compiler knows their type: jobs are objects, whose methods it does not make
/// for each type.
private struct ListingPiece: ElementTypeVisitor {
  let bytes: UnsafeRawBufferPointer
  let reply: Reply
  let isRESP3: Bool

  func visit<Element: MappableElement>(_ type: Element.Type) {
    reply.withElements(of: Element.self, isRESP3: isRESP3) { reply in
      for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<Element>.stride) {
        reply(bytes.loadUnaligned(fromByteOffset: offset, as: Element.self))
      }
    }
  }
}
