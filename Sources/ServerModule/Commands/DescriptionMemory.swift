/// Owns the strings and lists that describe a command to the server, which copies them.
struct DescriptionMemory: ~Copyable {
  private var blocks: [UnsafeMutableRawPointer] = []

  deinit {
    for block in blocks { block.deallocate() }
  }

  /// A copy with a final zero byte.
  mutating func string(_ text: String) -> UnsafePointer<CChar>? {
    UnsafePointer(array(text.utf8CString.map { $0 }))
  }

  /// A copy of values of a C type, which need no destruction.
  mutating func array<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element>? {
    let copy = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
    _ = copy.initialize(from: elements)
    guard let base = copy.baseAddress else { return nil }
    blocks.append(UnsafeMutableRawPointer(base))
    return base
  }
}
