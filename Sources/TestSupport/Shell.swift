import Glibc

/// The programs that come with the system.
public enum Shell {
  /// Runs a command line and forgets what it prints.
  ///
  /// - Throws: `ProcessError` unless it exits with 0.
  public static func run(_ command: String) throws(ProcessError) {
    _ = try Program.run(["sh", "-c", command], timeout: .seconds(20))
  }
}
