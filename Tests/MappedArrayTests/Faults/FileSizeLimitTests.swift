import Glibc
import SystemPackage
import Testing

@testable import MappedArray

/// `RLIMIT_FSIZE`, in processes of their own: a limit belongs to a process.
struct FileSizeLimitTests {
  private static func limitFileSize(to size: rlim_t) throws {
    var limit = rlimit()
    try call { getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) }
    limit.rlim_cur = size
    try call { setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) }
  }

  @Test("growing beyond the limit is an error and no signal")
  func growing() async {
    await #expect(processExitsWith: .success) {
      // What comes with the error is for the process to decide.
      signal(SIGXFSZ, SIG_IGN)
      for format in [FileFormat.npy, .raw] {
        try FileSizeLimitTests.limitFileSize(to: rlim_t.max)
        let workspace = try Workspace()
        var array = try workspace.map(as: Int64.self, isRaw: format == .raw)
        let (elements, many) = (Array(0..<1000) as [Int64], Array(0..<40_000) as [Int64])
        try array.append(elements)
        try FileSizeLimitTests.limitFileSize(to: 64 << 10)
        try GrowthFailure.check(&array, elements, many, workspace, .fileTooLarge)
        // To the last byte that is allowed, though there is no room to spare.
        let most = ((64 << 10) - (format == .raw ? 0 : 128)) / 8
        try array.append(Array(many[..<(most - 1000)]))
        #expect(try failure { try array.append(1) } == .fileTooLarge)
        #expect(array.contents == packed(elements + many[..<(most - 1000)]))
        try FileSizeLimitTests.limitFileSize(to: rlim_t.max)
        try array.append(1)
        #expect(array.count == most + 1)
      }
    }
  }
}
