import LiveServer

/// A file system that is mounted, as /proc/mounts has it.
struct Mount {
  let point: String
  /// `ext4`, `tmpfs`, `cgroup2` …
  let kind: String
  let options: [String]

  static var all: [Mount] {
    let text = (try? Files.text("/proc/mounts")) ?? ""
    return text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ").map(String.init)
      guard fields.count > 3 else { return nil }
      return Mount(point: fields[1], kind: fields[2], options: fields[3].split(separator: ",").map(String.init))
    }
  }

  /// The one that a file is on. `path` is absolute and without links.
  static func holding(_ path: String) -> Mount? {
    all.filter { path.hasPrefix($0.point == "/" ? "/" : $0.point + "/") }.max { $0.point.count < $1.point.count }
  }
}
