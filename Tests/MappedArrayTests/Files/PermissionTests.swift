import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import MappedArray

/// Who may do what with the files. In processes of their own: masks and users belong to a process.
struct PermissionTests {
  private static func mode(_ path: String) throws -> mode_t {
    var status = stat()
    try call { lstat(path, &status) }
    return status.st_mode & 0o7777
  }

  @Test("new files have mode 0660 and new roots 0770, less the mask")
  func newFiles() async {
    await #expect(processExitsWith: .success) {
      for mask in [0, 0o022, 0o027, 0o077, 0o007, 0o026] as [mode_t] {
        umask(mask)
        for walks in [false, true] {
          let workspace = try Workspace(walks: walks)
          #expect(try PermissionTests.mode(workspace.root.path.string) == 0o770 & ~mask)
          _ = try workspace.open()
          _ = try workspace.open("typed", MappingRequest(elementType: .u8))
          #expect(try PermissionTests.mode(workspace.path()) == 0o660 & ~mask)
          #expect(try PermissionTests.mode(workspace.path("typed")) == 0o660 & ~mask)
        }
      }
    }
  }

  @Test("files that others keep to themselves")
  func forbidden() async {
    await #expect(processExitsWith: .success) {
      for walks in [false, true] {
        let workspace = try Workspace(walks: walks)
        try call { chmod(workspace.outside, 0o755) }
        try call { chmod(workspace.root.path.string, 0o755) }
        for (name, mode) in [("secret", 0o600), ("readable", 0o644), ("none", 0)] as [(String, mode_t)] {
          try workspace.write([1, 2, 3], to: name)
          try call { chmod(workspace.path(name), mode) }
        }
        try call { mkdir(workspace.path("closed"), 0o700) }
        try workspace.write([1], to: "closed/file")
        // As root nothing is forbidden; as the owner, little.
        let user = geteuid()
        if user == 0 { try call { seteuid(65_534) } }
        let reading = MappingRequest(access: .readOnly)
        #expect(try failure { _ = try workspace.open("none", reading) } == .permissionDenied)
        #expect(try failure { _ = try workspace.open("none") } == .permissionDenied)
        #expect(try workspace.open("readable", reading).format == .raw)
        if user == 0 {
          #expect(try failure { _ = try workspace.open("secret", reading) } == .permissionDenied)
          #expect(try failure { _ = try workspace.open("readable") } == .permissionDenied)
          #expect(try failure { _ = try workspace.open("new") } == .permissionDenied)
          #expect(try failure { _ = try workspace.open("closed/file", reading) } == .permissionDenied)
          #expect(try failure { _ = try workspace.open("closed/new") } == .permissionDenied)
          try call { seteuid(0) }
        }
        #expect(!workspace.exists("new") && !workspace.exists("closed/new"))
        #expect(try workspace.read("readable") == [1, 2, 3])
      }
    }
  }
}
