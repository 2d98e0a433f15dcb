import TestSupport

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
