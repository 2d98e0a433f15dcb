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
    guard saving.exportsSlots, binding.access == .writable, case .attached(let array) = binding.state else {
      words.append(binding)
      return output.write("MMAP.BIND", words)
    }
    // The second key of a file is bound to what came with the first.
    let isFirst = saving.claimContents(of: array)
    words.append(binding, of: array, includingShape: isFirst)
    output.write("MMAP.BIND", words)
    guard isFirst else { return }
    let count = array.file.count
    array.forEachSavedPiece { index, bytes in
      var words = CommandWords()
      words.append(integer: count)
      words.append(integer: index)
      words.append(bytes)
      output.write("MMAP.APPLY", words)
    }
  }
}
