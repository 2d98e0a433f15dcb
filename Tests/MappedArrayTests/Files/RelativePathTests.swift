import SystemPackage
import TestSupport
import Testing

@testable import MappedArray

/// Paths as they come from outside.
struct RelativePathTests {
  private func bytes(_ path: String, root: String = "/srv/root") throws -> String {
    let path = try Array(path.utf8).withUnsafeBytes { try RelativePath(bytes: $0, root: FilePath(root)) }
    return String(decoding: path.bytes, as: UTF8.self)
  }

  @Test(
    "what they mean",
    arguments: [
      ("a", "a"), ("a/b", "a/b"), ("./a", "a"), ("a/./b", "a/b"), ("./././a", "a"), ("a//b", "a/b"),
      ("a///b//c", "a/b/c"),
      (".a", ".a"), ("..a", "..a"), ("a..", "a.."), ("...", "..."), ("a/.../b", "a/.../b"), (" ", " "),
      ("a\nb", "a\nb"),
      ("~", "~"), ("C:\\a", "C:\\a"), ("/srv/root/a", "a"), ("//srv//root///a", "a"), ("/srv/./root/a/./b", "a/b"),
      ("/srv/root/srv/root/a", "srv/root/a"), ("ä/数", "ä/数"),
    ])
  func meaning(path: String, relative: String) throws {
    #expect(try bytes(path) == relative)
  }

  @Test(
    "a name with a mark, in place of an older one",
    arguments: [
      ("a", "a.mark-7"), ("a.mark-12", "a.mark-7"), ("a.mark-1.mark-2.mark-3", "a.mark-7"),
      (".mark-1", ".mark-1.mark-7"),
      ("a.mark-1/b.npy", "a.mark-1/b.npy.mark-7"), ("a/b.mark-", "a/b.mark-7"),
      ("a/" + String(repeating: "b", count: 247), "a/" + String(repeating: "b", count: 247) + ".mark-7"),
      ("a/" + String(repeating: "b", count: 255), "a/" + String(repeating: "b", count: 248) + ".mark-7"),
      (String(repeating: "b", count: 255), String(repeating: "b", count: 248) + ".mark-7"),
    ])
  func marks(path: String, marked: String) throws {
    let path = try Array(path.utf8).withUnsafeBytes { try RelativePath(bytes: $0, root: "/srv/root") }
    let bytes = path.marked(".mark-", "7").bytes
    #expect(String(decoding: bytes, as: UTF8.self) == marked)
  }

  @Test(
    "what they cannot be",
    arguments: [
      ("", .empty), (".", .empty), ("./", .empty), ("./.", .empty), ("/srv/root", .empty), ("/srv/root/", .empty),
      ("/srv/root/.", .empty), ("..", .parentDirectory), ("../a", .parentDirectory), ("a/..", .parentDirectory),
      ("a/../b", .parentDirectory), ("a/b/../../..", .parentDirectory), ("./..", .parentDirectory),
      ("/srv/root/../root/a", .parentDirectory), ("/srv/root/..", .parentDirectory), ("a//..//b", .parentDirectory),
      ("/", .outsideRoot(root: "/srv/root")), ("/a", .outsideRoot(root: "/srv/root")),
      ("/srv", .outsideRoot(root: "/srv/root")), ("/srv/rootless/a", .outsideRoot(root: "/srv/root")),
      ("/srv/roo/a", .outsideRoot(root: "/srv/root")), ("/srv/../srv/root/a", .outsideRoot(root: "/srv/root")),
      ("/SRV/root/a", .outsideRoot(root: "/srv/root")), ("a/", .notRegularFile), ("a/b//", .notRegularFile),
      ("/srv/root/a/", .notRegularFile), ("\0", .zeroByte), ("a\0", .zeroByte), ("a\0b", .zeroByte),
      ("\0/../a", .zeroByte), ("/srv/root/\0", .zeroByte),
    ] as [(String, MappedArrayError.PathError)])
  func refused(path: String, error: MappedArrayError.PathError) {
    #expect(throws: MappedArrayError.path(error)) { try bytes(path) }
  }

  @Test("the whole file system as the root")
  func wholeSystem() throws {
    #expect(try bytes("/a/b", root: "/") == "a/b")
    #expect(try bytes("a/b", root: "/") == "a/b")
    #expect(throws: MappedArrayError.path(.empty)) { try bytes("/", root: "/") }
    #expect(throws: MappedArrayError.path(.parentDirectory)) { try bytes("/..", root: "/") }
  }

  @Test("as long as the system allows, and longer")
  func long() throws {
    let longest = String(repeating: "a/", count: 2047) + "b"
    #expect(try bytes(longest) == longest)
    #expect(throws: MappedArrayError.path(.tooLong(bytes: 4096))) { try bytes(longest + "c") }
    #expect(throws: MappedArrayError.path(.tooLong(bytes: 1 << 20))) {
      try bytes(String(repeating: "a", count: 1 << 20))
    }
    #expect(throws: MappedArrayError.path(.empty)) { try bytes(String(repeating: "./", count: 2047)) }
  }

  @Test("paths are bytes and not text")
  func invalidText() throws {
    for name in [[0xFF], [0x80, 0x61], [0xC3], [0xED, 0xA0, 0x80], Array(1...0x2E) + Array(0x30...0xFF)] as [[UInt8]] {
      let path = try name.withUnsafeBytes { try RelativePath(bytes: $0, root: "/srv/root") }
      #expect(path.bytes == name)
    }
    // Different bytes are different files, even where they are the same text.
    #expect(try bytes("\u{E9}") == "\u{E9}")
    let (composed, decomposed) = (try bytes("\u{E9}").utf8.count, try bytes("e\u{301}").utf8.count)
    #expect(composed != decomposed)
  }

  @Test("random paths: below the root, or refused", arguments: 0..<4)
  func random(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let parts = ["a", "..", ".", "/", "//", "\0", "srv", "root", "/srv/root", "\u{FF}", " ", "..."].map {
      Array($0.utf8)
    }
    for round in 0..<5000 {
      let path = (0..<Int.random(in: 0...9, using: &random)).flatMap { _ in parts.randomElement(using: &random) ?? [] }
      guard let relative = try? path.withUnsafeBytes({ try RelativePath(bytes: $0, root: "/srv/root") }) else {
        continue
      }
      let names = relative.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
      let isBelow = !names.isEmpty && names.allSatisfy { !$0.isEmpty && $0 != [0x2E] && $0 != [0x2E, 0x2E] }
      #expect(isBelow && !relative.bytes.contains(0), "seed \(seed), round \(round): \(path)")
      // Reading what was read gives the same.
      #expect(try relative.bytes.withUnsafeBytes { try RelativePath(bytes: $0, root: "/srv/root") } == relative)
    }
  }
}
