import Glibc
import TestSupport
import Testing

@testable import MappedArray

/// What the documentation says of a file that is cut under its mapping. Each in a process of its own.
struct CutFileTests {
  @Test("without a guard the process ends")
  func unguarded() async {
    await #expect(processExitsWith: .signal(SIGBUS)) {
      let directory = try TemporaryDirectory()
      let path = FilePath(directory.path + "/array.npy")
      let array = try MappedArray<Int32>(creating: path, shape: [100_000])
      truncate(path.string, 128)
      // Sanitizers and the runtime have handlers of their own.
      signal(SIGBUS, SIG_DFL)
      _ = array[50_000]
    }
  }

  @Test("with it there are zeros, and an error at the next look")
  func guarded() async {
    await #expect(processExitsWith: .success) {
      guard FaultGuard.install() else { fatalError() }
      let directory = try TemporaryDirectory()
      let path = FilePath(directory.path + "/array.npy")
      var array = try MappedArray<Int32>(creating: path, shape: [100_000])
      try array.fill(0..<100_000, with: 7)
      truncate(path.string, 4096)
      let fault = MappedArrayError.fault(path: path.string)
      func throwsFault(_ body: () throws -> Void) -> Bool {
        do throws(any Error) {
          try body()
          return false
        } catch {
          return error as? MappedArrayError == fault
        }
      }
      // What is still there is read, and nothing is known as yet.
      guard array[0] == 7, !throwsFault({ try array.checkFault() }) else { fatalError("1") }
      do {
        let span = try array.span
        guard span[50_000] == 0 else { fatalError("2") }
      }
      guard throwsFault({ try array.checkFault() }) else { fatalError("3") }
      guard throwsFault({ _ = try array.span.count }) else { fatalError("4") }
      guard throwsFault({ _ = try array.mutableSpan().count }) else { fatalError("5") }
      guard throwsFault({ _ = try array.sum() }) else { fatalError("6") }
      guard throwsFault({ _ = try array.elements(in: 0..<2) }) else { fatalError("7") }
      guard throwsFault({ try array.append(1) }) else { fatalError("8") }
      // The file is whole again, and so is the array.
      truncate(path.string, 128 + 400_000)
      try array.reload()
      guard array[0] == 7, try array.span[50_000] == 0 else { fatalError("9") }
      try array.checkFault()
    }
  }
}
