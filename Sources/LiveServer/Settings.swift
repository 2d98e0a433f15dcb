import Glibc

/// What the environment says about the servers of the tests.
public enum Environment {
  /// `MMAPARRAY_TEST_SERVER`, the server's program; `redis-server` if unset.
  public static var program: [String] { [value("MMAPARRAY_TEST_SERVER") ?? "redis-server"] }

  /// `MMAPARRAY_TEST_CHROOT`, the root that the server runs in.
  public static var chroot: String? { value("MMAPARRAY_TEST_CHROOT") }

  /// Where files belong that the servers of the tests see too.
  public static var sharedDirectory: String { chroot.map { $0 + "/tmp" } ?? temporaryDirectory }

  /// A path in `sharedDirectory` as the servers of the tests see it.
  public static func innerPath(_ path: String) -> String {
    chroot.map { path.hasPrefix($0) ? String(path.dropFirst($0.count)) : path } ?? path
  }

  /// A path that a server of the tests names, as this process sees it.
  public static func outerPath(_ path: String) -> String { (chroot ?? "") + path }

  /// `MMAPARRAY_MODULE`, the module that is tested.
  public static var module: String? { value("MMAPARRAY_MODULE") }

  /// The program of a client for the server's, `redis-cli` for `redis-server`.
  public static var clientProgram: [String] { program.map { $0.replacing("-server", with: "-cli") } }

  /// What runs a program in a root, with a `/proc` there that nobody else sees: servers expect one.
  static func entering(_ chroot: String?) -> [String] {
    guard let chroot else { return [] }
    let script = #"[ ! -d "$0/proc" ] || mount -t proc proc "$0/proc"; exec chroot "$0" "$@""#
    return ["unshare", "--mount", "--propagation", "slave", "sh", "-c", script, chroot]
  }

  /// `TMPDIR`, or `/tmp`.
  public static var temporaryDirectory: String { value("TMPDIR") ?? "/tmp" }

  private static func value(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}

/// A server's configuration file. The server sees its directory without the `chroot` that it runs in.
struct Settings: Sendable {
  let directory: String
  let chroot: String
  let module: String?
  let moduleArguments: [String]
  let configuration: [(String, String)]

  /// Where the server's output goes.
  var logPath: String { directory + "/server.log" }

  /// The password that a client needs.
  var password: String? { configuration.last { $0.0.lowercased() == "requirepass" }?.1 }

  private var path: String { directory + "/server.conf" }

  /// The file's path as the server sees it.
  var innerPath: String { inner(path) }

  /// Writes the file. The second port is the one that nodes of a cluster talk to each other on.
  func write(port: UInt16, clusterPort: UInt16?) throws(ProcessError) {
    var lines = [
      "dir \(quoted(inner(directory)))",
      "unixsocket \(quoted(inner(directory + "/socket")))",
      "bind 127.0.0.1",
      "port \(port)",
      "save \"\"",
      "enable-debug-command yes",
      "enable-module-command yes",
    ]
    if let clusterPort { lines += ["cluster-enabled yes", "cluster-port \(clusterPort)"] }
    if let module {
      lines.append((["loadmodule", quoted(inner(module))] + moduleArguments.map(quoted)).joined(separator: " "))
    }
    lines += configuration.map { "\($0.0) \($0.1.isEmpty ? "\"\"" : $0.1)" }
    try Files.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: path)
  }

  private func inner(_ path: String) -> String {
    path.hasPrefix(chroot) ? String(path.dropFirst(chroot.count)) : path
  }

  /// A word as configuration files want it.
  private func quoted(_ word: String) -> String {
    "\"" + word.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
  }
}
