import CStandInServer
import Synchronization

// What the module sees: sections of INFO, replies to commands that it calls, its configuration, memory.
extension StandInServer {
  /// Sets a field of a section of INFO, or takes it away.
  public func setInformation(_ section: String, _ field: String, _ value: String?) {
    thread.run { information[section, default: [:]][field] = value }
  }

  func resetInformation() {
    information = [
      "server": ["redis_version": "7.0.15"],
      "clients": ["maxclients": "10000", "connected_clients": "1"],
      "replication": [
        "role": "master", "connected_slaves": "0", "repl_backlog_active": "0", "second_repl_offset": "-1",
      ],
    ]
    refusals = [:]
    callReplies = ["CLIENT LIST TYPE REPLICA": ""]
  }

  /// Sets what a command replies that the module calls, or has it reply an error.
  public func setReply(to command: String, _ reply: String?) { thread.run { callReplies[command] = reply } }

  /// Has the server refuse a command that the module calls as a script would.
  public func refuse(_ command: String, _ error: String) { thread.run { refusals[command] = error } }

  /// Commands that the module has called.
  public var calledCommands: [String] { thread.run { calls } }

  /// Sets a configuration of the module. Returns why not, if it is refused.
  public func configure(_ name: String, _ value: String) -> String? {
    thread.run {
      guard let entry = configuration[name], !entry.isImmutable else { return "it cannot be set" }
      return entry.set(value)
    }
  }

  /// A configuration of the module.
  public func configured(_ name: String) -> String? { thread.run { configuration[name]?.get() } }

  /// The fields that the module has in INFO.
  public func moduleInformation(forCrashReport: Bool = false) -> [String: Int] {
    thread.run {
      let handle = InfoHandle()
      let pointer = handles.lend(handle)
      defer { _ = handles.end(pointer, as: InfoHandle.self) }
      informationFunction?(pointer, forCrashReport ? 1 : 0)
      return handle.fields
    }
  }

  /// Sets how much memory the module can have in one piece.
  public func setLargestBlock(_ bytes: Int) { mostAllocated.store(bytes, ordering: .relaxed) }
}
