import ServerModule

/// When changes are flushed to the disk, with the meaning of `appendfsync`.
enum FlushPolicy: Int32, CaseIterable {
  /// By the kernel, when it likes.
  case no
  /// About once a second, off the main thread.
  case everysec
  /// Before the reply.
  case always

  fileprivate var name: StaticString {
    switch self {
    case .no: "no"
    case .everysec: "everysec"
    case .always: "always"
    }
  }
}

/// The setting `mmaparray.fsync`.
struct FlushSetting {
  private let setting: EnumerationSetting

  init(_ context: Context) throws(LoadError) {
    setting = try context.registerSetting(
      "fsync", default: FlushPolicy.everysec.rawValue,
      choices: FlushPolicy.allCases.map { ($0.name, $0.rawValue) })
  }

  var policy: FlushPolicy {
    // The server sets nothing else.
    FlushPolicy(rawValue: setting.value) ?? .everysec
  }
}
