import Glibc
import StandInServer
import SystemPackage
import Testing

extension ModuleTests {
  /// Loading, each in a process of its own: what is wrong is said, and in which words.
  @Suite struct LoadTests {
    /// Loads the module and ends this process: with 0 if it wanted to be loaded, and its log as what it has printed.
    ///
    /// - Parameter check: what must hold once it is loaded.
    private static func load(
      _ arguments: [String], configuration: [String: String] = [:], lacking functions: [String] = [],
      ownCommands: Set<String> = [], isValkey: Bool = false, check: (StandInServer) -> Bool = { _ in true }
    ) -> Never {
      let server = StandInServer.shared
      guard let root = TemporaryRoot(), chdir(root.path) == 0 else { exit(3) }
      try? root.write([], to: "file")
      if isValkey { server.setInformation("server", "valkey_version", "9.0.0") }
      let isLoaded = server.load(
        arguments, configuration: configuration, lacking: functions, ownCommands: ownCommands)
      for line in server.takeLog() + server.violations {
        _ = try? FileDescriptor.standardError.writeAll("\(line)\n".utf8)
      }
      let isRight = !isLoaded || check(server)
      root.empty()
      exit(isLoaded ? isRight ? 0 : 2 : 1)
    }

    private func expectLine(_ line: String, in result: ExitTest.Result?, _ location: SourceLocation = #_sourceLocation)
    {
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text.contains(line), "\(text)", sourceLocation: location)
    }

    @Test(
      "a server that lacks a function is told which",
      arguments: ["SetModuleAttribs", "GetCommand", "OpenKey", "Replicate", "EmitAOF", "Free"])
    func lacking(function: String) async {
      let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) { [function] in
        LoadTests.load(["root", "."], lacking: [function])
      }
      expectLine("the server lacks RedisModule_\(function); ", in: result)
    }

    @Test("what newer servers have is done without")
    func optional() async {
      await #expect(processExitsWith: .exitCode(0)) {
        LoadTests.load(["root", "."], lacking: ["AddACLCategory", "SetCommandACLCategories"]) { server in
          server.commandTable["MMAP.GET"]?.categories == []
            && server.run("MMAP", "a", "a", "i8").reply == .integer(0)
        }
      }
    }

    @Test("arguments that are wrong", arguments: [["root"], ["root", ""], ["folder", "x"], ["root", "a", "b"]])
    func arguments(words: [String]) async {
      let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) { [words] in
        LoadTests.load(words)
      }
      expectLine(
        "warning: load arguments are '\(words.joined(separator: " "))'; 'root DIR' is the only one", in: result)
    }

    @Test("a root that cannot be used", arguments: ["/missing/arrays", "file"])
    func root(path: String) async {
      let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) { [path] in
        LoadTests.load(["root", path])
      }
      expectLine("warning: the root '\(path)' cannot be used: ", in: result)
      expectLine("name a directory with 'root DIR'", in: result)
    }

    @Test("the root: the argument, the configuration, or 'arrays'")
    func roots() async {
      await #expect(processExitsWith: .exitCode(0)) {
        LoadTests.load([]) { $0.configured("root")?.hasSuffix("/arrays") == true && access("arrays", F_OK) == 0 }
      }
      await #expect(processExitsWith: .exitCode(0)) {
        LoadTests.load([], configuration: ["mmaparray.root": "here", "mmaparray.fsync": "always"]) {
          $0.configured("root")?.hasSuffix("/here") == true && $0.configured("fsync") == "always"
        }
      }
      await #expect(processExitsWith: .exitCode(0)) {
        LoadTests.load(["ROOT", "there"]) { $0.configured("root")?.hasSuffix("/there") == true }
      }
    }

    @Test("a short name that is the server's is left to it")
    func shortNames() async {
      let result = await #expect(processExitsWith: .exitCode(0), observing: [\.standardErrorContent]) {
        LoadTests.load(["root", "."], ownCommands: ["VADD"]) { server in
          server.commandTable["VADD"] == nil && server.run("MMAP", "a", "a", "i8").reply == .integer(0)
            && server.run("MMAP.ADD", "a", "1").reply == .integer(1)
        }
      }
      expectLine("notice: VADD belongs to the server here: use MMAP.ADD instead", in: result)
    }

    @Test("a name that always exists must be free", arguments: ["MMAP", "MMAP.ADD"])
    func names(name: String) async {
      let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) { [name] in
        LoadTests.load(["root", "."], ownCommands: [name])
      }
      expectLine("warning: the command \(name) belongs to somebody else", in: result)
    }

    @Test("a server that has the module already")
    func busyName() async {
      await #expect(processExitsWith: .exitCode(1)) {
        StandInServer.shared.occupyModuleName()
        LoadTests.load(["root", "."])
      }
    }

    @Test("options that only Valkey knows", arguments: [true, false])
    func valkey(isValkey: Bool) async {
      await #expect(processExitsWith: .exitCode(0)) { [isValkey] in
        // 1 << 5: slot migration.
        LoadTests.load(["root", "."], isValkey: isValkey) { ($0.moduleOptions & 1 << 5 != 0) == isValkey }
      }
    }
  }
}
