import Glibc
import SystemPackage

@testable import MappedArray

/// A root in a directory of its own, with links out of it, in circles and to nowhere. It is removed when the process
/// ends as it should.
struct Sandbox: ~Copyable {
  let root: Root
  /// The same without `openat2`.
  let walkedRoot: Root

  /// Names of what there is, and of what there is not.
  static let names = [
    "file", "directory", "up", "self", "link", "loop", "dangling", "fifo", "outside", "secret", "missing", "..", ".",
    "",
    ".mmaparray", "root",
  ]

  init() throws {
    var template = Array("/tmp/mmaparray-fuzz.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
    let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let below = directory + "/root/"
    mkdir(below, 0o700)
    mkdir(below + "directory", 0o700)
    close(open(directory + "/secret", O_CREAT | O_WRONLY, 0o600))
    for name in ["file", "directory/file"] { close(open(below + name, O_CREAT | O_WRONLY, 0o600)) }
    for (name, target) in [
      ("up", ".."), ("self", "."), ("link", "../secret"), ("loop", "loop"), ("dangling", "../new"),
      ("directory/up", "../.."), ("directory/link", "../file"),
    ] { symlink(target, below + name) }
    mkfifo(below + "fifo", 0o600)
    let opened = try Root(path: FilePath(below))
    let walked = try Root(path: FilePath(below), walks: true)
    Sandbox.directory = directory
    atexit { system("rm -rf '\(Sandbox.directory)'") }
    root = opened
    walkedRoot = walked
  }

  // Written once, before there are threads.
  nonisolated(unsafe) private static var directory = ""
}
