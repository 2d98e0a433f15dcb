import Synchronization
import TestSupport
import Testing

@testable import mmaparray_benchmark

struct MeasuringTests {
  private struct Failure: Error, Equatable {
    let part: Int
  }

  @Test("work on threads of its own is waited for, and its error is thrown", arguments: [1, 2, 16])
  func threads(count: Int) throws {
    let done = Atomic(0)
    try Threads.run((0..<count).map { _ in { done.wrappingAdd(1, ordering: .relaxed) } })
    #expect(done.load(ordering: .relaxed) == count)
    #expect(throws: Failure(part: count - 1)) {
      try Threads.run((0..<count).map { part in { if part == count - 1 { throw Failure(part: part) } } })
    }
  }

  @Test("the file system that a file is on", arguments: ["/proc/self/stat", "/proc", "/"])
  func mount(path: String) throws {
    let mount = try #require(Mount.holding(path))
    #expect(mount.kind == (path.hasPrefix("/proc/") ? "proc" : Mount.all.last { $0.point == "/" }?.kind))
    #expect(mount.point == (path.hasPrefix("/proc/") ? "/proc" : "/"))
  }

  @Test("what is read of the disk is what there is, in both orders and by any number of threads", arguments: [1, 3])
  func disk(threads: Int) throws {
    let directory = try TemporaryDirectory()
    let disk: Disk
    do {
      disk = try Disk(writing: [UInt8](repeating: 7, count: 1 << 20), size: 4 << 20, to: directory.path + "/file")
    } catch BenchmarkError.noDisk {
      // The directory is on no disk.
      return
    }
    for order in [Disk.Order.random, .sequential] {
      let sample = try disk.sample(order, threads: threads, for: .milliseconds(1))
      // Each thread reads once at least.
      #expect(sample.requests >= threads)
      #expect(sample.latencies.totalCount == UInt64(sample.requests))
    }
  }
}
