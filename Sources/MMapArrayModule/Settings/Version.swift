/// A version of the module; CONTRIBUTING.md says what its numbers mean.
struct Version: CustomStringConvertible {
  let major: Int32
  let minor: Int32
  let patch: Int32

  /// The one place that says which version this is: `Scripts/version` reads it here for packages and documents.
  static let current = Version(major: 1, minor: 1, patch: 0)

  /// What `MODULE LIST` shows, as other modules have it: major · 10000 + minor · 100 + patch.
  var number: Int32 { major * 10_000 + minor * 100 + patch }

  /// What people read: `1.1.0`.
  var description: String { "\(major).\(minor).\(patch)" }
}
