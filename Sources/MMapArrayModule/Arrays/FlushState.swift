import MappedArray

/// What is known of an array's changes and the disk. The flusher's.
struct FlushState {
  /// Whether there are changes that no flush has been asked for.
  var isDirty = false
  /// Whether a flush is under way.
  var isFlushing = false
  /// Why the last flush failed; nothing is changed until one succeeds.
  var failure: MappedArrayError?
}
