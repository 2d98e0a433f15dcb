import Glibc
import ServerModule

/// The limit of open files, which arrays and the server's clients share.
enum DescriptorLimit {
  /// What the server keeps for itself beside its clients (128), and some for what it opens now and then.
  private static let reserve: rlim_t = 256

  /// Raises the limit as far as this process may.
  ///
  /// - Returns: where the descriptors of arrays are to begin, so that the server can always accept a client: it serves
  ///   those only whose descriptors are below `maxclients` and its reserve.
  static func raise(_ context: Context) -> Int32 {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    // More than arrays can have mappings; larger limits may be refused.
    limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 1 << 17))
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    let maximumClientCount = context.information("clients")?["maxclients"].flatMap { rlim_t($0) } ?? 0
    // A sum that does not overflow, whatever `maxclients` is.
    return Int32(clamping: min(min(maximumClientCount, limit.rlim_cur) + reserve, limit.rlim_cur / 2))
  }
}
