import Glibc
import TestSupport
import Testing

@testable import MappedArray

/// Files that a program opens by itself, without a root.
struct OpeningTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func path(_ name: String = "array.npy") -> FilePath { FilePath(directory.path + "/" + name) }

  private func text(_ name: String = "array.npy") -> String { path(name).string }

  @Test("made, read and updated", arguments: ElementType.numbers)
  func whole(type: ElementType) throws {
    try whole(type.swiftType)
  }

  private func whole<Element: MappableElement>(_: Element.Type) throws {
    var random = SeededGenerator(seed: 3)
    let elements = (0..<100).map { _ in Element.anyBits(using: &random) }
    do {
      var array = try MappedArray<Element>(creating: path())
      #expect(array.isEmpty && array.access == .writable && array.format == .npy && array.shape == [0])
      #expect(array.filePath == path())
      try array.append(contentsOf: elements)
    }
    do {
      let array = try MappedArray<Element>(path())
      #expect(array.access == .readOnly && array.contents == packed(elements))
    }
    do {
      var array = try MappedArray<Element>(updating: path())
      array[7] = elements[8]
      #expect(try array.popLast().map { packed([$0]) } == packed([elements[99]]))
    }
    var expected = elements.dropLast()
    expected[7] = expected[8]
    let header = try #require(NPYHeader(Element.elementType, shape: [99]))
    #expect(try Files.read(text()) == header.bytes + packed(Array(expected)))
  }

  @Test("raw files", arguments: ElementType.numbers)
  func raw(type: ElementType) throws { try raw(type.swiftType) }

  private func raw<Element: MappableElement>(_: Element.Type) throws {
    var random = SeededGenerator(seed: 4)
    let element = Element.anyBits(using: &random)
    do {
      var array = try MappedArray<Element>(creatingRaw: path(), count: 3)
      #expect(array.count == 3 && array.format == .raw)
      array[1] = element
    }
    do {
      var array = try MappedArray<Element>(updatingRaw: path())
      try array.append(element)
    }
    let expected = packed([.zero, element, .zero, element])
    #expect(try MappedArray<Element>(raw: path()).contents == expected)
    #expect(try Files.read(text()) == expected)
    let file = try MappedFile(raw: path(), of: Element.elementType)
    #expect(file.elementType == Element.elementType && file.count == 4 && file.access == .readOnly)
    #expect(try MappedFile(updatingRaw: path(), of: Element.elementType).access == .writable)
  }

  @Test(
    "a new file has its shape, and zeros",
    arguments: [[0], [7], [0, 3], [4, 3], [2, 3, 4], [5, 0], [0, 0], [70_000, 2]])
  func shape(shape: [Int]) throws {
    let count = shape.reduce(1, *)
    do {
      let array = try MappedArray<Int32>(creating: path(), shape: shape)
      #expect(array.shape == shape && array.count == count && array.rowCount == shape[0])
    }
    let header = try #require(NPYHeader(.i32, shape: shape))
    #expect(try Files.read(text()) == header.bytes + [UInt8](repeating: 0, count: 4 * count))
    let seen = try Python.run(
      script: "import numpy, sys; a = numpy.load(sys.argv[1]); print(list(a.shape), a.dtype, a.any())",
      arguments: [text()])
    #expect(seen == "\(shape) int32 False\n")
  }

  @Test("a shape that no array has: nothing is made")
  func noShape() throws {
    let refused: [([Int], MappedArrayError)] = [
      ([], .header(.noDimensions)), ([-1], .negative(-1)), ([3, -2], .negative(-2)), ([Int.max, 2], .tooLarge),
      ([Int.max], .tooLarge), ([Int.max / 4], .tooLarge),
      (Array(repeating: 1, count: 65), .header(.tooManyDimensions)),
    ]
    for (shape, error) in refused {
      #expect(throws: error) { _ = try MappedArray<Int32>(creating: path(), shape: shape) }
    }
    #expect(throws: MappedArrayError.negative(-1)) { _ = try MappedArray<Int32>(creatingRaw: path(), count: -1) }
    #expect(throws: MappedArrayError.tooLarge) { _ = try MappedArray<Int32>(creatingRaw: path(), count: .max) }
    #expect(try Files.names(in: directory.path).isEmpty)
  }

  @Test("what is there is not made anew")
  func exists() throws {
    try Files.write([1, 2, 3], to: text())
    #expect(try failure { _ = try MappedArray<UInt8>(creating: path()) } == .fileExists)
    #expect(try failure { _ = try MappedArray<UInt8>(creatingRaw: path()) } == .fileExists)
    #expect(try failure { _ = try MappedFile(creating: path(), of: .u8) } == .fileExists)
    #expect(try Files.read(text()) == [1, 2, 3])
  }

  @Test("what is not there is not made")
  func missing() throws {
    #expect(try failure { _ = try MappedArray<UInt8>(path()) } == .noSuchFileOrDirectory)
    #expect(try failure { _ = try MappedArray<UInt8>(updating: path()) } == .noSuchFileOrDirectory)
    #expect(try failure { _ = try MappedArray<UInt8>(raw: path()) } == .noSuchFileOrDirectory)
    #expect(try failure { _ = try MappedArray<UInt8>(updatingRaw: path()) } == .noSuchFileOrDirectory)
    #expect(try failure { _ = try MappedFile(path()) } == .noSuchFileOrDirectory)
    #expect(try failure { _ = try MappedArray<UInt8>(creating: path("none/a.npy")) } == .noSuchFileOrDirectory)
    #expect(try Files.names(in: directory.path).isEmpty)
    #expect(throws: MappedArrayError.path(.empty)) { _ = try MappedArray<UInt8>("") }
  }

  @Test("files of another kind or type")
  func refused() throws {
    try Files.write([1, 2, 3, 4], to: text("raw"))
    #expect(throws: MappedArrayError.missingHeader(.f32)) { _ = try MappedArray<Float>(path("raw")) }
    #expect(throws: MappedArrayError.missingHeader(.f32)) { _ = try MappedArray<Float>(updating: path("raw")) }
    #expect(throws: MappedArrayError.missingHeader(.f64)) { _ = try MappedFile(path("raw")) }
    #expect(try Files.read(text("raw")) == [1, 2, 3, 4])
    _ = try MappedArray<Int16>(creating: path())
    #expect(throws: MappedArrayError.type(recorded: .i16, requested: .f32)) { _ = try MappedArray<Float>(path()) }
    #expect(throws: MappedArrayError.type(recorded: .i16, requested: .f32)) {
      _ = try MappedArray<Float>(updating: path())
    }
    #expect(throws: MappedArrayError.type(recorded: .i16, requested: .u16)) {
      _ = try MappedArray<UInt16>(MappedFile(path()))
    }
    #expect(try MappedArray<Int16>(MappedFile(path())).count == 0)
    #expect(throws: MappedArrayError.rawContradictsHeader(.i16)) { _ = try MappedArray<Int16>(raw: path()) }
    #expect(throws: MappedArrayError.rawContradictsHeader(.i16)) { _ = try MappedArray<Int16>(updatingRaw: path()) }
    #expect(throws: MappedArrayError.rawContradictsHeader(.i16)) { _ = try MappedFile(raw: path(), of: .i16) }
  }

  @Test("errors say what would be right")
  func texts() throws {
    func text(_ body: () throws -> Void) throws -> String {
      let error = #expect(throws: MappedArrayError.self) { try body() }
      return try #require(error).description
    }
    do {
      let first = try MappedArray<Int16>(creating: path())
      let advice = "by another process or by this one; open it for reading, or close it there"
      #expect(
        try text { _ = try MappedArray<Int16>(updating: path()) }
          == "'\(path())' is mapped for writing already, \(advice)")
      #expect(first.count == 0)
    }
    #expect(
      try text { _ = try MappedArray<Float>(path()) }
        == "the file's header records i16, not f32; open it as MappedArray<Int16>")
    #expect(
      try text { _ = try MappedArray<Int16>(raw: path()) }
        == "the file is not raw: it has a .npy header, which records i16; open it without 'raw'")
    #expect(
      try text { _ = try MappedArray<Int16>(creating: path()) }
        == "'\(path())' exists already; open it with MappedArray(updating:), or name another file")
    #expect(
      try text {
        var array = try MappedArray<Int16>(path())
        try array.append(1)
      } == "the array is read-only; open it with MappedArray(updating:) to change it")
    try Files.write([1, 2], to: self.text("raw"))
    #expect(
      try text { _ = try MappedArray<Int16>(path("raw")) }
        == "the file has no .npy header; open it with 'raw', or save it with numpy.save")
    #expect(
      try text { _ = try MappedArray<Int16>(path("none")) } == "'\(path("none"))': open: No such file or directory")
  }

  @Test("what is no file is refused, and nothing waits for it")
  func noFile() throws {
    try call { mkfifo(text("fifo"), 0o600) }
    let paths: [FilePath] = [path("fifo"), FilePath(directory.path), "/dev/null"]
    for path in paths {
      #expect(throws: MappedArrayError.path(.notRegularFile)) { _ = try MappedArray<UInt8>(path) }
      #expect(throws: MappedArrayError.path(.notRegularFile)) { _ = try MappedArray<UInt8>(updatingRaw: path) }
    }
  }

  @Test("paths lead where those of every program do: through links, upwards, from the working directory on")
  func paths() throws {
    do {
      var array = try MappedArray<UInt8>(creating: path())
      try array.append(7)
    }
    try call { symlink("array.npy", text("link.npy")) }
    #expect(try MappedArray<UInt8>(path("link.npy"))[0] == 7)
    try call { mkdir(text("below"), 0o700) }
    #expect(try MappedArray<UInt8>(path("below/../array.npy"))[0] == 7)
    let depth = try Files.absolute(".").split(separator: "/").count
    let relative = String(repeating: "../", count: depth) + (try Files.absolute(text())).dropFirst()
    #expect(try MappedArray<UInt8>(FilePath(relative))[0] == 7)
  }

  @Test("one writes, any number read")
  func locked() throws {
    let first = try MappedArray<UInt8>(creating: path())
    #expect(throws: MappedArrayError.locked(path: text())) { _ = try MappedArray<UInt8>(updating: path()) }
    #expect(throws: MappedArrayError.locked(path: text())) { _ = try MappedFile(updating: path()) }
    #expect(try MappedArray<UInt8>(path()).count == first.count)
  }

  @Test("a full disk: the new file is not left behind", .enabled(if: SmallDisk.Kind.tmpfs.isAvailable))
  func fullDisk() throws {
    let disk = try SmallDisk()
    let path = FilePath(disk.path + "/array.npy")
    #expect(try failure { _ = try MappedArray<Double>(creating: path, shape: [1000, 2000]) } == .noSpace)
    #expect(try failure { _ = try MappedArray<Double>(creatingRaw: path, count: 2_000_000) } == .noSpace)
    #expect(try Files.names(in: disk.path).isEmpty)
    #expect(try MappedArray<Double>(creating: path, shape: [10, 20]).count == 200)
  }

  @Test("a type that is known at run time only is looked at once", arguments: ElementType.numbers)
  func visited(type: ElementType) throws {
    struct Doubled: MappedArrayVisitor {
      let factor: Double

      consuming func visit<Element: MappableElement>(
        _ array: consuming MappedArray<Element>
      ) throws(MappedArrayError) -> (ElementType, Double) {
        var sum = 0.0
        let span = try array.span
        for index in span.indices { sum += span[index].doubleValue * factor }
        return (Element.elementType, sum)
      }
    }
    do {
      var file = try MappedFile(creating: path(), of: type, shape: [3])
      let one = try packedOne(type)
      try one.withUnsafeBytes { try file.write(packed: $0, at: 1) }
      try one.withUnsafeBytes { try file.append(packed: $0) }
    }
    let (seen, sum) = try MappedFile(path()).accept(Doubled(factor: 2))
    #expect(seen == type && sum == 4)
  }

  private func packedOne(_ type: ElementType) throws -> [UInt8] {
    func one<Element: MappableElement>(_: Element.Type) throws -> [UInt8] {
      packed([try Element.parse("1")])
    }
    return try one(type.swiftType)
  }
}
