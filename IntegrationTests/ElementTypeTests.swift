import LiveServer
import MappedArrayClient
import Testing

/// What every element type can do, in both formats.
struct ElementTypeTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  @Test("map, add, get, set, pop, clear, count, remap", arguments: ElementCase.all, Format.allCases)
  func life(type: ElementCase, format: Format) throws {
    let count = type.samples.count
    #expect(try server.send(["MMAP", "a", "file"] + format.words(type)) == .integer(0))
    #expect(try server("VTYPE", "a") == .bulk(type.name))
    #expect(try server.bytes("file").count == format.size(type, 0))
    #expect(try server.send(["MMAP.ADD", "a"] + type.samples) == .integer(count))
    #expect(try server("VCOUNT", "a") == .integer(count))
    #expect(try type.matches(server("VALL", "a"), type.samples))
    for (index, sample) in type.samples.enumerated() {
      #expect(try type.matches(server("VGET", "a", index), sample), "\(sample)")
    }
    #expect(try server("VGET", "a", count) == .null)
    #expect(try server("VSET", "a", 0, type.greatest, count, "1", 1, type.least) == .integer(2))
    #expect(try type.matches(server("VMGET", "a", 1, count, 0), [type.least, "(nil)", type.greatest]))
    #expect(try type.matches(server("VPOP", "a"), type.samples[count - 1]))
    #expect(try server("VSIZE", "a") == .integer(count - 1))
    let rest = [type.greatest, type.least] + type.samples[2..<(count - 1)]
    #expect(try type.matches(server("VALL", "a"), rest))

    #expect(try server("DEL", "a") == .integer(1))
    #expect(try server.bytes("file").count == format.size(type, count - 1))
    #expect(try server.send(["MMAP", "b", "file"] + format.wordsToMapAgain(type)) == .integer(count - 1))
    #expect(try server("VTYPE", "b") == .bulk(type.name))
    #expect(try type.matches(server("VALL", "b"), rest))
    #expect(try server("MMAP.ADD", "b", "1") == .integer(1))
    #expect(try server("VCLEAR", "b") == .integer(count))
    #expect(try server("VCOUNT", "b") == .integer(0))
    #expect(try server("VPOP", "b") == .null)
    #expect(try server("DEL", "b") == .integer(1))
    #expect(try server.bytes("file").count == format.size(type, 0))
  }

  @Test("the smallest and the largest value, and one beyond each", arguments: ElementCase.all, Format.allCases)
  func limits(type: ElementCase, format: Format) throws {
    try server.send(["MMAP", "a", "file"] + format.words(type))
    #expect(try server("MMAP.ADD", "a", type.least, type.greatest) == .integer(2))
    #expect(try type.matches(server("VALL", "a"), [type.least, type.greatest]))
    let before = try server.bytes("file")
    for beyond in type.beyond {
      for command in [
        ["MMAP.ADD", "a", beyond], ["MMAP.ADD", "a", "1", beyond], ["VSET", "a", "0", "1", "1", beyond],
      ] {
        let error = try #require(try server.send(command).errorText)
        #expect(error.hasPrefix("ERR "))
        #expect(error.contains(beyond.prefix(30)), "\(error)")
        #expect(error.contains(type.name), "\(error)")
        if !type.isFloat { #expect(error.contains("\(type.least) to \(type.greatest)"), "\(error)") }
      }
    }
    #expect(try server.bytes("file") == before)
    #expect(try server("VCOUNT", "a") == .integer(2))
  }

  @Test("a file written by NumPy is read here, and goes on being NumPy's", arguments: ElementCase.all)
  func fromNumPy(type: ElementCase) throws {
    try NumPyFile.write(files(type, type.samples))
    for format in Format.allCases {
      let key = format.rawValue
      #expect(try server.send(["MMAP", key, key] + format.wordsToMapAgain(type)) == .integer(type.samples.count))
      #expect(try server("VTYPE", key) == .bulk(type.name))
      #expect(try type.matches(server("VALL", key), type.samples))
      #expect(try server("MMAP.ADD", key, "1", type.least) == .integer(2))
      #expect(try server("VSET", key, 0, type.greatest) == .integer(1))
    }
    #expect(try NumPyFile.mismatches(files(type, [type.greatest] + type.samples[1...] + ["1", type.least])) == "")
  }

  @Test("a file written here is read by NumPy, while it is mapped and after", arguments: ElementCase.all)
  func toNumPy(type: ElementCase) throws {
    for format in Format.allCases {
      let key = format.rawValue
      try server.send(["MMAP", key, key] + format.words(type))
      #expect(try server.send(["MMAP.ADD", key] + type.samples) == .integer(type.samples.count))
    }
    try server("MMAP", "empty", "empty", type.name)
    let empty = NumPyFile(path: server.path("empty"), type: type, format: .npy, texts: [])
    #expect(try NumPyFile.mismatches(files(type, type.samples) + [empty]) == "")
    try server("FLUSHALL")
    #expect(try NumPyFile.mismatches(files(type, type.samples) + [empty]) == "")
    for format in Format.allCases {
      #expect(try server.bytes(format.rawValue).count == format.size(type, type.samples.count))
    }
  }

  /// A file of each format with these values.
  private func files(_ type: ElementCase, _ texts: [String]) -> [NumPyFile] {
    Format.allCases.map { NumPyFile(path: server.path($0.rawValue), type: type, format: $0, texts: texts) }
  }

  @Test("every name of a type, in any case", arguments: ElementCase.all)
  func names(type: ElementCase) throws {
    for name in [type.name] + type.aliases {
      for spelling in [name, name.uppercased(), name.prefix(1).uppercased() + name.dropFirst()] {
        #expect(try server("MMAP", spelling, spelling, spelling) == .integer(0))
        #expect(try server("VTYPE", spelling) == .bulk(type.name))
      }
    }
  }

  @Test("what RESP2 and RESP3 make of each value", arguments: ElementCase.all, ProtocolVersion.allCases)
  func protocols(type: ElementCase, version: ProtocolVersion) throws {
    let connection = try server.live.connect(protocolVersion: version)
    try connection("MMAP", "a", "file", type.name)
    try connection.send((["MMAP.ADD", "a"] + type.samples).map(\.argument))
    #expect(try type.matches(connection("VALL", "a"), type.samples, version))
    for (index, sample) in type.samples.enumerated() {
      #expect(try type.matches(connection("VGET", "a", index), sample, version), "\(sample)")
    }
    let indexes = (0...type.samples.count).reversed()
    #expect(
      try type.matches(
        connection.send(["VMGET", "a"] + indexes.map { Argument($0) }), ["(nil)"] + type.samples.reversed(), version))
    for sample in type.samples.reversed() {
      #expect(try type.matches(connection("VPOP", "a"), sample, version), "\(sample)")
    }
  }
}
