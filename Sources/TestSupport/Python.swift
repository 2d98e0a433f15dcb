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
    try Program.run(["python3", "-c", script] + arguments, timeout: timeout)
  }
}
