import Glibc
import LiveServer
import MappedArrayClient

// What other programs do to the master's files.
extension Storm {
  /// A raw file is appended to, cut, or cut and written anew.
  func changeOutside() throws {
    guard
      let array = pick(writable.filter { $0.isKnown && $0.format == .raw }), let key = pick(array.writers.sorted())
    else { return }
    let path = master.path(array.path)
    (array.isSettled, array.hasOutsideChange) = (false, true)
    let before = array.contents.packed
    switch number(0..<4) {
    case 0, 1:
      let more = array.contents.grow(by: number(1..<200), using: &generator)
      try write(more, to: path, O_APPEND)
      array.note("outside: \(more.count) bytes are appended")
    case 2 where !before.isEmpty:
      array.contents.take(Array(before.prefix(number(0..<array.contents.count) * array.type.size)))
      guard truncate(path, array.contents.packed.count) == 0 else { throw StormFailure("truncate \(path): \(errno)") }
      array.note("outside: cut to \(array.contents.count) elements")
    case 3 where !before.isEmpty:
      let count = number(0..<array.contents.count)
      array.contents.take([])
      try write(array.contents.grow(by: count, using: &generator), to: path, O_TRUNC)
      array.note("outside: cut and written anew, \(count) elements")
    default: return
    }
    note("outside: \(array.path)")
    // The first command after a cut may be the one that finds it.
    let count = Reply.integer(array.contents.count)
    if try send(["VCOUNT", key], about: array) != count { try expect(count, ["VCOUNT", key], about: array) }
  }

  private func write(_ bytes: [UInt8], to path: String, _ flags: Int32) throws {
    let file = open(path, O_WRONLY | O_CLOEXEC | flags)
    guard file >= 0 else { throw StormFailure("\(path): errno \(errno)") }
    defer { close(file) }
    guard Glibc.write(file, bytes, bytes.count) == bytes.count else { throw StormFailure("\(path): errno \(errno)") }
  }

  /// The file gets one more name, which a key is mapped to.
  func addName() throws {
    guard
      let array = pick(writable.filter { $0.isKnown && !$0.hasLink }),
      let key = pick(Storm.keys.filter({ self.array(boundTo: $0) == nil }))
    else { return }
    let name = array.path + ".link\(commandCount)"
    guard link(master.path(array.path), master.path(name)) == 0 else {
      throw failure("link \(array.path): errno \(errno)", array)
    }
    array.hasLink = true
    note("link: \(name)")
    try expect(.integer(array.contents.count), ["MMAP", key, name] + array.words.dropFirst(), about: array)
    bind(key, to: array)
  }

  /// A new version is published by a rename, and taken.
  func publish() throws {
    guard
      let array = pick(writable.filter { $0.isKnown && !$0.hasLink }), let key = pick(array.keys.sorted())
    else { return }
    array.isSettled = false
    array.contents.take([])
    let packed = array.contents.grow(by: number(0..<300), using: &generator)
    let header = array.format == .npy ? NumPyHeader.bytes(array.type, count: array.contents.count) : []
    try master.write(header + packed, to: array.path + ".new")
    guard Glibc.rename(master.path(array.path + ".new"), master.path(array.path)) == 0 else {
      throw failure("rename: errno \(errno)", array)
    }
    note("reload: \(array.path)")
    try expect(.integer(array.contents.count), ["MMAP.RELOAD", key], about: array)
  }

  // MARK: - A large file

  static let largeCount = 16 << 20

  /// A file of many pieces is mapped; the one before goes.
  func mapLarge() throws {
    try send(["DEL", "large"])
    let path = "large\(commandCount)"
    // One that is not needed any more gives its room back.
    for node in nodes { if let older = large?.path { unlink(node.path(older)) } }
    try Shell.run(
      """
      printf '\\007' >'\(master.path(path))'; truncate --size=\(Storm.largeCount - 1) '\(master.path(path))'
      printf '\\007' >>'\(master.path(path))'
      """)
    note("large: \(path)")
    large = LargeFile(path: path, elements: [0: 7, 1: 0, Storm.largeCount - 1: 7])
    try expect(.integer(Storm.largeCount), ["MMAP", "large", path, "u8", "RAW"])
  }

  func changeLarge() throws {
    guard large != nil else { return }
    let (index, value) = (number(0..<Storm.largeCount), number(0..<256))
    large?.elements[index] = value
    try expect(.integer(1), ["VSET", "large", index, value])
  }

  /// What must be in it, at the places that are known.
  func checkLarge() throws {
    guard let large else { return }
    let elements = large.elements.sorted { $0.key < $1.key }
    try expect(.array(elements.map { .integer($0.value) }), ["VMGET", "large"] + elements.map(\.key))
  }
}

struct LargeFile {
  let path: String
  var elements: [Int: Int]
  /// Whether replicas had all of it at the last quiet point.
  var isSettled = false
}

/// The header that NumPy writes.
enum NumPyHeader {
  static func bytes(_ type: ElementCase, count: Int) -> [UInt8] {
    let order = type.size == 1 ? "|" : "<"
    let kind = type.isFloat ? "f" : String(type.numpyName.prefix(1))
    let text = "{'descr': '\(order)\(kind)\(type.size)', 'fortran_order': False, 'shape': (\(count),), }"
    let padding = String(repeating: " ", count: 117 - text.utf8.count)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array((text + padding + "\n").utf8)
  }
}
