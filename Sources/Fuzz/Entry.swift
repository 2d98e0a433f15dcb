import CFuzzer
import Glibc

/// A parser of bytes from outside, and what must hold of it.
protocol FuzzTarget {
  /// Must return, whatever the bytes are.
  func run(_ input: [UInt8])
}

/// Runs libFuzzer with its own arguments; `FUZZ_TARGET` names what is fuzzed.
@main
enum Entry {
  static func main() {
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(
      LLVMFuzzerRunDriver(&count, &arguments) { start, count in
        target.run(Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
      })
  }
}

// libFuzzer calls from one thread only.
nonisolated(unsafe) private let target: any FuzzTarget = {
  do {
    switch getenv("FUZZ_TARGET").map({ String(cString: $0) }) {
    case "header": return HeaderTarget()
    case "number": return NumberTarget()
    case "path": return try PathTarget()
    case "record": return try RecordTarget()
    case let name: fatalError("FUZZ_TARGET is \(name ?? "not set"): name header, number, path or record")
    }
  } catch {
    fatalError("\(error)")
  }
}()

/// Ends the process, so that libFuzzer keeps the input.
func require(_ condition: Bool, _ what: @autoclosure () -> String) {
  if !condition { fatalError(what()) }
}
