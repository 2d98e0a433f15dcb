import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// The root, and that no path leads out of it.
struct PathTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  private func refusal(_ path: some ArgumentConvertible, _ words: [String] = []) throws -> String {
    let error = try #require(try server.send(["MMAP", "a", path] + words).errorText)
    #expect(error.hasPrefix("ERR "))
    #expect(try server("EXISTS", "a") == .integer(0))
    return error
  }

  @Test("paths in the root, relative and absolute")
  func inside() throws {
    let root = try server.innerRoot()
    #expect(mkdir(server.path("below"), 0o755) == 0)
    let paths = [("b", "below/file"), ("c", "\(root)/below/c"), ("d", "./below//./d"), ("e", "ä\u{7F}\n \"")]
    for (key, path) in paths { #expect(try server("MMAP", key, path) == .integer(0)) }
    for (key, path) in [("b", "below/file"), ("c", "below/c"), ("d", "below/d"), ("e", "ä\u{7F}\n \"")] {
      #expect(try server("VFILEPATH", key) == .bulk(path))
      #expect(access(server.path(path), F_OK) == 0)
    }
    let bytes: [UInt8] = [0xFF, 0xFE]
    #expect(try server("MMAP", "f", bytes) == .integer(0))
    #expect(try server("VFILEPATH", "f") == .bulk(bytes))
  }

  @Test("paths out of the root", arguments: ["../outside", "below/../../outside", "a/..", "..", "/etc/passwd", "/"])
  func outside(path: String) throws {
    for words in [[], ["f64"], ["READONLY"]] {
      let error = try refusal(path, words)
      #expect(error.contains("'..'") || error.contains("outside the root"), "\(error)")
    }
    #expect(access(server.live.directory + "/outside", F_OK) == -1)
  }

  @Test("symbolic links, at the end or before")
  func links() throws {
    let outside = server.live.directory + "/outside"
    #expect(mkdir(outside, 0o755) == 0)
    try Files.write([0, 0, 0, 0, 0, 0, 0, 0], to: outside + "/file")
    #expect(mkdir(server.path("inside"), 0o755) == 0)
    #expect(symlink(outside, server.path("directory")) == 0)
    #expect(symlink(outside + "/file", server.path("file")) == 0)
    #expect(symlink(outside + "/new", server.path("dangling")) == 0)
    #expect(symlink("inside", server.path("within")) == 0)
    for path in ["directory/file", "directory/new", "file", "dangling", "within/file"] {
      for words in [[], ["READONLY"]] { #expect(try refusal(path, words).contains("symbolic link")) }
    }
    #expect(access(outside + "/new", F_OK) == -1)
  }

  @Test("what is no regular file is refused at once")
  func otherFiles() throws {
    #expect(mkdir(server.path("directory"), 0o755) == 0)
    #expect(mkfifo(server.path("fifo"), 0o666) == 0)
    try Python.run(
      script: "import os, socket, sys; os.chdir(sys.argv[1]); socket.socket(socket.AF_UNIX).bind('socket')",
      arguments: [server.path()])
    for path in ["directory", "directory/", "fifo", "socket", "new/"] {
      for words in [[], ["READONLY"], ["f64"]] {
        let error = try refusal(path, words)
        #expect(error.contains("no regular file") || error.contains("directory"), "\(error)")
      }
    }
  }

  @Test("paths that are none")
  func nonsense() throws {
    #expect(try refusal("").contains("no file"))
    #expect(try refusal("a\u{0}b").contains("zero byte"))
    #expect(try refusal(String(repeating: "x", count: 300)).contains("name too long"))
    #expect(try refusal(String(repeating: "x/", count: 3000) + "y").contains("6001"))
    #expect(try refusal("missing/file").contains("missing/file"))
    #expect(try refusal(".").contains("no file"))
    try server("MMAP", "plain", "plain")
    #expect(try refusal("plain/file").contains("plain/file"))
  }

  @Test("a file that the server may not open", .enabled(if: geteuid() != 0))
  func permissions() throws {
    try server.write([], to: "file")
    chmod(server.path("file"), 0)
    #expect(try refusal("file").contains("ermission"))
  }

  @Test("the root is a load argument, and can't be changed")
  func root() throws {
    let directory = try server.innerRoot() + "/elsewhere"
    let other = try ModuleServer(moduleArguments: ["root", directory])
    #expect(try other.innerRoot() == directory)
    #expect(try other("MMAP", "a", directory + "/file", "i8") == .integer(0))
    #expect(access(server.path("elsewhere/file"), F_OK) == 0)
    #expect(try other("CONFIG", "SET", "mmaparray.root", "/").errorText?.hasPrefix("ERR ") == true)
    let configured = try ModuleServer(configuration: [("mmaparray.root", directory)])
    #expect(try configured.innerRoot() == directory)
    #expect(try configured("MMAP", "a", "file", "READONLY") == .integer(0))
  }

  @Test("load arguments that are not understood", arguments: [["root"], ["root", "a", "b"], ["rot", "a"], ["a"]])
  func loadArguments(words: [String]) throws {
    let error = try #require(throws: ProcessError.self) { try ModuleServer(moduleArguments: words) }
    #expect(error.description.contains("root DIR"))
  }

  @Test("one server writes a file at a time", arguments: Format.allCases)
  func lock(format: Format) throws {
    let other = try ModuleServer(moduleArguments: ["root", server.innerRoot()])
    try server.send(["MMAP", "a", "file"] + format.words(.all[0]))
    let error = try #require(try other("MMAP", "a", "file").errorText)
    #expect(error.hasPrefix("ERR ") && error.contains("another process writes 'file'"), "\(error)")
    #expect(try other.send(["MMAP", "r", "file"] + format.wordsToMapAgain(.all[0]) + ["READONLY"]) == .integer(0))
    // A server that frees keys on a thread of its own takes a moment.
    try server("DEL", "a")
    let words = ["MMAP", "a", "file"] + format.wordsToMapAgain(.all[0])
    let deadline = ContinuousClock.now + .seconds(5)
    while try other.send(words).errorText != nil, ContinuousClock.now < deadline { usleep(1000) }
    #expect(try other.send(words) == .integer(0))
  }
}
