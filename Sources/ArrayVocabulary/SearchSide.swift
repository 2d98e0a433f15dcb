/// On which side of equal elements a value belongs.
///
/// The raw value is the word that commands have for it.
public enum SearchSide: String, Sendable, CaseIterable {
  /// Before them.
  case left = "LEFT"
  /// Behind them.
  case right = "RIGHT"
}
