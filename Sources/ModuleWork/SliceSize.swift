/// How much a slice does: about a millisecond of it.
package enum SliceSize {
  /// Of elements that are read or written, in bytes: a multiple of the blocks in which aggregates are computed, so that
  /// results do not depend on it.
  package static let bytes = 4 << 20
  /// Of elements that are stored, in bytes, between two looks whether a slice has taken long enough.
  package static let storedBytes = 1 << 18
  /// How long it takes to store a slice, or the slice ends.
  package static let microseconds = 1000
  /// Of disk space that is freed, in bytes.
  package static let freedBytes = 4 << 20
}
