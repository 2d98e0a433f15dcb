import MappedArray

/// What is known of an array's changes and the disk. The flusher's.
struct FlushState {
  /// Whether there are changes that no flush of `everysec` has been asked for.
  var isDirty = false
  /// The flush that is under way, or else the one that begins next.
  var current: SharedFlush?
  /// Why the last flush failed; nothing is changed until one succeeds.
  var failure: MappedArrayError?
}
