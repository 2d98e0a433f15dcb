import TestSupport
import Testing

@testable import MappedArray

/// The headers that are written: NumPy's own text, at every count.
struct HeaderWritingTests {
  private static let counts = [0, 1, 5, 9, 10, 99, 100, 12_345_678, 99_999_999, 100_000_000, 1 << 53, 1 << 60]

  @Test("NumPy writes the same bytes", arguments: 1...2)
  func sameAsNumPy(version: UInt8) throws {
    let workspace = try Workspace()
    let script = """
      import sys, io
      from numpy.lib import format
      output = open(sys.argv[1], 'wb')
      for code in ['i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', 'f2', 'f4', 'f8', 'b1', 'S1', 'S5', 'S16', 'S4095', 'S4096']:
          descr = ('|' if code[1] == '1' or code[0] == 'S' else '<') + code
          for count in sys.argv[3:]:
              header = {'descr': descr, 'fortran_order': False, 'shape': (int(count),)}
              [format.write_array_header_1_0, format.write_array_header_2_0][int(sys.argv[2]) - 1](output, header)
      """
    try Python.run(
      script: script,
      arguments: [workspace.path("headers"), "\(version)"] + HeaderWritingTests.counts.map(String.init))
    let theirs = try workspace.read("headers")
    var ours: [UInt8] = []
    for type in ElementType.tested {
      let new = NPYHeader(type)
      let header = NPYHeader(
        version: version, elementType: type, shape: new.shape, rowSize: 1, dataOffset: new.dataOffset,
        rowDigits: new.rowDigits)
      for count in HeaderWritingTests.counts { ours += try #require(header.with(rows: count)).bytes }
    }
    #expect(ours == theirs)
  }

  @Test("NumPy writes headers of the same length for several dimensions")
  func severalDimensions() throws {
    let workspace = try Workspace()
    let shapes =
      [[0], [1 << 40], [0, 3], [100_000, 3], [7, 1, 5], [1 << 60, 0]]
      + (1..<60).map { [10_000_000] + Array(repeating: 1, count: $0 % 30) + Array(repeating: 1000, count: $0 / 30) }
    let script = """
      import sys
      from numpy.lib import format
      output = open(sys.argv[1], 'wb')
      for shape in sys.argv[2:]:
          shape = tuple(int(dimension) for dimension in shape.split())
          format.write_array_header_1_0(output, {'descr': '<f4', 'fortran_order': False, 'shape': shape})
      """
    try Python.run(
      script: script,
      arguments: [workspace.path("headers")] + shapes.map { $0.map(String.init).joined(separator: " ") })
    let ours = try shapes.flatMap { try #require(NPYHeader(.f32, shape: $0)).bytes }
    #expect(try workspace.read("headers") == ours)
  }

  @Test("what is written is read as the same, and changed in place", arguments: ElementType.numbers)
  func roundTrip(type: ElementType) throws {
    let new = NPYHeader(type)
    #expect(try NPYHeaderParser.parse(new.bytes, fileSize: 128) == new)
    for count in HeaderWritingTests.counts where count < Int.max / 16 {
      let header = try #require(new.with(rows: count))
      #expect(header.bytes.count == 128)
      #expect(header.bytes.last == 0x0A)
      #expect(try NPYHeaderParser.parse(header.bytes, fileSize: 128 + count * type.size) == header)
    }
    #expect(new.with(rows: Int.max)?.bytes.count == 128)
  }

  @Test("NumPy opens the file at each step of growing and shrinking", arguments: ElementType.numbers)
  func opensAtEachStep(type: ElementType) throws {
    try opensAtEachStep(type.swiftType)
  }

  /// Checks each of a row of copies of the file: element i is i modulo 2.
  private static let checker = """
    import sys
    import numpy as np
    directory, code = sys.argv[1:3]
    for step, count in enumerate(sys.argv[3:]):
        for mode in [None, 'r']:
            array = np.load(f'{directory}/{step}', mmap_mode=mode)
            assert array.dtype == np.dtype(code) and array.shape == (int(count),), (step, array.dtype, array.shape)
            assert np.array_equal(array, np.arange(int(count)) % 2)
        np.save(f'{directory}/own.npy', array)
        own, other = (open(f'{directory}/{name}', 'rb').read() for name in ['own.npy', step])
        assert other.startswith(own)
    """

  private func opensAtEachStep<Element: MappableElement>(_: Element.Type) throws {
    let workspace = try Workspace()
    let counts = [0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 10_000, 9_999, 1000, 999, 100, 99, 10, 9, 0]
    var array = try workspace.map(as: Element.self)
    for (step, count) in counts.enumerated() {
      if count < array.count { try array.resize(to: count) }
      try array.append((array.count..<count).map { try Element.parse("\($0 % 2)") })
      try workspace.write(workspace.read(), to: "\(step)")
    }
    try Python.run(
      script: HeaderWritingTests.checker,
      arguments: [workspace.root.path.string, Element.elementType.numpyCode] + counts.map(String.init))
  }
}
