/// Why a text is not the number that was asked for.
public enum NumberSyntaxError: Error, Equatable {
  /// The text does not follow the grammar.
  case notANumber
  /// The text is a number, but its type has no value for it.
  case outOfRange
}
