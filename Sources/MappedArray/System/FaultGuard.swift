import CFaultGuard

/// Keeps the process alive when a mapped file loses pages: cut by another program, or on a disk that fails.
///
/// Without it such an access ends the process with `SIGBUS`, as for every mapping. With it the access goes on with zeros,
/// and the array throws `MappedArrayError.fault` for what it was part of; faults elsewhere go to the handler that was
/// there before. It is a matter of the whole process, so a program that wants it says so.
public enum FaultGuard {
  /// Installs the handler, also after another one has been installed meanwhile; sigaction(2).
  ///
  /// - Returns: false if the system refuses.
  @discardableResult
  public static func install() -> Bool { fault_guard_install() }
}
