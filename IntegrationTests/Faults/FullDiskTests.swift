import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// Space that there is not: on small disks, and by a limit of file sizes. An error leaves everything as it was.
struct FullDiskTests {
  /// An array of i64, and what cannot be done to it where there is no space.
  enum Contents: CaseIterable, Sendable {
    /// Elements that have space.
    case dense
    /// Elements that lie in holes.
    case sparse
  }

  private static let count = 1 << 17
  private static let blob = [UInt8](repeating: 1, count: 1 << 20)

  /// Commands that need space behind the end of an array of `count` elements.
  private static func growing(_ count: Int) -> [[any ArgumentConvertible]] {
    [
      ["MMAP.APPEND", "a", blob], ["MMAP.RESIZE", "a", count + (1 << 20)], ["MMAP.RESIZE", "a", count + (1 << 17)],
      ["MMAP.WRITE", "a", count - 512, blob], ["MMAP.WRITE", "a", count, blob], ["MMAP.WRITE", "a", count + 512, blob],
      ["MMAP.ADD", "a"] + Array(repeating: "1", count: 1 << 17),
    ]
  }

  /// Commands that need space in the holes of the array.
  private static var filling: [[any ArgumentConvertible]] {
    // One in each page: the system counts the last few pages of a disk roughly.
    let pairs = (0..<256).flatMap { ["\($0 * 512)", "9"] }
    return [
      ["MMAP.FILL", "a", 0, -1, 7], ["MMAP.WRITE", "a", 0, blob], ["MMAP.WRITE", "a", count - (1 << 16), blob],
      ["VSET", "a"] + pairs, ["MMAP.INCRBY", "a"] + pairs,
    ]
  }

  /// Maps a file of i64 in `directory`, and returns its count.
  private func prepare(
    _ server: ModuleServer, _ directory: String, _ format: Format, _ contents: Contents
  ) throws -> Int {
    switch contents {
    case .dense:
      try server.send(["MMAP", "a", "file"] + format.words(.all[3]))
      try server("MMAP.APPEND", "a", (0..<8192).map { UInt8(truncatingIfNeeded: $0) })
      return 1024
    case .sparse:
      let text = "{'descr': '<i8', 'fortran_order': False, 'shape': (\(FullDiskTests.count),), }"
      let padding = String(repeating: " ", count: 117 - text.utf8.count)
      let header = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array((text + padding + "\n").utf8)
      try Files.write(format == .npy ? header : [], to: directory + "/file")
      #expect(truncate(directory + "/file", format.size(.all[3], FullDiskTests.count)) == 0)
      try server.send(["MMAP", "a", "file"] + format.wordsToMapAgain(.all[3]))
      return FullDiskTests.count
    }
  }

  /// Sends commands that must fail and change nothing.
  private func expectRefusals(
    _ server: ModuleServer, _ commands: [[any ArgumentConvertible]], _ reason: String, file: String, count: Int,
    keepsSize: Bool
  ) throws {
    let before = try Files.read(file)
    for command in commands {
      let error = try server.send(command).errorText
      #expect(error?.hasPrefix("ERR 'file': ") == true && error?.contains(reason) == true, "\(command[0])")
      #expect(try server("VCOUNT", "a") == .integer(count), "\(command[0])")
      let after = try Files.read(file)
      // Room behind the elements may have gone.
      #expect(keepsSize ? after == before : after.starts(with: before.prefix(after.count)), "\(command[0])")
    }
  }

  /// There is room again.
  private func expectGrowth(_ server: ModuleServer, count: Int) throws {
    #expect(try server("MMAP.ADD", "a", 1) == .integer(1))
    #expect(try server("MMAP.APPEND", "a", FullDiskTests.blob) == .integer(1 << 17))
    #expect(try server("MMAP.FILL", "a", 0, -1, 3) == .integer(count + 1 + (1 << 17)))
    #expect(try server("VSET", "a", 0, 1, 1000, 2) == .integer(2))
    #expect(try server("VCOUNT", "a") == .integer(count + 1 + (1 << 17)))
  }

  @Test(
    "a full disk",
    arguments: SmallDisk.Kind.allCases.filter { $0.isLimited && $0.isAvailable },
    Format.allCases.flatMap { format in
      Contents.allCases.map { (format, $0) }
    })
  func disk(kind: SmallDisk.Kind, array: (format: Format, contents: Contents)) throws {
    let disk = try SmallDisk(kind)
    let server = try ModuleServer(moduleArguments: ["root", disk.innerPath])
    let count = try prepare(server, disk.path, array.format, array.contents)
    try disk.fill()
    let commands = FullDiskTests.growing(count) + (array.contents == .sparse ? FullDiskTests.filling : [])
    try expectRefusals(
      server, commands, "No space left on device", file: disk.path + "/file", count: count,
      keepsSize: array.format == .raw)
    // One by one until there is no room left.
    var added = 0
    while try server("MMAP.ADD", "a", 5) == .integer(1) { added += 1 }
    #expect(added < 10_000)
    #expect(try server("VCOUNT", "a") == .integer(count + added))
    #expect(try server("MMAP", "new", "new", "f64").errorText?.contains("No space left") != false)
    try disk.clear()
    try expectGrowth(server, count: count + added)
  }

  @Test("a limit of file sizes", arguments: Format.allCases)
  func limit(format: Format) throws {
    let server = try ModuleServer()
    let count = try prepare(server, server.path(), format, .dense)
    let file = server.path("file")
    let size = format.size(.all[3], count)
    try Shell.run("prlimit --pid \(server.live.processIdentifier) --fsize=\(size):")
    try expectRefusals(
      server, FullDiskTests.growing(count), "File too large", file: file, count: count, keepsSize: format == .raw)
    try Shell.run("prlimit --pid \(server.live.processIdentifier) --fsize=unlimited:")
    try expectGrowth(server, count: count)
  }
}
