import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// A server of a storm, with a root on a small disk of its own if there can be one.
final class StormNode {
  let number: Int
  let server: ModuleServer
  let disk: SmallDisk?
  /// Whom it follows; nil for the master.
  var primary: StormNode?
  let usesAOF: Bool
  /// Whether it stands still, and replies to nobody.
  private(set) var isFrozen = false
  private(set) var originals: [(name: String, bytes: [UInt8], file: ino_t)] = []

  /// - Parameter generator: decides in which way it saves and synchronises.
  init(_ number: Int, using generator: inout SeededGenerator) throws {
    self.number = number
    disk = SmallDisk.Kind.tmpfs.isAvailable ? try SmallDisk(size: 192 << 20) : nil
    usesAOF = number != 2
    let load = generator.pick(["disabled", "swapdb", "on-empty-db"], or: "disabled")
    let configuration = [
      ("repl-diskless-sync", Bool.random(using: &generator) ? "yes" : "no"), ("repl-diskless-load", load),
      ("repl-backlog-size", "64kb"), ("save", "3600 1"), ("repl-timeout", "20"), ("shutdown-timeout", "0"),
      // Written before the reply, and never later because of a disk that is busy.
      ("appendonly", usesAOF ? "yes" : "no"), ("appendfsync", "no"), ("hz", "50"),
    ]
    server = try ModuleServer.node(configuration, moduleArguments: disk.map { ["root", $0.innerPath] } ?? [])
  }

  func path(_ name: String) -> String { disk.map { "\($0.path)/\(name)" } ?? server.path(name) }

  func bytes(_ name: String) throws -> [UInt8] { try Files.read(path(name)) }

  func write(_ bytes: [UInt8], to name: String) throws { try Files.write(bytes, to: path(name)) }

  private func file(_ name: String) -> ino_t {
    var facts = stat()
    return lstat(path(name), &facts) == 0 ? facts.st_ino : 0
  }

  /// Puts a file into the root that no key is ever bound to.
  func addOriginal(_ name: String) throws {
    let bytes = Array("original of \(number): \(name)".utf8)
    try write(bytes, to: name)
    originals.append((name, bytes, file(name)))
  }

  /// What has become of the files that were put here; nil if nothing has.
  func damageOfOriginals() -> String? {
    for original in originals {
      guard file(original.name) == original.file, (try? bytes(original.name)) == original.bytes else {
        return "node \(number): the file '\(original.name)' is not what it was"
      }
    }
    return nil
  }

  func follow(_ other: StormNode) throws {
    primary = other
    let reply = try server("REPLICAOF", "127.0.0.1", Int(other.server.live.port ?? 0))
    guard reply == .ok else { throw StormFailure("node \(number): REPLICAOF: \(reply)") }
  }

  func kill() { server.live.kill() }

  func freeze() {
    isFrozen = true
    server.freeze()
  }

  func thaw() {
    isFrozen = false
    server.thaw()
  }

  /// Why it is not sound; nil if it is.
  func damage() -> String? {
    guard server.live.isRunning else { return "node \(number) has ended: \(server.live.log.suffix(5000))" }
    let log = server.live.log
    for sign in ["ASSERTION FAILED", "BUG REPORT", "crashed by signal", "Guru Meditation"] where log.contains(sign) {
      return "node \(number): \(sign): \(log.suffix(8000))"
    }
    return damageOfOriginals()
  }
}

/// What ends a storm.
struct StormFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
