import Dispatch
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import MappedArray

/// A directory and a symbolic link that change places while files in them are opened.
struct LinkRaceTests {
  @Test("no race leads out of the root", arguments: [false, true])
  func race(walks: Bool) throws {
    let workspace = try Workspace(walks: walks)
    let outside = workspace.outside + "/outside"
    try call { mkdir(outside, 0o755) }
    try Files.write([66], to: outside + "/array")
    try call { mkdir(workspace.path("a"), 0o755) }
    try call { mkdir(workspace.path("a/b"), 0o755) }
    try workspace.write([1], to: "a/b/array")
    try call { symlink(outside, workspace.path("link")) }

    let swapper = Swapper(workspace.path("a/b"), workspace.path("link"), workspace.path("aside"))
    let isDone = Atomic(false)
    let opener = Opener(workspace)
    DispatchQueue.concurrentPerform(iterations: 2) { index in
      if index == 0 {
        for _ in 0..<200_000 where !isDone.load(ordering: .relaxed) { swapper.swap() }
      } else {
        do { try opener.open(2000) } catch { Issue.record(error) }
        isDone.store(true, ordering: .relaxed)
      }
    }
    #expect(opener.opened + opener.refused == 4000)
    #expect(try Files.read(outside + "/array") == [66])
    let script = "import os, sys; print(*os.listdir(sys.argv[1]))"
    #expect(try Python.run(script: script, arguments: [outside]) == "array\n")
  }

  /// Puts a link in a directory's place and back.
  private struct Swapper: Sendable {
    let directory: String
    let link: String
    let aside: String

    init(_ directory: String, _ link: String, _ aside: String) {
      self.directory = directory
      self.link = link
      self.aside = aside
    }

    func swap() {
      _ = rename(directory, aside)
      _ = rename(link, directory)
      _ = rename(directory, link)
      _ = rename(aside, directory)
    }
  }

  /// Sendable, because one thread uses it while others do not.
  private final class Opener: @unchecked Sendable {
    private let workspace: Workspace
    private(set) var opened = 0
    private(set) var refused = 0

    init(_ workspace: Workspace) { self.workspace = workspace }

    /// Opens a file that is there, and makes one that is not.
    func open(_ rounds: Int) throws {
      for round in 0..<rounds {
        for name in ["a/b/array", "a/b/new\(round % 10)"] {
          do {
            let array = try workspace.map(name, as: UInt8.self, isRaw: true)
            #expect(array.contents == (name == "a/b/array" ? [1] : []))
            opened += 1
          } catch MappedArrayError.system, MappedArrayError.replaced {
            refused += 1
          }
        }
      }
    }
  }
}
