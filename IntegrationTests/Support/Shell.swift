import Glibc
import LiveServer

/// The programs that come with the system.
enum Shell {
  /// Runs a command line.
  ///
  /// - Throws: `ProcessError` unless it exits with 0.
  static func run(_ command: String) throws {
    let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
    defer { close(null) }
    let child = try ChildProcess(["sh", "-c", command], output: null, errors: null)
    guard let exit = child.wait(atMost: .seconds(20)), exit == .code(0) else {
      throw ProcessError.wrongState("\(command) failed")
    }
  }
}
