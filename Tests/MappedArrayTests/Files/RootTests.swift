import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import MappedArray

/// What a root opens and what it refuses, with `openat2` and without.
struct RootTests {
  private static let requests = [
    MappingRequest(), MappingRequest(access: .readOnly), MappingRequest(elementType: .f64),
  ]

  /// Why a file cannot be opened, for each request; nil where it can.
  private func refusals(_ workspace: Workspace, _ name: String) throws -> [MappedArrayError?] {
    try RootTests.requests.map { request in
      do throws(any Error) {
        _ = try workspace.open(name, request)
        return nil
      } catch let error as MappedArrayError {
        return error
      }
    }
  }

  private func expectSystemError(
    _ codes: [Errno], _ workspace: Workspace, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for error in try refusals(workspace, name) {
      guard case .system(let failure, let path) = error else {
        Issue.record("\(name): \(String(describing: error))", sourceLocation: sourceLocation)
        continue
      }
      #expect(codes.contains(failure.errno), "\(name): \(failure)", sourceLocation: sourceLocation)
      #expect(!path.isEmpty, sourceLocation: sourceLocation)
    }
  }

  @Test("files and directories below it", arguments: [false, true])
  func below(walks: Bool) throws {
    let workspace = try Workspace(walks: walks)
    try call { mkdir(workspace.path("a"), 0o755) }
    try call { mkdir(workspace.path("a/b"), 0o755) }
    for name in ["x", "a/x", "a/b/x", "./a/./b/y", "a//b///z", workspace.path("a/absolute"), ".hidden", "..."] {
      #expect(try workspace.open(name).format == .raw)
      #expect(try workspace.open(name, MappingRequest(access: .readOnly)).format == .raw)
    }
    #expect(workspace.exists("a/b/z") && workspace.exists("a/absolute"))
    for bytes in [[0xFF, 0xFE], [0x61, 0x2F, 0xC3]] as [[UInt8]] {
      let path = try workspace.relative(bytes: bytes)
      #expect(workspace.root.identity(of: path) == nil)
      let file = try ArrayFile(opening: path, in: workspace.root, for: MappingRequest())
      #expect(workspace.root.identity(of: path) == file.identity)
    }
  }

  @Test("symbolic links lead nowhere", arguments: [false, true])
  func links(walks: Bool) throws {
    let workspace = try Workspace(walks: walks)
    let outside = workspace.outside
    try Files.write([1, 2, 3], to: outside + "/secret")
    try call { mkdir(workspace.path("directory"), 0o755) }
    try workspace.write([4], to: "directory/file")
    let links = [
      ("file", outside + "/secret"), ("relative", "../secret"), ("dangling", outside + "/new"),
      ("inside", workspace.path("directory/file")), ("near", "directory/file"), ("loop", "loop"),
      ("device", "/dev/zero"), ("process", "/proc/self/mem"),
      ("up", ".."), ("root", workspace.root.path.string), ("here", "."), ("there", "directory"),
      ("directory/up", "../.."), ("directory/back", ".."),
    ]
    for (name, target) in links { try call { symlink(target, workspace.path(name)) } }
    for name in [
      "file", "relative", "dangling", "inside", "near", "loop", "device", "process", "up/secret", "root/directory/file",
      "here/directory/file", "there/file", "directory/up/secret", "directory/back/directory/file", "up/new",
      "directory/up/new", "there/new", "loop/file", workspace.path("up/secret"),
    ] {
      try expectSystemError([.tooManySymbolicLinkLevels, .notDirectory], workspace, name)
    }
    #expect(try Files.read(outside + "/secret") == [1, 2, 3])
    #expect(access(outside + "/new", F_OK) != 0)
    #expect(!workspace.exists("directory/new"))
    #expect(try workspace.read("directory/file") == [4])
    // Through the names of the files themselves they can be had.
    #expect(try workspace.open("directory/file").format == .raw)
  }

  @Test("a link to the root, or to its parent", arguments: [false, true])
  func linkedRoot(walks: Bool) throws {
    let workspace = try Workspace()
    try call { symlink(workspace.outside, workspace.outside + "/parent") }
    try call { symlink("root", workspace.outside + "/link") }
    for path in [
      workspace.outside + "/parent/root", workspace.outside + "/link", workspace.root.path.string + "/../link/",
    ] {
      let root = try Root(path: FilePath(path), walks: walks)
      #expect(root.path == workspace.root.path)
      let file = try Array(workspace.path("x").utf8).withUnsafeBytes { try root.relativePath($0) }
      #expect(try ArrayFile(opening: file, in: root, for: MappingRequest()).format == .raw)
      // An absolute path is compared with the root's own.
      #expect(throws: MappedArrayError.path(.outsideRoot(root: root.path.string))) {
        try Array((workspace.outside + "/link/x").utf8).withUnsafeBytes { try root.relativePath($0) }
      }
    }
    #expect(workspace.exists("x"))
  }

  @Test("only regular files, and no waiting", arguments: [false, true])
  func otherKinds(walks: Bool) throws {
    let workspace = try Workspace(walks: walks)
    try call { mkfifo(workspace.path("fifo"), 0o666) }
    try call { mkdir(workspace.path("directory"), 0o755) }
    let listener = try call { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) }
    defer { close(listener) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: workspace.path("socket").utf8) }
    _ = try withUnsafeBytes(of: &address) { address in
      try call { bind(listener, address.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(address.count)) }
    }
    for name in ["fifo", "directory", "directory/", "socket"] {
      #expect(try refusals(workspace, name).allSatisfy { $0 == .path(.notRegularFile) }, "\(name)")
    }
    try workspace.write([1], to: "file")
    try expectSystemError([.notDirectory], workspace, "file/file")
    // Devices are in a root of their own.
    let devices = try Root(path: "/dev", walks: walks)
    for name in ["null", "zero", "tty"] {
      let path = try Array(name.utf8).withUnsafeBytes { try devices.relativePath($0) }
      for request in RootTests.requests {
        #expect(throws: MappedArrayError.self) { _ = try ArrayFile(opening: path, in: devices, for: request) }
      }
    }
  }

  @Test("paths that the system refuses", arguments: [false, true])
  func systemErrors(walks: Bool) throws {
    let workspace = try Workspace(walks: walks)
    try expectSystemError([.noSuchFileOrDirectory], workspace, "missing/file")
    try expectSystemError([.noSuchFileOrDirectory], workspace, "missing/missing/file")
    try expectSystemError([.fileNameTooLong], workspace, String(repeating: "n", count: 256))
    try expectSystemError([.noSuchFileOrDirectory], workspace, String(repeating: "a/", count: 50) + "b")
    #expect(!workspace.exists("missing"))
    let longest = String(repeating: "n", count: 255)
    #expect(try workspace.open(longest).format == .raw)
  }

  @Test("what was created is removed when it cannot be used", arguments: [false, true])
  func removed(walks: Bool) throws {
    let workspace = try Workspace(walks: walks)
    try call { mkdir(workspace.path("a"), 0o755) }
    let path = try workspace.relative("a/file")
    let opened = try workspace.root.open(path, access: .writable, creating: true)
    let again = try workspace.root.open(path, access: .writable, creating: true)
    let isNew = (opened.isNew, again.isNew)
    #expect(isNew == (true, false))
    workspace.root.remove(path)
    #expect(!workspace.exists("a/file"))
    #expect(throws: MappedArrayError.self) { _ = try workspace.root.open(path, access: .writable, creating: false) }
  }

  @Test("the root is made, but not what it lies in")
  func rootItself() throws {
    let workspace = try Workspace()
    let missing = FilePath(workspace.outside).appending("missing")
    #expect(throws: SystemCallError(name: "mkdir", errno: .noSuchFileOrDirectory)) {
      _ = try Root(path: missing.appending("root"))
    }
    _ = try Root(path: missing)
    _ = try Root(path: missing.appending("root"))
    try workspace.write([1], to: "file")
    #expect(throws: SystemCallError.self) { _ = try Root(path: FilePath(workspace.path("file"))) }
    #expect(throws: SystemCallError.self) { _ = try Root(path: "") }
    let relative = try Root(path: ".")
    #expect(relative.path.isAbsolute)
  }

  @Test("a root that is moved away stays the root", arguments: [false, true])
  func moved(walks: Bool) throws {
    let workspace = try Workspace(walks: walks)
    try workspace.write([1])
    try call { rename(workspace.root.path.string, workspace.outside + "/moved") }
    try call { mkdir(workspace.root.path.string, 0o755) }
    let array = try workspace.map(as: UInt8.self)
    #expect(array.contents == [1])
    #expect(!workspace.exists())
  }
}
