import CModuleShim
import MappedArray

// How replicas learn of a binding: `MMAP key path type [RAW] [READONLY] [SHAPE dimension …]`. With a shape the array is
// new to them: they make a file of that shape, whatever they have under that path, and its contents follow in pieces.
// Without one it is the array of the path that they have already, or READONLY and their own.
extension Call {
  /// Tells replicas, and the AOF if it is to know too.
  func announce(_ binding: Binding, of array: ServedArray?, toAOF: Bool) {
    var arguments = binding.mappingArguments
    array?.replication.key = Array(bytes(1))
    if binding.access == .writable, let array {
      let isStart = startsReplication(of: array)
      arguments = binding.mappingArguments(elsewhere: array, makingShape: isStart)
      if isStart { Module.current.shipments.addAll(of: array, context) }
      array.replication.isReplicated = true
    }
    withServerStrings(arguments) { strings in
      var whole = [key] + strings
      _ = whole.withUnsafeMutableBufferPointer {
        server_replicate(context, "MMAP", toAOF ? "v" : "Av", $0.baseAddress, $0.count)
      }
    }
  }

  /// A file could be mapped that was missed, or has been cut and is mapped anew: replicas have not what it holds.
  func announceAttached(_ binding: Binding, of array: ServedArray) {
    guard Module.current.replication.isRecorded, !has(SERVER_CONTEXT_REPLICATED | SERVER_CONTEXT_LOADING) else {
      return
    }
    announce(binding, of: array, toAOF: false)
  }

  private func startsReplication(of array: ServedArray) -> Bool {
    !array.replication.isReplicated && Module.current.replication.isRecorded
      && !has(SERVER_CONTEXT_REPLICATED | SERVER_CONTEXT_LOADING)
  }
}
