import MappedArray
import ModuleWork
import ServerModule

/// Elements that are replied packed, wherever they lie in an array.
protocol PackedSelection: Sendable {
  /// How many there are.
  var count: Int { get }
  /// From the lowest index to behind the highest.
  var extent: Range<Int> { get }
  /// How many are copied in about a millisecond, of that size in bytes.
  func sliceCount(elementSize: Int) -> Int

  /// Calls `body` with the indexes of all of them: ranges of what lies side by side.
  func forEachRun(_ body: (Range<Int>) -> Void)

  /// Copies some of them.
  ///
  /// - Parameters:
  ///   - part: which, counted in their own order.
  ///   - elements: `extent`.
  func copy<Element: MappableElement>(
    _ part: Range<Int>, of elements: ElementView<Element>, to destination: UnsafeMutableRawPointer)

  /// In how many parts the reply is made.
  func replyCount(elementSize: Int) -> Int

  /// Makes a part of the reply of all that was copied.
  func write(_ part: Int, of bytes: UnsafeRawBufferPointer, elementSize: Int, to reply: Reply)
}

/// Copies selected elements into memory of the server's, and replies them packed.
struct Copying<Element: MappableElement, Selection: PackedSelection>: ReadingWork {
  let sliceCount: Int
  private let selection: Selection
  /// nil if nothing can happen to the file meanwhile.
  private let rows: RowShape?
  /// What is reserved; nil if it is too little to be counted, and copied at once.
  private let memory: ReservedMemory?
  private var copy: ServerMemory?

  private init(_ selection: Selection, of array: TypedArray<Element>, memory: ReservedMemory?) {
    self.selection = selection
    self.memory = memory
    rows = memory == nil ? nil : RowShape(array)
    sliceCount = max(1, selection.sliceCount(elementSize: MemoryLayout<Element>.stride))
  }

  private var byteCount: Int { selection.count * MemoryLayout<Element>.stride }

  struct Pass: Sendable {
    let selection: Selection
    let rows: RowShape?
    let memory: ServerMemory
    let sliceCount: Int
  }

  mutating func nextPass() throws(CommandError) -> Pass? {
    guard copy == nil else { return nil }
    // What the reply will take must be there too: the server ends itself if it is not.
    guard let copy = ServerMemory(byteCount: byteCount), ServerMemory(byteCount: byteCount) != nil else {
      throw .outOfMemory
    }
    self.copy = copy
    return Pass(selection: selection, rows: rows, memory: copy, sliceCount: sliceCount)
  }

  static func elements(for slice: Range<Int>, in pass: Pass) -> Range<Int> { pass.selection.extent }

  static func read(_ view: ElementView<Element>, at index: Int, in pass: Pass) throws(CommandError) {
    let selection = pass.selection
    guard view.count == selection.extent.count else {
      throw .argument("the array has become shorter while it was read; try again")
    }
    if let destination = pass.memory.bytes.baseAddress {
      selection.copy(
        index..<min(index + pass.sliceCount, selection.count), of: view,
        to: destination + index * MemoryLayout<Element>.stride)
    }
    try pass.rows?.check()
  }

  mutating func take(_ part: Void) -> Bool { true }

  mutating func discard() {
    copy = nil
    memory?.giveBack()
  }

  var replyCount: Int { selection.replyCount(elementSize: MemoryLayout<Element>.stride) }

  func write(_ part: Int, to reply: Reply, isRESP3: Bool) {
    guard let copy else { return }
    selection.write(
      part, of: UnsafeRawBufferPointer(copy.bytes), elementSize: MemoryLayout<Element>.stride, to: reply)
  }

  /// Replies the elements: at once if they are few, otherwise from another thread.
  ///
  /// - Throws: `.largeReply`, `.outOfMemory`; `.argument` if the array is cut or mapped anew meanwhile.
  static func reply(
    _ selection: Selection, of array: TypedArray<Element>, for call: Call, with services: Services
  ) throws(CommandError) {
    let bytes = try services.replyBytes(
      of: selection.count, each: MemoryLayout<Element>.stride, instead: "ask for less at once")
    guard isMany(selection) else {
      try services.needToRead(of: array, for: call, eachOf: selection.forEachRun)
      return try services.performAtOnce(
        Copying(selection, of: array, memory: nil), over: 0..<selection.count, of: array, for: call)
    }
    services.memory.update(call.context)
    let memory = ReservedMemory(services.memory)
    // The copy, and the reply that is made of it.
    try memory.add(2 * bytes)
    try services.perform(
      Copying(selection, of: array, memory: memory), over: 0..<selection.count, of: array, for: call, isLong: true)
  }

  /// Whether another thread is worth being woken for it. The kernel may have to be asked about each page.
  static func isMany(_ selection: Selection) -> Bool {
    let stride = MemoryLayout<Element>.stride
    return selection.count >= min(ReplySize.manyBytes / stride, selection.sliceCount(elementSize: stride) / 8)
  }
}
