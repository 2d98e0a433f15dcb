import Glibc

/// How a process ended.
public enum Exit: Equatable, Sendable {
  case code(Int32)
  case signal(Int32)
}

/// Why a process, or something it needs, failed.
public enum ProcessError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A call of the system failed; `subject` is the file or program that it was about.
  case system(subject: String, code: Int32)
  /// It ended otherwise than it should have; `output` is what it said.
  case ended(Exit, output: String)
  /// It did not do in time what it should have.
  case timeout(String, output: String)
  /// It runs where it should not, or does not run where it should.
  case wrongState(String)
  case client(String, output: String)

  public var description: String {
    switch self {
    case .system(let subject, let code): "\(subject): \(String(cString: strerror(code)))"
    case .ended(let exit, let output): "ended with \(exit):\n\(output)"
    case .timeout(let what, let output): "\(what) took too long:\n\(output)"
    case .wrongState(let text): text
    case .client(let text, let output): "\(text):\n\(output)"
    }
  }

  /// The failure that `errno` stands for.
  package static func lastError(_ subject: String) -> ProcessError { .system(subject: subject, code: errno) }
}
