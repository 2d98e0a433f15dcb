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

  /// Whether `MMAPARRAY_UNCONFINED` is unset: the servers of the tests may call only what Debian's units allow. A program
  /// that watches the server, such as valgrind, calls more.
  public static var isConfined: Bool { value("MMAPARRAY_UNCONFINED") == nil }

  /// `TMPDIR`, or `/tmp`.
  public static var temporaryDirectory: String { value("TMPDIR") ?? "/tmp" }

  private static func value(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}
