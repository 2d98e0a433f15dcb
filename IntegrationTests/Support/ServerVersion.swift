import MappedArrayClient

/// Which server it is, and how it differs from the others as far as the tests notice.
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

  /// Whether it has what this version of Redis has. Redict and Valkey are forks of Redis 7.2.
  private func has(_ major: Int, _ minor: Int) -> Bool {
    product == .redis ? !numbers.lexicographicallyPrecedes([major, minor]) : (major, minor) <= (7, 2)
  }

  /// The module's short names that are commands of the server. Redis 8 has vector sets.
  var ownNames: Set<String> { has(8, 0) ? ["VADD"] : [] }

  /// Whether commands of modules have ACL categories: since Redis 7.2.
  var hasCommandCategories: Bool { has(7, 2) }

  /// Whether modules may add categories of their own: Redis has it since 7.4, Valkey since its 8.
  var hasOwnCategories: Bool { product == .valkey || has(7, 4) }

  /// Whether RESP3's doubles have the shortest text: Redis 7.0 writes 17 digits.
  var writesShortestDoubles: Bool { has(7, 2) }
}
