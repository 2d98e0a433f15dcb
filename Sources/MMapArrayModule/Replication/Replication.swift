import CModuleShim
import MappedArray

/// Whether anybody may come to read what is sent to replicas.
///
/// The stream is recorded from the first replica's request on, while there are replicas or a backlog, and while slots
/// migrate to another node. That is asked for before every fork (with which a full synchronisation begins), whenever a role or a replica changes, and once a
/// second; in between it can only be wrong in the harmless direction.
final class Replication {
  /// True at the beginning: a restarted master may have a backlog that replicas resume from.
  private(set) var isRecorded = true
  /// Whether this server follows no other.
  private(set) var isMaster = true

  func update(_ context: OpaquePointer?) {
    guard let information = server_GetServerInfo(context, "replication") else { return }
    defer { server_FreeServerInfo(context, information) }
    func number(_ field: String) -> Int {
      server_ServerInfoGetFieldC(information, field).flatMap { Int(String(cString: $0)) } ?? 0
    }
    isMaster = server_ServerInfoGetFieldC(information, "role").map { String(cString: $0) } == "master"
    let wasRecorded = isRecorded
    isRecorded =
      number("connected_slaves") > 0 || number("repl_backlog_active") > 0 || Module.current.lifecycle.slotExports > 0
    // The first replica has yet to get all.
    if isRecorded, !wasRecorded { Module.current.arrays.noteReplicatedCounts() }
  }

  /// The files may hold more than the saved data that has just been loaded tells of, so no replica may go on from there
  /// without a full synchronisation. Only a restarted master offers that; a replica gets the rest from its master.
  func forgetHistory(_ context: OpaquePointer?) {
    guard isMaster, let information = server_GetServerInfo(context, "replication") else { return }
    defer { server_FreeServerInfo(context, information) }
    let offset = server_ServerInfoGetFieldC(information, "second_repl_offset").map { String(cString: $0) } ?? "-1"
    guard offset != "-1", Module.current.arrays.all.contains(where: \.replication.isReplicated) else { return }
    guard let reply = server_call(context, "DEBUG", "c", "CHANGE-REPL-ID", nil, nil) else {
      log(context, .warning, "replicas that were connected before the restart may miss changes: resynchronise them")
      return
    }
    server_FreeCallReply(reply)
  }

  /// Whether a replica waits for a full synchronisation: what is saved now may be for it.
  static func awaitsContents(_ context: OpaquePointer?) -> Bool {
    guard let information = server_GetServerInfo(context, "replication") else { return true }
    defer { server_FreeServerInfo(context, information) }
    let count = server_ServerInfoGetFieldC(information, "connected_slaves").flatMap { Int(String(cString: $0)) } ?? 0
    return (0..<count).contains { index in
      // ip=…,port=…,state=online,offset=…,lag=…
      server_ServerInfoGetFieldC(information, "slave\(index)").map { !String(cString: $0).contains("state=online") }
        ?? true
    }
  }

  /// The largest output buffer of a replica, in bytes.
  static func largestBuffer(_ context: OpaquePointer?) -> Int {
    guard let reply = server_call(context, "CLIENT", "ccc", "LIST", "TYPE", "REPLICA") else { return 0 }
    defer { server_FreeCallReply(reply) }
    var length = 0
    guard let start = server_CallReplyStringPtr(reply, &length) else { return 0 }
    let text = String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
    let sizes = text.split(whereSeparator: { $0 == " " || $0 == "\n" }).compactMap { word in
      word.hasPrefix("omem=") ? Int(word.dropFirst("omem=".count)) : nil
    }
    return sizes.max() ?? 0
  }
}
