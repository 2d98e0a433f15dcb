import LiveServer
import MappedArrayClient

/// An array as the storm knows it: what keys are bound to it, and what must be in it.
final class StormArray {
  let number: Int
  let type: ElementCase
  let format: Format
  /// The name of its file on the master; another after RESTORE.
  var path: String
  /// The keys that are bound to it; `readers` are those that are READONLY.
  var writers: Set<String> = []
  var readers: Set<String> = []
  /// Whether the file has another name here (a hard link).
  var hasLink = false
  var contents: any StormContents
  /// Whether `contents` is what must be there. What was on its way when roles changed is not known, by design.
  var isKnown = true
  /// Whether another program has written to it since the last quiet point: that follows, but nobody waits for it.
  var hasOutsideChange = false
  /// Whether replicas have had all of it at the last quiet point, and nothing has come from elsewhere since.
  var isSettled = false
  /// The last commands that concerned it.
  private(set) var log: [String] = []

  init(_ number: Int, _ type: ElementCase, _ format: Format, path: String, seed: UInt64) {
    (self.number, self.type, self.format, self.path) = (number, type, format, path)
    contents = type.makeContents(seed: seed &+ UInt64(number) &* 7919)
  }

  var keys: Set<String> { writers.union(readers) }

  func note(_ text: String) {
    log.append(String(text.prefix(300)))
    if log.count > 40 { log.removeFirst() }
  }

  /// The words behind `MMAP key` that make it, or map it again: an empty file without RAW would get a header.
  var words: [String] { [path] + format.words(type) }

  /// A file of it, as it must be below the root.
  func holds(_ file: [UInt8]) -> Bool {
    switch format {
    case .raw: return contents.isSame(file)
    case .npy:
      let bytes = file.dropFirst(128)
      let size = contents.count * type.size
      return bytes.count >= size && contents.isSame(Array(bytes.prefix(size)))
    }
  }

  var description: String {
    let state = "\(isKnown ? "known" : "not known"), \(isSettled ? "settled" : "not settled")"
    return """
      array \(number): \(type.name) \(format) '\(path)', \(contents.count) elements, \(state)\(hasLink ? ", linked" : ""), \
      keys \(writers.sorted()), READONLY \(readers.sorted())
        \(log.joined(separator: "\n    "))
      """
  }
}

/// What `DUMP` has said, and what it was the dump of.
struct StormDump {
  let payload: [UInt8]
  let type: ElementCase
  let format: Format
  let path: String
  let packed: [UInt8]
}
