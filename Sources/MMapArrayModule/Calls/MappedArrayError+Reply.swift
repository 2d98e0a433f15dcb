import MappedArray

extension MappedArrayError {
  /// The error in the words of the commands: what would be right is what a client can send.
  var reply: String {
    switch self {
    case .type(let recorded, let requested):
      "the file's header records \(recorded.name), not \(requested.name); leave the type out or name \(recorded.name)"
    case .columns(let recorded, let requested):
      "the file's header records rows of \(recorded), not \(requested); leave COLUMNS out or name \(recorded)"
    case .columnsInUse(let rowSize, let requested):
      "the file is mapped with rows of \(rowSize), not \(requested); name \(rowSize), or DEL the keys that are bound to it"
    case .rawContradictsHeader(let type): "RAW contradicts the file's header, which records \(type.name); leave RAW out"
    case .missingHeader(let type):
      "the file has no .npy header, which recorded \(type.name) before; put that file back, or map this one anew"
    case .locked(let path): "another process writes '\(path)'; map it READONLY, or unmap it there first"
    case .readOnly: "the array is mapped READONLY; map the file WRITABLE to change it"
    default: description
    }
  }
}
