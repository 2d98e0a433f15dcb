import MappedArray
import ServerModule

/// Replies a range of elements packed, from the file as it is: what is not too much to hold up those who would cut it.
struct Packed<Element: MappableElement>: ReadingWork {
  /// As many as are copied in a few milliseconds.
  static var mostCount: Int { (16 << 20) / MemoryLayout<Element>.stride }

  private let range: Range<Int>
  private let readers: ElementReaders
  private let memory: ReservedMemory
  private var isTouched = false

  init(_ range: Range<Int>, of array: TypedArray<Element>, with services: Services) throws(CommandError) {
    self.range = range
    readers = array.elements.shareElements()
    memory = ReservedMemory(services.memory)
    try memory.add(range.count * MemoryLayout<Element>.stride)
  }

  /// - Returns: the one pass, which sees whether all is there.
  mutating func nextPass() throws(CommandError) -> Void? {
    guard !isTouched else { return nil }
    isTouched = true
    // The server ends itself if it has no memory for the reply.
    guard ServerMemory(byteCount: range.count * MemoryLayout<Element>.stride) != nil else { throw .outOfMemory }
    return ()
  }

  static func read(_ slice: ElementView<Element>, at index: Int, in pass: Void) { slice.touch() }

  mutating func take(_ part: Void) -> Bool { true }

  mutating func discard() { memory.giveBack() }

  var replyCount: Int { 1 }

  func write(_ part: Int, to reply: Reply, isRESP3: Bool) {
    // What goes in the moment since it has been seen is zeros; whoever comes next hears of it.
    try? readers.read(range, as: Element.self) { elements in
      reply.bytes(UnsafeRawBufferPointer(start: elements.base, count: elements.count * MemoryLayout<Element>.stride))
    }
  }
}
