import LiveServer

/// A file of numbers as NumPy writes or should read it. Many go into one run of Python, which takes long to start.
struct NumPyFile {
  let path: String
  let type: ElementCase
  let format: Format
  let texts: [String]

  /// Writes the files.
  static func write(_ files: [NumPyFile]) throws {
    try run("numpy.save(open(path, 'wb'), values) if format == 'npy' else values.tofile(path)", files)
  }

  /// Reads the files, with and without mapping them, and returns the paths of those with anything else in them.
  static func mismatches(_ files: [NumPyFile]) throws -> String {
    try run(
      """
      if format == 'npy':
              found = [numpy.load(path), numpy.load(path, mmap_mode='r')]
          else:
              found = [numpy.fromfile(path, dtype)] + ([numpy.memmap(path, dtype, 'r')] if len(values) else [])
          if any(a.dtype != values.dtype or a.shape != values.shape or a.tobytes() != values.tobytes() for a in found):
              print(path, found[0])
      """, files)
  }

  @discardableResult
  private static func run(_ body: String, _ files: [NumPyFile]) throws -> String {
    let script = """
      import numpy, sys
      words = sys.argv[1:]
      while words:
          path, dtype, format, count, *words = words
          number = float if dtype.startswith('float') else int
          values = numpy.array([number(text) for text in words[:int(count)]], dtype)
          words = words[int(count):]
          \(body)
      """
    return try Python.run(
      script: script,
      arguments: files.flatMap { file in
        [file.path, file.type.numpyName, file.format.rawValue, "\(file.texts.count)"] + file.texts
      })
  }
}

extension NumPyFile {
  /// Whether NumPy finds the numbers from 0 to `count` in a file.
  static func isRange(_ count: Int, _ path: String, _ type: ElementCase, _ format: Format) throws -> Bool {
    let script = """
      import numpy, sys
      path, dtype, format, count = sys.argv[1:]
      found = numpy.load(path) if format == 'npy' else numpy.fromfile(path, dtype)
      print(found.dtype == dtype and numpy.array_equal(found, numpy.arange(int(count))))
      """
    let arguments = [path, type.numpyName, format.rawValue, "\(count)"]
    return try Python.run(script: script, arguments: arguments) == "True\n"
  }
}
