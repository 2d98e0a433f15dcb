import MappedArrayClient

/// Which server it is, for what not all of them have.
struct ServerVersion {
  private let redis: [Int]
  private let isValkey: Bool

  init(_ connection: Connection) throws {
    let lines = try connection("INFO", "server", as: String.self).split(whereSeparator: \.isNewline)
    let version = lines.first { $0.hasPrefix("redis_version:") }?.dropFirst("redis_version:".count) ?? ""
    redis = version.split(separator: ".").compactMap { Int($0) }
    isValkey = lines.contains { $0.hasPrefix("valkey_version:") }
  }

  /// Whether commands of modules have ACL categories.
  var hasCommandCategories: Bool { isValkey || !redis.lexicographicallyPrecedes([7, 2]) }

  /// Whether modules may add categories of their own.
  var hasOwnCategories: Bool { isValkey || !redis.lexicographicallyPrecedes([7, 4]) }
}
