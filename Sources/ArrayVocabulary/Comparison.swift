/// How an element compares with a value that is searched for. With NaN on either side only `notEqual` holds.
///
/// The raw value is the word that commands have for it.
public enum Comparison: String, Sendable, CaseIterable {
  /// It is greater than the value.
  case greater = "GT"
  /// It is not less than the value.
  case greaterOrEqual = "GE"
  /// It is less than the value.
  case less = "LT"
  /// It is not greater than the value.
  case lessOrEqual = "LE"
  /// It equals the value; NaN equals nothing.
  case equal = "EQ"
  /// It differs from the value; NaN differs from everything.
  case notEqual = "NE"
}
