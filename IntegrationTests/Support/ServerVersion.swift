import MappedArrayClient

/// Which server it is, for what not all of them have.
struct ServerVersion: CustomStringConvertible {
  enum Product: String {
    case redis = "Redis"
    case redict = "Redict"
    case valkey = "Valkey"
  }

  let product: Product
  private let numbers: [Int]

  init(_ connection: Connection) throws {
    let lines = try connection("INFO", "server", as: String.self).split(whereSeparator: \.isNewline)
    func version(_ field: String) -> [Int]? {
      lines.first { $0.hasPrefix(field + ":") }?.dropFirst(field.count + 1).split(separator: ".").compactMap { Int($0) }
    }
    // The others also name the version of Redis that they are compatible with.
    if let numbers = version("valkey_version") {
      (product, self.numbers) = (.valkey, numbers)
    } else if let numbers = version("redict_version") {
      (product, self.numbers) = (.redict, numbers)
    } else {
      (product, numbers) = (.redis, version("redis_version") ?? [])
    }
  }

  /// As the matrix names it: `Redis 7.0`.
  var description: String { "\(product.rawValue) \(numbers.prefix(2).map(String.init).joined(separator: "."))" }

  func has(_ difference: Difference) -> Bool {
    guard let first = difference.since[product] else { return false }
    return !numbers.lexicographicallyPrecedes(first)
  }

  /// The module's short names that are commands of the server.
  var ownNames: Set<String> { has(.vectorSets) ? ["VADD"] : [] }

  /// The name to call a command by: the one in the module's namespace where the server owns the short one.
  func callable(_ name: String) -> String {
    ownNames.contains(name.uppercased()) ? DescribedCommand.named(name.uppercased())?.names.first ?? name : name
  }
}

/// Where servers differ as far as the tests notice: since which version of each product it is so, never if the product
/// is not named. Whatever is not in this table is the same everywhere.
struct Difference {
  let since: [ServerVersion.Product: [Int]]

  /// VADD is the server's: Redis 8.0 has vector sets.
  static let vectorSets = Difference(since: [.redis: [8, 0]])

  /// Commands of modules have ACL categories: RM_SetCommandACLCategories came with Redis 7.2, which the others forked.
  static let commandCategories = Difference(since: [.redis: [7, 2], .redict: [7, 3], .valkey: [7, 2]])

  /// Modules may add categories of their own: RM_AddACLCategory came after 7.2, and into the forks too.
  static let ownCategories = Difference(since: [.redis: [7, 4], .redict: [7, 3], .valkey: [8, 0]])

  /// ACL CAT lists commands of modules too: others leave them out, though rules with categories hold for them.
  static let listsCommandsOfModules = Difference(since: [.redis: [8, 0], .valkey: [9, 0]])

  /// RESP3's doubles, which the server writes, have the shortest text: Redis 7.0 wrote 17 digits.
  static let shortestDoubles = Difference(since: [.redis: [7, 2], .redict: [7, 3], .valkey: [7, 2]])

  /// CLUSTER MIGRATESLOTS moves slots at once, with a child that sends what is in them.
  static let atomicSlotMigration = Difference(since: [.valkey: [9, 0]])

  /// DEL frees as UNLINK does: Valkey 8.0 has changed what `lazyfree-lazy-user-del` is unless it is configured.
  static let lazyDeletion = Difference(since: [.valkey: [8, 0]])
}
