/// What rows are compared by.
///
/// The raw value is the word that commands have for it.
public enum RowMeasure: String, Sendable, CaseIterable {
  /// Squared Euclidean; the least is the nearest.
  case squaredDistance = "L2"
  /// The greatest is the nearest.
  case innerProduct = "IP"
  /// Of the angle; the greatest is the nearest. 0 where a vector has no length.
  case cosine = "COSINE"
}
