import Foundation

/// A control group of the kernel's (cgroups(7)), whose processes have so much memory together, with what the kernel
/// keeps of the files that they read. Of version 1 or 2, whichever the machine has; root alone may make one.
final class MemoryGroup {
  private let path: String

  /// - Throws: `BenchmarkError.cannotLimit` where none can be made.
  init(bytes: Int) throws {
    var reasons: [String] = []
    for mount in Mount.all where mount.kind == "cgroup2" || mount.kind == "cgroup" && mount.options.contains("memory") {
      let isFirst = mount.kind == "cgroup"
      let path = "\(mount.point)/mmaparray-benchmark-\(getpid())"
      do {
        if !isFirst { try Self.set("+memory", in: mount.point + "/cgroup.subtree_control") }
        guard mkdir(path, 0o755) == 0 else { throw BenchmarkError.cannotLimit("\(path): \(Self.lastError)") }
        do {
          try Self.set("\(bytes)", in: path + (isFirst ? "/memory.limit_in_bytes" : "/memory.max"))
          self.path = path
          return
        } catch {
          rmdir(path)
          throw error
        }
      } catch BenchmarkError.cannotLimit(let reason) {
        reasons.append(reason)
      }
    }
    let reason = reasons.isEmpty ? "there is no memory controller" : reasons.joined(separator: "; ")
    throw BenchmarkError.cannotLimit(reason)
  }

  /// Removes it, whose processes have to have ended; the kernel may take a moment to notice.
  func remove() {
    for _ in 0..<200 where rmdir(path) != 0 && errno == EBUSY { usleep(10_000) }
  }

  /// What the process allocates and reads from now on counts.
  func add(_ process: pid_t) throws { try Self.set("\(process)", in: path + "/cgroup.procs") }

  private static func set(_ value: String, in path: String) throws {
    let file = open(path, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw BenchmarkError.cannotLimit("\(path): \(lastError)") }
    defer { close(file) }
    guard value.withCString({ write(file, $0, strlen($0)) }) > 0 else {
      throw BenchmarkError.cannotLimit("\(path): \(lastError)")
    }
  }

  private static var lastError: String { String(cString: strerror(errno)) }
}
