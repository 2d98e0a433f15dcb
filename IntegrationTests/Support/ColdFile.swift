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
    let file = open(path, O_RDONLY | O_CLOEXEC)
    try #require(file >= 0)
    defer { close(file) }
    for _ in 0..<1000 {
      try #require(fsync(file) == 0)
      posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
      if try residentCount(file) == 0 { return }
      usleep(1000)
    }
    Issue.record("the kernel keeps pages of \(path)")
  }

  /// How many of the file's pages are in memory. To ask does not change it.
  func residentCount() throws -> Int {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    try #require(file >= 0)
    defer { close(file) }
    return try residentCount(file)
  }

  private func residentCount(_ file: Int32) throws -> Int {
    let size = Int(lseek(file, 0, SEEK_END))
    let memory = try #require(mmap(nil, size, PROT_READ, MAP_SHARED, file, 0))
    try #require(memory != MAP_FAILED)
    defer { munmap(memory, size) }
    var pages = [UInt8](repeating: 0, count: (size + 4095) / 4096)
    try #require(mincore(memory, size, &pages) == 0)
    return pages.count { $0 & 1 != 0 }
  }
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
