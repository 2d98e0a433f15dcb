import ServerModule
import SystemPackage

/// The setting `mmaparray.root`, and the load argument `root DIR` that sets it too.
struct RootSetting {
  private static let defaultPath = "arrays"

  private let setting: TextSetting

  /// Reads the load arguments and the server's configuration. All settings must be registered by then.
  init(_ context: Context, _ arguments: [String]) throws(LoadError) {
    guard
      arguments.isEmpty || (arguments.count == 2 && arguments[0].lowercased() == "root" && !arguments[1].isEmpty)
    else {
      throw LoadError("load arguments are '\(arguments.joined(separator: " "))'; 'root DIR' is the only one")
    }
    setting = try context.registerSetting("root", default: arguments.last ?? RootSetting.defaultPath)
    try context.loadSettings()
  }

  /// The directory, relative to the server's `dir`, which is its working directory. `CONFIG GET` shows it.
  var path: FilePath {
    get { FilePath(setting.text) }
    nonmutating set { setting.text = newValue.string }
  }
}
