import Glibc

/// Programs that do their work and end.
public enum Program {
  /// Runs a program, which is searched in `PATH`, in a directory that becomes its root if there is one.
  ///
  /// - Returns: what it printed.
  /// - Throws: `ProcessError.ended` with all it wrote unless it exits with 0.
  @discardableResult
  public static func run(
    _ words: [String], in root: String? = nil, timeout: Duration = .seconds(60)
  ) throws(ProcessError) -> String {
    // Files, unlike pipes, can't fill up while nobody reads.
    let directory = try TemporaryDirectory(in: Environment.temporaryDirectory)
    let output = try Files.openLog(directory.path + "/output")
    defer { close(output) }
    let errors = try Files.openLog(directory.path + "/errors")
    defer { close(errors) }
    let child = try ChildProcess(words, output: output, errors: errors, confinement: Confinement(root: root))
    let exit = child.wait(atMost: timeout)
    if exit == nil { child.kill() }
    let (printed, complaint) = (try Files.text(directory.path + "/output"), try Files.text(directory.path + "/errors"))
    guard let exit else { throw .timeout(words.first ?? "", output: printed + complaint) }
    guard exit == .code(0) else { throw .ended(exit, output: printed + complaint) }
    return printed
  }
}
