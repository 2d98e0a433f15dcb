import Glibc
import SystemPackage

/// A system call that failed: its name as in section 2 of the manual, and why.
public struct SystemCallError: Error, Equatable, CustomStringConvertible {
  public let name: String
  public let errno: Errno

  public var description: String { "\(name): \(errno.description)" }
}

/// Runs a system call that returns -1 and `errno` on failure, again whenever a signal interrupts it.
///
/// Every system call of the library goes through here.
@discardableResult
func systemCall<Result: FixedWidthInteger & SignedInteger>(
  _ name: StaticString, _ body: () -> Result
) throws(SystemCallError) -> Result {
  while true {
    let result = body()
    guard result == -1 else { return result }
    let reason = Errno(rawValue: errno)
    guard reason == .interrupted else { throw SystemCallError(name: "\(name)", errno: reason) }
  }
}
