import Glibc
import TestSupport
import Testing

struct FilesTests {
  @Test("a directory goes with its object, with all it holds")
  func directory() throws {
    var directory: TemporaryDirectory? = try TemporaryDirectory()
    let path = try #require(directory?.path)
    #expect(mkdir(path + "/below", 0o700) == 0)
    try Files.write([1, 2, 3], to: path + "/below/file")
    try Files.write([4], to: path + "/below/file")
    #expect(try Files.read(path + "/below/file") == [4])
    #expect(symlink("/", path + "/link") == 0)
    #expect(try Files.names(in: path) == ["below", "link"])
    #expect(try Files.absolute(path + "/link/.") == "/")
    directory = nil
    #expect(throws: ProcessError.system(subject: "opendir \(path)", code: ENOENT)) { try Files.names(in: path) }
    #expect(access("/", F_OK) == 0)
  }

  @Test("the programs of the system")
  func shell() throws {
    try Shell.run("true | cat")
    let error = try #require(throws: ProcessError.self) { try Shell.run("echo so; echo what >&2; exit 3") }
    #expect(error == .ended(.code(3), output: "so\nwhat\n"))
  }

  @Test("a disk that is full, but for a page", arguments: SmallDisk.Kind.allCases.filter(\.isAvailable))
  func disk(kind: SmallDisk.Kind) throws {
    var disk: SmallDisk? = try SmallDisk(kind)
    let path = try #require(disk?.path)
    if kind.isLimited {
      try disk?.fill()
      #expect(throws: ProcessError.self) { try Files.write([UInt8](repeating: 1, count: 4096), to: path + "/file") }
      try disk?.clear()
      try disk?.fill(leaving: 1)
    }
    // What a file that was made in vain takes is not given back.
    try Files.write([UInt8](repeating: 1, count: 4096), to: path + "/file")
    disk = nil
    #expect(access(path, F_OK) == -1)
  }

  @Test("random numbers are the same for the same seed")
  func generator() {
    // The first numbers of the reference implementation for 1234567.
    var generator = SeededGenerator(seed: 1_234_567)
    #expect(
      (0..<3).map { _ in generator.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      ])
    #expect(generator.pick([], or: 5) == 5)
  }
}
