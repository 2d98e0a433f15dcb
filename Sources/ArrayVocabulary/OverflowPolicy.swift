/// What becomes of an increment whose result does not fit the element type.
///
/// The raw value is the word that commands have for it.
public enum OverflowPolicy: String, Sendable, CaseIterable {
  /// It is an error, and nothing is changed.
  case fail = "FAIL"
  /// Integers wrap around; floats become infinite.
  case wrap = "WRAP"
  /// The result is the type's least or greatest finite value.
  case saturate = "SAT"
}
