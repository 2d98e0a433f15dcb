import CModuleShim

/// A section of what the server's `INFO` shows, as of now.
public struct ServerInformation: ~Copyable {
  private let context: OpaquePointer?
  private let data: OpaquePointer

  fileprivate init(_ context: OpaquePointer?, _ data: OpaquePointer) {
    self.context = context
    self.data = data
  }

  deinit { server_FreeServerInfo(context, data) }

  /// A field's text; nil if the section has none of that name.
  public subscript(field: String) -> String? {
    server_ServerInfoGetFieldC(data, field).map { String(cString: $0) }
  }

  /// A field that is an integer; nil if it is none or not there.
  public func integer(_ field: String) -> Int? { self[field].flatMap { Int($0) } }
}

extension Context {
  /// Asks for a section of the server's information; nil if the server does not give it.
  ///
  /// - Complexity: O(N) in the length of the section; tens of microseconds.
  public func information(_ section: StaticString) -> ServerInformation? {
    guard let data = server_GetServerInfo(pointer, section.cString) else { return nil }
    return ServerInformation(pointer, data)
  }
}

// MARK: - The module's own section

/// The module's own part of `INFO`, while it is being written.
public struct InformationSection {
  private let pointer: OpaquePointer?

  /// Wraps what the server hands to the function of `registerInformation`.
  public init(_ pointer: OpaquePointer?) { self.pointer = pointer }

  /// Begins a section. The server puts the module's name before it: an empty one is the section of that name.
  public func begin(_ name: StaticString = "") { _ = server_InfoAddSection(pointer, name.cString) }

  /// Adds a field. The server puts the module's name before its name.
  public func add(_ name: String, _ value: Int) { _ = server_InfoAddFieldLongLong(pointer, name, Int64(value)) }

  /// Adds a field that is a text without line breaks.
  public func add(_ name: String, _ value: String) { _ = server_InfoAddFieldCString(pointer, name, value) }
}

/// What writes the module's part of `INFO`: the section as `InformationSection.init` takes it, and whether it is written
/// into a crash report, where nothing may be relied on.
public typealias InformationFunction = @convention(c) (OpaquePointer?, Int32) -> Void

extension Context {
  public func registerInformation(_ function: InformationFunction) { _ = server_RegisterInfoFunc(pointer, function) }
}
