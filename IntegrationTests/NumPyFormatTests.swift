import LiveServer
import MappedArrayClient
import Testing

/// `.npy` files of NumPy's that are not like those that the module writes.
struct NumPyFormatTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  private func python(_ body: String) throws {
    let prelude = "import numpy, sys\nfrom numpy.lib import format\npath = sys.argv[1]\n"
    try Python.run(script: prelude + body, arguments: [server.path("file")])
  }

  @Test("several dimensions are indexed in C order and grow by rows")
  func dimensions() throws {
    try python("numpy.save(open(path, 'wb'), numpy.arange(24, dtype='u2').reshape(4, 3, 2))")
    #expect(try server("MMAP", "a", "file") == .integer(24))
    #expect(try server("VMGET", "a", 0, 7, 23, 24) == .array([.integer(0), .integer(7), .integer(23), .null]))
    let before = try server.bytes("file")
    for command in [["MMAP.ADD", "a", "1"], ["MMAP.ADD", "a", "1", "2", "3", "4", "5", "6", "7"], ["VPOP", "a"]] {
      let error = try #require(try server.send(command).errorText)
      #expect(error.hasPrefix("ERR ") && error.contains("rows of 6"), "\(error)")
    }
    #expect(try server.bytes("file") == before)
    #expect(try server("MMAP.ADD", "a", 24, 25, 26, 27, 28, 29) == .integer(6))
    #expect(try server("VSET", "a", 0, 9) == .integer(1))
    #expect(try server("VCOUNT", "a") == .integer(30))
    try server("DEL", "a")
    try python(
      """
      found = numpy.load(path)
      assert found.shape == (5, 3, 2) and found.dtype == 'u2', found
      assert found.ravel().tolist() == [9, *range(1, 30)], found
      """)
    #expect(try server("MMAP", "a", "file") == .integer(30))
    #expect(try server("VCLEAR", "a") == .integer(30))
    try server("DEL", "a")
    try python("assert numpy.load(path).shape == (0, 3, 2)")
  }

  @Test("versions 1.0 to 3.0, and any data offset", arguments: [1, 2, 3])
  func versions(version: Int) throws {
    try python(
      """
      format.write_array(open(path, 'wb'), numpy.arange(9, dtype='f4'), version=(\(version), 0))
      data = open(path, 'rb').read()
      # As long headers as these are written for alignment, or not at all.
      end = 10 if \(version) == 1 else 12
      text = data[end:].split(b'\\n')[0].rstrip() + b' ' * 37 + b'\\n'
      header = data[:8] + len(text).to_bytes(end - 8, 'little') + text
      open(path, 'wb').write(header + numpy.arange(9, dtype='f4').tobytes())
      """)
    #expect(try server("MMAP", "a", "file") == .integer(9))
    // The count gets another digit.
    #expect(try server("MMAP.ADD", "a", 9, 10) == .integer(2))
    #expect(try server("VGET", "a", 10) == .bulk("10"))
    try server("DEL", "a")
    try python("assert numpy.load(path).tolist() == list(range(11))")
  }

  @Test("Fortran order in one dimension, and one byte of either order")
  func harmless() throws {
    try python("numpy.save(open(path, 'wb'), numpy.asfortranarray(numpy.arange(5, dtype='>i1')))")
    #expect(try server("MMAP", "a", "file") == .integer(5))
    #expect(try server("VTYPE", "a") == .bulk("i8"))
  }

  @Test(
    "what can't be mapped is named",
    arguments: [
      ("numpy.arange(5, dtype='>f8')", ">f8"), ("numpy.arange(5, dtype='>i2')", ">i2"),
      ("numpy.asfortranarray(numpy.ones((2, 3)))", "Fortran order"), ("numpy.array(1.5)", "no dimensions"),
      ("numpy.ones(3, dtype='c16')", "<c16"), ("numpy.ones(3, dtype='>f2')", ">f2"), ("numpy.array(['a'])", "<U1"),
      ("numpy.zeros(3, dtype='M8[s]')", "<M8[s]"), ("numpy.zeros(2, dtype=[('a', 'i4')])", "'a', '<i4'"),
      ("numpy.ones(3, dtype='g')", "<f16"),
    ])
  func refused(array: String, name: String) throws {
    try python("numpy.save(open(path, 'wb'), \(array))")
    try refuse(naming: name)
  }

  @Test(
    "a file that is no whole .npy file",
    arguments: [
      ("data[:-1]", "23 bytes of data where its shape needs 24"), ("data[:130]", "2 bytes of data"),
      ("data[:100]", "ends inside"), ("data[:6]", "ends inside"), ("data[:6] + b'\\4' + data[7:]", "4.0"),
      ("data.replace(b'(3,)', b'(03,)')", "leading zeros"), ("data.replace(b'descr', b'dexcr')", "dexcr"),
      ("data.replace(b'(3,)', b'(-3,)')", "malformed"), ("data.replace(b'(3,), }', b'(3,)')", "malformed"),
    ])
  func broken(change: String, name: String) throws {
    try python(
      """
      numpy.save(open(path, 'wb'), numpy.ones(3))
      data = open(path, 'rb').read()
      open(path, 'wb').write(\(change))
      """)
    try refuse(naming: name)
  }

  /// Nothing is mapped, writable or not, and the file stays as it is.
  private func refuse(naming name: String) throws {
    let before = try server.bytes("file")
    for words in [[], ["READONLY"], ["f64"]] {
      let error = try #require(try server.send(["MMAP", "a", "file"] + words).errorText)
      #expect(error.hasPrefix("ERR ") && error.contains(name), "\(error)")
    }
    #expect(try server("EXISTS", "a") == .integer(0))
    #expect(try server.bytes("file") == before)
  }
}
