import Glibc
import LiveServer
import MappedArrayClient
import Testing

extension ModuleServer {
  /// Binds a key to a new file, named like it, that holds these values.
  func makeArray(
    _ key: String = "a", _ type: String = "i8", _ format: Format = .npy, _ values: [any ArgumentConvertible] = []
  ) throws {
    try connection.send(["MMAP", key, key, type].map(\.argument) + (format == .raw ? ["RAW"] : []))
    guard !values.isEmpty else { return }
    #expect(try send(["MMAP.ADD", key] + values) == .integer(values.count))
  }

  /// Binds a key to a new raw file, named like it, that is sparse and zeros.
  func mapZeros(_ name: String, bytes: Int, as type: String) throws {
    try write([], to: name)
    #expect(truncate(path(name), bytes) == 0)
    #expect(try self("MMAP", name, name, type).errorText == nil)
  }

  /// A field of `INFO mmaparray`.
  func work(_ field: String) throws -> Int { try number("mmaparray_\(field)", of: "mmaparray") }

  /// Adds bytes to a file as another program does: the file is never shorter than it was.
  func append(_ bytes: [UInt8], to name: String) throws {
    let descriptor = open(path(name), O_WRONLY | O_APPEND | O_CLOEXEC)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
  }

  /// The files below the root that the server has open, once for each descriptor and each mapping.
  func openFiles() throws -> [String] {
    let text = try Python.run(
      script: """
        import os, sys
        process, root = sys.argv[1:]
        names = [line.split(maxsplit=5)[-1].strip() for line in open(process + '/maps')]
        for name in os.listdir(process + '/fd'):
            try: names.append(os.readlink(process + '/fd/' + name))
            except FileNotFoundError: pass
        print(*(name[len(root):] for name in names if name.startswith(root)), sep='\\n', end='')
        """, arguments: ["/proc/\(live.processIdentifier)", path()])
    return text.split(separator: "\n").map(String.init)
  }

  /// All elements of an array, as texts.
  func texts(_ key: String = "a") throws -> [String?] {
    try #require(try send(["VALL", key]).elements).map(\.text)
  }

  /// Sends a command that must fail, and returns what it says.
  func failure(_ words: [any ArgumentConvertible]) throws -> String {
    try #require(try send(words).errorText, "\(words) succeeds")
  }

  /// Sends a command that must fail and must leave an array, and its file, as they are.
  func expectRefusal(_ words: [any ArgumentConvertible], of key: String = "a", saying text: String) throws {
    let before = (try send(["MMAP.READ", key]), try bytes(key))
    let error = try failure(words)
    #expect(error.hasPrefix("ERR ") && error.contains(text), "\(words): \(error)")
    #expect(try send(["MMAP.READ", key]) == before.0, "\(words)")
    // Spare room behind the elements may have been cut off.
    #expect(try before.1.starts(with: bytes(key)), "\(words)")
  }
}

extension Reply {
  /// An array of integers.
  static func integers(_ integers: some Sequence<Int>) -> Reply { .array(integers.map { .integer($0) }) }
}
