import CModuleShim

/// A setting of the module's that is one of some names, as `appendfsync` is; `CONFIG SET` changes it.
///
/// Read and written on the server's main thread.
public final class EnumerationSetting {
  /// The raw value of the present choice.
  public fileprivate(set) var value: Int32

  fileprivate init(_ value: Int32) { self.value = value }
}

/// A setting of the module's that is an integer; `CONFIG SET` changes it.
///
/// Read and written on the server's main thread.
public final class IntegerSetting {
  public fileprivate(set) var value: Int

  fileprivate init(_ value: Int) { self.value = value }
}

/// A setting of the module's that is a text. It can't be changed once the server runs.
///
/// Read and written on the server's main thread.
public final class TextSetting {
  // A string of the server, because the server does not copy what it is given to show.
  fileprivate var string: OpaquePointer?

  fileprivate init(_ text: String) { string = makeString(text) }

  deinit { server_FreeString(nil, string) }

  public var text: String {
    get { Argument(string).text }
    set {
      server_FreeString(nil, string)
      string = makeString(newValue)
    }
  }
}

extension Context {
  /// Registers a setting that is one of some names. The server holds it until it ends.
  ///
  /// - Throws: if the server does not take it; its log says why.
  public func registerSetting(
    _ name: StaticString, default value: Int32, choices: [(name: StaticString, value: Int32)]
  ) throws(LoadError) -> EnumerationSetting {
    let setting = EnumerationSetting(value)
    // The server copies the names.
    var names: [UnsafePointer<CChar>?] = choices.map { $0.name.cString }
    let values = choices.map(\.value)
    let status = server_RegisterEnumConfig(
      pointer, name.cString, value, UInt32(SERVER_CONFIG_DEFAULT), &names, values, Int32(values.count),
      { _, data in data.map { Unmanaged<EnumerationSetting>.fromOpaque($0).takeUnretainedValue().value } ?? 0 },
      { _, value, data, _ in
        guard let data else { return Int32(SERVER_ERROR) }
        Unmanaged<EnumerationSetting>.fromOpaque(data).takeUnretainedValue().value = value
        return Int32(SERVER_OK)
      }, nil, Unmanaged.passRetained(setting).toOpaque())
    guard status == SERVER_OK else { throw LoadError("the setting '\(name)' cannot be registered") }
    return setting
  }

  /// Registers a setting that is an integer. The server holds it until it ends.
  ///
  /// - Parameters:
  ///   - name: behind the module's own name and a dot.
  ///   - value: what it is unless somebody sets it.
  ///   - range: what it can be.
  ///   - isMemory: whether it is a number of bytes, which may be given as `512mb`.
  /// - Throws: if the server does not take it; its log says why.
  public func registerSetting(
    _ name: StaticString, default value: Int, in range: ClosedRange<Int>, isMemory: Bool = false
  ) throws(LoadError) -> IntegerSetting {
    let setting = IntegerSetting(value)
    let status = server_RegisterNumericConfig(
      pointer, name.cString, Int64(value), UInt32(isMemory ? SERVER_CONFIG_MEMORY : SERVER_CONFIG_DEFAULT),
      Int64(range.lowerBound), Int64(range.upperBound),
      { _, data in
        data.map { Int64(Unmanaged<IntegerSetting>.fromOpaque($0).takeUnretainedValue().value) } ?? 0
      },
      { _, value, data, _ in
        guard let data else { return Int32(SERVER_ERROR) }
        Unmanaged<IntegerSetting>.fromOpaque(data).takeUnretainedValue().value = Int(value)
        return Int32(SERVER_OK)
      }, nil, Unmanaged.passRetained(setting).toOpaque())
    guard status == SERVER_OK else { throw LoadError("the setting '\(name)' cannot be registered") }
    return setting
  }

  /// Registers a setting that is a text and can be set in the configuration only. The server holds it until it ends.
  ///
  /// - Throws: if the server does not take it; its log says why.
  public func registerSetting(_ name: StaticString, default text: String) throws(LoadError) -> TextSetting {
    let setting = TextSetting(text)
    let status = server_RegisterStringConfig(
      pointer, name.cString, text, UInt32(SERVER_CONFIG_IMMUTABLE),
      { _, data in data.flatMap { Unmanaged<TextSetting>.fromOpaque($0).takeUnretainedValue().string } },
      { _, value, data, _ in
        guard let data else { return Int32(SERVER_ERROR) }
        Unmanaged<TextSetting>.fromOpaque(data).takeUnretainedValue().text = Argument(value).text
        return Int32(SERVER_OK)
      }, nil, Unmanaged.passRetained(setting).toOpaque())
    guard status == SERVER_OK else { throw LoadError("the setting '\(name)' cannot be registered") }
    return setting
  }

  /// Reads the registered settings from the server's configuration.
  public func loadSettings() throws(LoadError) {
    guard server_LoadConfigs(pointer) == SERVER_OK else {
      throw LoadError("the module's settings cannot be read from the configuration")
    }
  }
}
