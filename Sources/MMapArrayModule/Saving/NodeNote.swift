import BindingRecords
import MappedArray
import ServerModule

/// What this server knows of full synchronisations, which outlives it: a note in the root.
///
/// A server that starts may find an RDB file with contents: it has saved it for a replica of its own, or got it from a
/// primary. In the first case, and if it has put those contents into their places before, its files are newer. If it was
/// killed before that, they are what the RDB file was sent for.
final class NodeNote {
  private static let name: StaticString = "synchronizations"

  private let arrays: ArrayRegistry
  /// Names this server in what it saves for replicas. Random, and made once for a root.
  private(set) var node: UInt64
  /// The last synchronisation whose contents have taken their places here.
  private(set) var installed: BindingRecord.Synchronization?

  init(_ arrays: ArrayRegistry) {
    self.arrays = arrays
    let numbers = (arrays.root.note(NodeNote.name) ?? []).split(separator: UInt8(ascii: " ")).compactMap {
      UInt64(String(decoding: $0, as: UTF8.self), radix: 16)
    }
    node = numbers.first ?? UInt64.random(in: 0 ... .max)
    if numbers.count == 3 { installed = BindingRecord.Synchronization(node: numbers[1], number: numbers[2]) }
    if numbers.isEmpty { write() }
  }

  /// Whether the contents that came with a synchronisation are already in this server's files.
  func has(_ synchronization: BindingRecord.Synchronization) -> Bool {
    synchronization.node == node || synchronization == installed
  }

  /// Contents that came from another server name it. If that is what this one calls itself, its root is a copy of the
  /// other's: it takes a name of its own.
  func met(_ synchronization: BindingRecord.Synchronization) {
    guard synchronization.node == node else { return }
    node = UInt64.random(in: 0 ... .max)
    write()
  }

  func noteInstalled(_ synchronization: BindingRecord.Synchronization) {
    installed = synchronization
    write()
  }

  private func write() {
    let numbers = [node] + (installed.map { [$0.node, $0.number] } ?? [])
    let text = numbers.map { String($0, radix: 16) }.joined(separator: " ")
    do throws(MappedArrayError) {
      try arrays.root.setNote(NodeNote.name, Array(text.utf8))
    } catch {
      Context.none.log(.warning, "a full synchronisation cannot be noted: \(error)")
    }
  }
}
