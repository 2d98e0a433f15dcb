import MappedArray
import ServerModule

/// Writes the commands that make a key anew, for an append-only file or for the node that its slot moves to.
///
/// That node carries them out as what comes from a primary: a binding, and the contents in pieces. Changes that are made
/// meanwhile follow in absolute form.
struct BindingRewriter {
  let output: CommandWriter
  let saving: Saving

  func rewrite(_ binding: Binding) {
    var words = CommandWords()
    guard saving.exportsSlots else {
      words.append(binding, binding.file.recordedState)
      return output.write("MMAP.BIND", words)
    }
    guard binding.access == .writable, case .attached(let array) = binding.file.state, let name = array.name else {
      words.append(binding, binding.access == .writable ? .absent : .none)
      return output.write("MMAP.BIND", words)
    }
    // The second key of a file is bound to what came with the first.
    let isFirst = saving.claimContents(of: array)
    words.append(binding, isFirst ? .follows : .known)
    output.write("MMAP.BIND", words)
    if isFirst { write(array, name) }
  }

  private func write(_ array: ServedArray, _ name: ArrayName) {
    var words = CommandWords()
    words.append(name)
    let shape = array.file.shape
    words.append(integer: shape.count)
    for dimension in shape { words.append(integer: dimension) }
    output.write("MMAP.CONTENTS", words)
    let isWhole = array.forEachSavedPiece { index, bytes in
      var words = CommandWords()
      words.append(name)
      words.append(integer: index)
      words.append(bytes)
      output.write("MMAP.BACKFILL", words)
    }
    var end = CommandWords()
    end.append(name)
    output.write(isWhole ? "MMAP.COMPLETE" : "MMAP.WITHDRAW", end)
  }
}
