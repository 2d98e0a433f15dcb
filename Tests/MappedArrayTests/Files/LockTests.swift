import Dispatch
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import MappedArray

/// One process writes a file at a time.
struct LockTests {
  @Test("another process holds the lock")
  func otherProcess() throws {
    let workspace = try Workspace()
    try workspace.write([1, 2, 3, 4, 5, 6, 7, 8])
    let holder = try ChildProcess([
      "python3", "-c",
      """
      import fcntl, sys, time
      file = open(sys.argv[1], 'rb+')
      fcntl.flock(file, fcntl.LOCK_EX)
      open(sys.argv[2], 'w').close()
      time.sleep(600)
      """,
      workspace.path(), workspace.path("ready"),
    ])
    while !workspace.exists("ready"), holder.exit == nil { usleep(10_000) }
    for request in [MappingRequest(), MappingRequest(ArrayLayout(.f64, .raw), access: .writable)] {
      #expect(throws: MappedArrayError.locked(path: "array")) { _ = try workspace.open("array", request) }
    }
    // Readers do not mind.
    let reader = try workspace.map(as: UInt8.self, access: .readOnly)
    #expect(reader.count == 8)
    holder.kill()
    #expect(try workspace.open().format == .raw)
  }

  /// Exits with 0 if the lock of a file is free.
  private func isFree(_ workspace: Workspace) -> Bool {
    let script = "import fcntl, sys; fcntl.flock(open(sys.argv[1], 'rb+'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    return (try? Python.run(script: script, arguments: [workspace.path()])) != nil
  }

  @Test("the lock is held as long as the array is mapped for writing")
  func held() throws {
    let workspace = try Workspace()
    do {
      var array = try workspace.map(as: Int8.self)
      #expect(!isFree(workspace))
      #expect(throws: MappedArrayError.locked(path: "array")) { _ = try workspace.open() }
      // Not even a new mapping of a larger file lets it go.
      try array.resize(to: 5 << 20)
      #expect(!isFree(workspace))
    }
    #expect(isFree(workspace))
    do {
      let file = try workspace.open()
      #expect(!isFree(workspace))
      #expect(file.format == .npy)
    }
    #expect(isFree(workspace))
    let reader = try workspace.map(as: Int8.self, access: .readOnly)
    #expect(isFree(workspace))
    #expect(reader.count == 5 << 20)
  }

  @Test("a child that the process has forked does not keep the lock")
  func forked() throws {
    let workspace = try Workspace()
    let descriptor: FileDescriptor
    do {
      let array = try workspace.map(as: Int8.self)
      // What a child has: the same open file.
      descriptor = try array.file.descriptor.file.duplicate()
      #expect(throws: MappedArrayError.locked(path: "array")) { _ = try workspace.open() }
    }
    #expect(try workspace.open().format == .npy)
    try descriptor.close()
  }

  @Test("who makes a file and who finds it: one gets it, and it stays")
  func race() throws {
    let workspace = try Workspace()
    for round in 0..<300 {
      let name = "array\(round)"
      let (path, root) = (try workspace.relative(name), workspace.root.path)
      let attempts = [Attempt(.f32), Attempt(.u8)]
      DispatchQueue.concurrentPerform(iterations: 2) { attempts[$0].open(path, inRootAt: root) }
      #expect(attempts.count { $0.file != nil } == 1, "round \(round)")
      #expect(attempts.compactMap(\.error) == [.locked(path: name)], "round \(round)")
      #expect(try workspace.size(name) == 128)
    }
  }

  /// Sendable, because each is used by one thread at a time.
  private final class Attempt: @unchecked Sendable {
    let type: ElementType
    private(set) var file: ArrayFile?
    private(set) var error: MappedArrayError?

    init(_ type: ElementType) { self.type = type }

    func open(_ path: RelativePath, inRootAt root: FilePath) {
      do {
        file = try ArrayFile(opening: path, in: Root(path: root), for: MappingRequest(elementType: type))
      } catch {
        self.error = error as? MappedArrayError
      }
    }
  }
}
