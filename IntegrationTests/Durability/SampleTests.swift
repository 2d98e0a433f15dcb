import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// What released versions have saved is understood for ever. `Scripts/samples` has written it, with the module of each.
struct SampleTests {
  private static let folder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
  private static var samples: String { folder + "/IntegrationTests/Samples" }
  private static let versions = (try? Files.names(in: samples).sorted()) ?? []

  /// With keys that are made in other ways.
  private func keyCount(_ version: String) -> Int {
    SavedArray.all(of: version).count + ["rows", "again", "read", "gone"].count
  }

  /// Makes a server, and the files that the samples are of, but for one that is gone.
  private func serverWithFiles(_ configuration: [(String, String)] = []) throws -> ModuleServer {
    let server = try ModuleServer(configuration: configuration)
    for array in SavedArray.first + SavedArray.later {
      try server.connection.send((["MMAP"] + array.mapping).map(\.argument))
      try server.connection.send((["MMAP.ADD", array.key] + array.values).map(\.argument))
      try server("DEL", array.key)
    }
    let script = "import numpy, sys; numpy.save(sys.argv[1], numpy.arange(6, dtype='<i4').reshape(3, 2))"
    try Python.run(script: script, arguments: [server.path("rows.npy")])
    #expect(chmod(server.path("rows.npy"), 0o666) == 0)
    return server
  }

  private func sample(_ name: String, of version: String) throws -> [UInt8] {
    try Files.read("\(SampleTests.samples)/\(version)/\(name)")
  }

  /// The arrays that a version saved are there, each with what it had, and can be used.
  private func expectArrays(of version: String, in server: ModuleServer) throws {
    for array in SavedArray.all(of: version) {
      #expect(try server("MMAP.ALL", array.key) == array.reply, "\(array.key)")
      if let type = array.type { #expect(try server("MMAP.TYPE", array.key) == .bulk(type)) }
      let information = try server("MMAP.INFO", array.key)
      #expect(information["format"] == .bulk(array.format.rawValue))
      if let dimensions = array.dimensions { #expect(information["shape"] == .integers(dimensions)) }
    }
    if try server("EXISTS", "again") == .integer(1) { #expect(try server.texts("again") == ["1", "2.5"]) }
    for key in ["rows", "read"] {
      #expect(try server("MMAP.ALL", key) == .integers(0..<6))
      #expect(try server("MMAP.INFO", key)["shape"] == .integers([3, 2]))
    }
    #expect(try server.failure(["MMAP.ADD", "read", 1, 2]).contains("READONLY"))
    for array in SavedArray.all(of: version) {
      let reply = try server.connection.send((["MMAP.ADD", array.key] + array.values).map(\.argument))
      #expect(reply == .integer(array.values.count))
    }
    #expect(try server("MMAP.ADD", "rows", 6, 7) == .integer(2))
  }

  @Test("there are samples of each version")
  func complete() throws {
    let lines = try Files.text(SampleTests.folder + "/CHANGELOG.md").split(separator: "\n")
    let headings = lines.compactMap { $0.wholeMatch(of: /## ([0-9.]+) \(.*\)/)?.output.1 }.map(String.init)
    #expect(headings.count >= 2 && headings.sorted() == SampleTests.versions)
  }

  @Test("a restart with an RDB file", arguments: versions, ["bindings.rdb", "synchronization.rdb"])
  func snapshot(version: String, name: String) throws {
    let server = try serverWithFiles()
    try server.live.stop()
    try Files.write(try sample(name, of: version), to: server.live.directory + "/dump.rdb")
    try server.start()
    #expect(try server("DBSIZE") == .integer(keyCount(version)))
    // One that was made for a replica may have what is missing here.
    if name == "bindings.rdb" { #expect(try server.failure(["MMAP.COUNT", "gone"]).contains("gone.bin")) }
    try expectArrays(of: version, in: server)
  }

  @Test("a restart with an AOF", arguments: versions, ["bindings.aof", "rewritten.aof"])
  func appendOnlyFile(version: String, name: String) throws {
    let server = try serverWithFiles([("appendonly", "yes"), ("aof-use-rdb-preamble", "no")])
    try server.live.stop()
    // The file that the server has begun, behind an empty base.
    let file = server.live.directory + "/appendonlydir/appendonly.aof.1.incr.aof"
    try Files.write(try sample(name, of: version), to: file)
    try server.start()
    #expect(try server("DBSIZE") == .integer(keyCount(version)))
    #expect(try server.failure(["MMAP.COUNT", "gone"]).contains("gone.bin"))
    try expectArrays(of: version, in: server)
  }

  @Test("RESTORE", arguments: versions)
  func restore(version: String) throws {
    let server = try ModuleServer()
    for key in SavedArray.all(of: version).map(\.key) + ["rows", "read", "gone"] {
      #expect(try server("RESTORE", key, 0, sample(key + ".dump", of: version)) == .ok)
    }
    #expect(try server.texts("gone") == ["18446744073709551615"])
    try expectArrays(of: version, in: server)
  }

  @Test("a full synchronisation", arguments: versions)
  func synchronization(version: String) throws {
    let server = try ModuleServer()
    try FakePrimary.feed(server, snapshot: sample("synchronization.rdb", of: version))
    #expect(try server.texts("gone") == ["18446744073709551615"])
    #expect(try server("MMAP.PATH", "again") == .bulk("typed.npy"))
    try expectArrays(of: version, in: server)
  }
}
