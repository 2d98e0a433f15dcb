import CModuleShim
import MappedArray

/// Writes the commands that make a key anew on the node that its slot moves to: a mapping, and the contents in pieces.
///
/// That node carries them out as what comes from a master. Changes that are made meanwhile follow in absolute form.
struct SlotExport {
  let key: OpaquePointer?
  let io: OpaquePointer?

  func write(_ binding: Binding) {
    guard binding.access == .writable, case .attached(let array) = binding.state else {
      return emit("MMAP", binding.mappingArguments.map { serverString($0) })
    }
    var words = binding.mappingArguments
    words[0] = array.path.bytes
    // The second key of a file is bound to what came with the first.
    guard Module.current.lifecycle.isFirstExport(of: array) else { return emit("MMAP", words.map { serverString($0) }) }
    let shape = array.shape
    emit("MMAP", words.map { serverString($0) } + [serverString(Array("SHAPE".utf8))] + shape.map { serverString($0) })
    let count = shape.reduce(1, &*)
    array.forEachSavedPiece { index, bytes in
      emit("MMAP.APPLY", [serverString(count), serverString(index), serverString(bytes)])
    }
  }

  /// Emits a command, and frees its arguments.
  private func emit(_ command: String, _ arguments: [OpaquePointer?]) {
    withServerStrings(arguments) { server_emit_aof(io, command, key, $0.baseAddress, $0.count) }
  }
}
