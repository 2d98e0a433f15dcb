import CTestSupport
import Glibc

/// What a process is kept from; nothing at first.
public struct Confinement: Sendable {
  /// The directory that becomes its root, with a `/proc` that nobody else sees: servers expect one.
  public var root: String?
  /// Whether it gets no new privileges, makes files for its group at most, and is killed (`SIGSYS`) by any system call
  /// that Debian's units of Redis and Valkey do not allow.
  public var isFiltered = false
  /// The only files and directories that can be written to.
  public var writable: [String]?
  /// The only files and directories from which something can be executed.
  public var executable: [String]?
  /// The user and the group that it is.
  public var owner: (user: uid_t, group: gid_t)?
  /// The most descriptors that it may have.
  public var descriptors: UInt32 = 0

  public init(root: String? = nil, isFiltered: Bool = false) {
    self.root = root
    self.isFiltered = isFiltered
  }

  /// The user whose servers the distribution's are; nil if there is none of that name here.
  public static func owner(named name: String) -> (user: uid_t, group: gid_t)? {
    getpwnam(name).map { ($0.pointee.pw_uid, $0.pointee.pw_gid) }
  }

  /// Whether this process may give a child mounts of its own: not without root, nor in most containers.
  public static var mayMount: Bool { (try? Program.run(["true"], in: "/")) != nil }

  /// Calls `body` with the confinement as C has it.
  func withC<Result>(_ body: (UnsafePointer<confinement>) -> Result) -> Result {
    func copy(_ text: String?) -> UnsafeMutablePointer<CChar>? { text.flatMap { strdup($0) } }
    func list(_ paths: [String]?) -> [UnsafePointer<CChar>?] { (paths ?? []).map { UnsafePointer(copy($0)) } + [nil] }
    let (root, writablePaths, executablePaths) = (copy(root), list(writable), list(executable))
    defer {
      for text in writablePaths + executablePaths { free(UnsafeMutableRawPointer(mutating: text)) }
      free(root)
    }
    return writablePaths.withUnsafeBufferPointer { writablePaths in
      executablePaths.withUnsafeBufferPointer { executablePaths in
        var confinement = confinement(
          root: root, is_filtered: isFiltered, writable: nil, executable: nil, user: owner?.user ?? 0,
          group: owner?.group ?? 0, descriptors: descriptors)
        if writable != nil { confinement.writable = writablePaths.baseAddress }
        if executable != nil { confinement.executable = executablePaths.baseAddress }
        return body(&confinement)
      }
    }
  }
}
