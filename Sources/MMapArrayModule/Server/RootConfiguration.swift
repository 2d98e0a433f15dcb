import CModuleShim
import SystemPackage

/// The configuration `mmaparray.root`, and the load argument `root DIR` that sets it too.
enum RootConfiguration {
  private static let defaultPath = "arrays"

  // The server reads and writes it on the main thread only: at load, and for CONFIG GET.
  nonisolated(unsafe) private static var value: OpaquePointer?

  /// Reads the load arguments and the server's configuration.
  ///
  /// - Returns: the root's path, relative to the server's `dir`, which is its working directory.
  static func load(_ context: OpaquePointer?, _ arguments: [OpaquePointer?]) throws(LoadError) -> FilePath {
    let words = arguments.map(text)
    guard words.isEmpty || (words.count == 2 && words[0].lowercased() == "root" && !words[1].isEmpty) else {
      throw LoadError(message: "load arguments are '\(words.joined(separator: " "))'; 'root DIR' is the only one")
    }
    let status = server_RegisterStringConfig(
      context, "root", words.last ?? defaultPath, UInt32(SERVER_CONFIG_IMMUTABLE),
      { _, _ in RootConfiguration.value },
      { _, value, _, _ in
        RootConfiguration.keep(RootConfiguration.text(value))
        return Int32(SERVER_OK)
      }, nil, nil)
    guard status == SERVER_OK, server_LoadConfigs(context) == SERVER_OK else {
      throw LoadError(message: "the configuration 'mmaparray.root' cannot be read")
    }
    return FilePath(text(value))
  }

  /// Lets CONFIG GET show the directory that is used.
  static func show(_ path: FilePath) { keep(path.string) }

  private static func keep(_ text: String) {
    if value != nil { server_FreeString(nil, value) }
    value = server_CreateString(nil, text, text.utf8.count)
  }

  private static func text(_ string: OpaquePointer?) -> String {
    string == nil ? "" : String(decoding: bytes(of: string), as: UTF8.self)
  }
}
