import Glibc

/// Python with NumPy, as the other program that reads and writes the files.
public enum Python {
  /// Runs a script with `python3`; its `sys.argv[1:]` are `arguments`.
  ///
  /// - Returns: what it printed.
  /// - Throws: `ProcessError.ended` with what it wrote to standard error unless it exits with 0.
  @discardableResult
  public static func run(
    script: String, arguments: [String] = [], timeout: Duration = .seconds(60)
  ) throws(ProcessError) -> String {
    // Files, unlike pipes, can't fill up while nobody reads.
    let directory = try TemporaryDirectory(in: Environment.temporaryDirectory)
    let output = try Files.openLog(directory.path + "/output")
    defer { close(output) }
    let errors = try Files.openLog(directory.path + "/errors")
    defer { close(errors) }
    let child = try ChildProcess(["python3", "-c", script] + arguments, output: output, errors: errors)
    let exit = child.wait(atMost: timeout)
    if exit == nil { child.kill() }
    let complaint = try Files.text(directory.path + "/errors")
    guard let exit else { throw .timeout("python3", output: complaint) }
    guard exit == .code(0) else { throw .ended(exit, output: complaint) }
    return try Files.text(directory.path + "/output")
  }
}
