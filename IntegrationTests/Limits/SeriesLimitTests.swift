import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// The memory that the commands for series take.
struct SeriesLimitTests {
  @Test("results in the making are counted, until they are replied or the client has gone", arguments: [1, 0])
  func counted(threads: Int) throws {
    let server = try ModuleServer(configuration: [("mmaparray.threads", "\(threads)")])
    try server.mapZeros("a", bytes: 1 << 43, as: "f64")
    for (words, least) in [
      (["MMAP.BUCKETS", "a", "0", "-1", "100000", "SUM"], 100_000 * 64),
      (["MMAP.DOWNSAMPLE", "a", "0", "-1", "100000"], 100_000 * 48),
      (["MMAP.HISTOGRAM", "a", "0", "-1", "100000", "0", "1"], 100_000 * 16),
      (["MMAP.QUANTILE", "a", "0", "-1", "0.5"], 8 << 20),
    ] {
      do {
        let worker = try server.live.connect()
        try worker.append(words.map(\.argument))
        try worker.flush()
        try eventually("begun") { try server.work("jobs") == 1 }
        #expect(try server.work("work_bytes") >= least, "\(words[0])")
      }
      try eventually("ended") { try server.work("jobs") == 0 }
      #expect(try server.work("work_bytes") == 0, "\(words[0])")
    }
    // Of a range that is read to its end.
    #expect(try server("MMAP.BUCKETS", "a", 0, 5_000_000, 20_000, "MIN").elements?.count == 20_000)
    #expect(try server.work("work_bytes") == 0)
  }

  @Test("maxmemory without eviction: series are refused as the server refuses its own")
  func seriesMemory() throws {
    let server = try ModuleServer(configuration: [("maxmemory", "8mb"), ("maxmemory-policy", "noeviction")])
    try server.mapZeros("a", bytes: 8 * 2_000_000, as: "f64")
    for words in [
      ["MMAP.BUCKETS", "a", "0", "-1", "100000", "MIN", "MAX"], ["MMAP.DOWNSAMPLE", "a", "0", "-1", "100000"],
      ["MMAP.HISTOGRAM", "a", "0", "-1", "1000000", "0", "1"], ["MMAP.QUANTILE", "a", "0", "-1", "0.5"],
    ] {
      let error = try server.failure(words)
      #expect(error.hasPrefix("OOM command not allowed when used memory > 'maxmemory'"), "\(words[0]): \(error)")
    }
    #expect(try server.work("refusals") == 4)
    #expect(try server.work("work_bytes") == 0)
    #expect(try server("MMAP.BUCKETS", "a", 0, -1, 1, "MIN") == .array([.array([.bulk("0")])]))
    #expect(try server("MMAP.QUANTILE", "a", 0, 9, 0.5) == .array([.bulk("0")]))
  }
}
