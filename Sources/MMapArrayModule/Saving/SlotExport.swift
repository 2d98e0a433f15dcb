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
      return map(binding.mappingArguments)
    }
    // The second key of a file is bound to what came with the first.
    let isFirst = Module.current.lifecycle.isFirstExport(of: array)
    map(binding.mappingArguments(elsewhere: array, makingShape: isFirst))
    guard isFirst else { return }
    let count = array.file.count
    array.forEachSavedPiece { index, bytes in
      let words = [serverString(count), serverString(index), serverString(bytes)]
      withServerStrings(words) { server_emit_aof(io, "MMAP.APPLY", key, $0.baseAddress, $0.count) }
    }
  }

  private func map(_ words: [[UInt8]]) {
    withServerStrings(words) { server_emit_aof(io, "MMAP", key, $0.baseAddress, $0.count) }
  }
}
