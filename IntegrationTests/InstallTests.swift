import LiveServer
import MappedArrayClient
import Testing

/// `make install` and `make uninstall`.
struct InstallTests {
  /// Where this process finds what is installed below `prefix`, which is the path that servers see.
  private let directory: TemporaryDirectory
  private var prefix: String { Environment.innerPath(directory.path) }

  init() throws {
    directory = try TemporaryDirectory(in: Environment.sharedDirectory)
  }

  /// Runs `make` as it is, but takes the module for built.
  private func make(_ target: String) throws {
    let folder = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
    let module: String = try #require(Environment.module)
    try Shell.run(
      """
      MAKEFLAGS= make -C '\(folder)' -o '\(module)' MODULE='\(module)' \
      DESTDIR='\(Environment.chroot ?? "")' PREFIX='\(prefix)' \(target)
      """)
  }

  @Test("a server that includes the snippet has the module; what is uninstalled is gone")
  func install() throws {
    try make("install")
    let snippet = prefix + "/share/mmaparray/mmaparray.conf"
    let server = try LiveServer(module: nil, configuration: [("include", snippet)])
    #expect(try server.connect()("MMAP", "a", "a") == .integer(0))
    try make("uninstall")
    try Shell.run("test -d '\(directory.path)' && test -z \"$(find '\(directory.path)' -type f)\"")
  }
}
