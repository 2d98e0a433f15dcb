import MappedArray

/// What is known of an array's changes and the disk. The flusher's.
struct FlushState {
  /// Whether there are changes that no flush of `everysec` has been asked for.
  var isDirty = false
  /// The flush that is under way, or else the one that begins next.
  var current: SharedFlush?
  /// How many are likely to share the next flush: as many as shared the last one or waited when it ended.
  var expectedCount = 0
  /// How long the last flush took, in microseconds.
  var duration = 0
  /// Why the last flush failed; nothing is changed until one succeeds.
  var failure: MappedArrayError?
}
