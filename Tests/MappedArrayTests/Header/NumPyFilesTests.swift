import TestSupport
import Testing

@testable import MappedArray

/// Headers as NumPy writes and reads them.
struct NumPyFilesTests {
  /// Writes random arrays, their elements and what is said of them. Arguments: directory, seed, count.
  private static let writer = """
    import sys, random, struct, io, warnings
    import numpy as np
    from numpy.lib import format
    warnings.simplefilter('ignore')
    directory, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    random.seed(seed)
    good = ['i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', 'f2', 'f4', 'f8', '?', 'S3', 'S17']
    bad = ['c8', 'c16', 'U3', 'M8[ns]', 'm8[s]', 'V5', [('x', 'f8'), ('y', 'i4')]]
    for index in range(count):
        shape = tuple(random.choice([0, 1, 2, 3, 5, 9]) for _ in range(random.choice([0, 1, 1, 1, 2, 2, 3, 4])))
        if len(shape) == 1: shape = (random.randrange(2000),)
        bytes = random.randbytes(int(np.prod(shape)) * 20)
        kind = random.randrange(10)
        if kind == 0: dtype = np.dtype(random.choice(bad))
        else: dtype = np.dtype(('>' if kind == 1 else '<') + random.choice(good))
        array = np.frombuffer(bytes, np.uint8)[:int(np.prod(shape)) * dtype.itemsize].view(dtype).reshape(shape)
        if kind == 2: array = np.array(array, order='F')
        file = io.BytesIO()
        version = random.choice([(1, 0), (2, 0), (3, 0)])
        format.write_array(file, array, version)
        written = file.getvalue()
        if random.randrange(2):
            # The same with other padding and spaces: a data offset of any length.
            size = 2 if version[0] == 1 else 4
            data = 8 + size + int.from_bytes(written[8:8 + size], 'little')
            text = written[8 + size:data].rstrip() + b' ' * random.randrange(70) + b'\\n' * random.randrange(2)
            if random.randrange(2): text = text.replace(b' ', random.choice([b'', b'\\t', b'   ']))
            if random.randrange(2): text = text.replace(b"'", b'"')
            written = written[:8] + len(text).to_bytes(size, 'little') + text + written[data:]
        read = np.load(io.BytesIO(written))
        assert read.tobytes() == array.tobytes() and read.shape == shape and read.dtype == dtype
        open(f'{directory}/{index}.npy', 'wb').write(written)
        open(f'{directory}/{index}.bin', 'wb').write(array.tobytes())
        name = 'bool' if dtype.kind == 'b' else dtype.kind + str(dtype.itemsize * (1 if dtype.kind == 'S' else 8))
        fits = name in ('i8 i16 i32 i64 u8 u16 u32 u64 f16 f32 f64 bool S3 S17').split() and dtype.isnative and shape
        if fits and len(shape) > 1: fits = array.flags.c_contiguous
        print(name if fits else '-', *shape)
    """

  @Test("random arrays that NumPy wrote", arguments: 0..<4)
  func writtenByNumPy(seed: Int) throws {
    let workspace = try Workspace()
    let count = 100
    let output = try Python.run(
      script: NumPyFilesTests.writer, arguments: [workspace.root.path.string, "\(seed)", "\(count)"])
    let lines = output.split(separator: "\n")
    #expect(lines.count == count)
    for (index, line) in lines.enumerated() {
      let words = line.split(separator: " ")
      let context: Comment = "seed \(seed), array \(index): \(line)"
      guard let type = ElementType(named: String(words[0])) else {
        #expect(throws: MappedArrayError.self, context) { _ = try workspace.open("\(index).npy") }
        continue
      }
      let file = try workspace.open("\(index).npy")
      #expect(file.elementType == type, context)
      func check<Element: MappableElement>(_: Element.Type, _ file: consuming ArrayFile) throws {
        let array = try MappedArray<Element>(file)
        #expect(array.file.shape == words.dropFirst().compactMap { Int($0) }, context)
        #expect(array.contents == (try workspace.read("\(index).bin")), context)
      }
      try check(type.swiftType, file)
    }
  }

  /// Reads headers, each behind its length, and prints what NumPy makes of them.
  private static let reader = """
    import sys, io, struct, warnings
    import numpy as np
    warnings.simplefilter('ignore')
    file = open(sys.argv[1], 'rb')
    while size := file.read(4):
        header = file.read(struct.unpack('<I', size)[0])
        array = np.load(io.BytesIO(header + bytes(1 << 16)))
        print(array.dtype.kind + str(8 * array.dtype.itemsize), *array.shape)
    """

  @Test("what is read here, NumPy reads as the same", arguments: 0..<4)
  func readByNumPy(seed: UInt64) throws {
    let workspace = try Workspace()
    var random = SeededGenerator(seed: seed)
    var headers: [UInt8] = []
    var expected: [String] = []
    for round in 0..<20_000 {
      var bytes = HandmadeHeader.various[round % HandmadeHeader.various.count].bytes
      HeaderMutation.apply(to: &bytes, using: &random)
      guard let header = try? NPYHeaderParser.parse(bytes, fileSize: bytes.count + (1 << 16)), header.shape.count <= 32
      else { continue }
      let used = bytes[..<header.dataOffset]
      // Python takes the spaces of a line behind the dictionary for its indentation.
      let behind = used.dropLast().drop { $0 != UInt8(ascii: "}") }
      guard !behind.contains(where: { (0x0A...0x0D).contains($0) }) else { continue }
      headers += packed([UInt32(used.count)]) + used
      expected.append(([header.elementType.name] + header.shape.map(String.init)).joined(separator: " "))
    }
    // Enough of them survive the changes.
    #expect(expected.count > 200)
    try workspace.write(headers, to: "headers")
    let output = try Python.run(script: NumPyFilesTests.reader, arguments: [workspace.path("headers")])
    #expect(output.split(separator: "\n").map(String.init) == expected)
  }
}
