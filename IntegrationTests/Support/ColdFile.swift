import Glibc
import LiveServer
import Testing

/// A file whose pages are on the disk and not in memory.
struct ColdFile {
  let path: String

  /// Writes a file of numbers that repeat every 97.
  init(_ type: String, _ count: Int, _ format: Format, at path: String) throws {
    self.path = path
    let pattern = "\(path).\(type)-\(count)-\(format)"
    if access(pattern, F_OK) != 0 {
      _ = try Python.run(
        script: """
          import numpy, sys
          path, name, count, format = sys.argv[1:]
          array = (numpy.arange(int(count)) % 97).astype(name)
          with open(path, 'wb') as file: array.tofile(file) if format == 'raw' else numpy.save(file, array)
          """, arguments: [pattern, type, "\(count)", "\(format)"])
    }
    unlink(path)
    try Shell.run("cp '\(pattern)' '\(path)'")
  }

  /// Has the kernel forget the file's pages, which no process may have touched through a mapping.
  func drop() throws {
    if try !PageCache.drop(path) { Issue.record("the kernel keeps pages of \(path)") }
  }

  /// How many of the file's pages are in memory. To ask does not change it.
  func residentCount() throws -> Int { try PageCache.residentCount(path) }
}

extension ModuleServer {
  /// Binds `a` to a cold file of so many numbers that repeat every 97.
  func mapCold(_ count: Int, _ type: String = "int64", _ format: Format = .npy) throws -> ColdFile {
    try connection("DEL", "a")
    let file = try ColdFile(type, count, format, at: path("a"))
    let words = format == .raw ? [ElementCase.all.first { $0.numpyName == type }?.name ?? type, "RAW"] : []
    #expect(try send(["MMAP", "a", "a"] + words) == .integer(count))
    // After its header has been read.
    try file.drop()
    return file
  }

  /// How often the server's main thread has waited for a page; the tenth field behind the name in proc(5).
  func mainThreadWaits() throws -> Int {
    let process = live.processIdentifier
    let text = try Files.text("/proc/\(process)/task/\(process)/stat")
    let fields = try #require(text.split(separator: ")").last).split(separator: " ")
    return try #require(Int(fields[9]))
  }

  func cold(_ field: String) throws -> Int { try number("mmaparray_\(field)", of: "mmaparray") }
}
