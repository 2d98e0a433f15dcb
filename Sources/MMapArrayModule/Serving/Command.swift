import MappedArray
import ServerModule

/// A command. To add one: a type like this in the file of its family, and its name in `CommandTable`.
protocol Command {
  static var description: CommandDescription { get }
}

/// A command on the array that is bound to its key, written once for all element types.
protocol ArrayCommand: Command {
  /// Whether it reads the array or changes it.
  static var access: CommandDescription.Access { get }
  /// Whether it must know the count as it is now: other programs may have appended to a raw file, or cut it. Those that
  /// do not look only when an index lies behind the count.
  static var needsCount: Bool { get }

  /// Whether it computes with elements, so that there is nothing it could do with strings.
  static var needsNumbers: Bool { get }

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError)

  /// Replies where the key does not exist. Without it the command throws that there is no such key.
  static func runWithoutKey(_ call: Call) throws(CommandError)
}

extension ArrayCommand {
  static var needsNumbers: Bool { false }

  static func runWithoutKey(_ call: Call) throws(CommandError) { throw .noSuchKey }
}

/// A command on the binding itself, whatever its elements.
protocol BindingCommand: Command {
  static func run(_ call: Call, on binding: Binding, with services: Services) throws(CommandError)
  static func runWithoutKey(_ call: Call) throws(CommandError)
}

/// A command on a key that need not hold a binding.
protocol KeyCommand: Command {
  static func run(_ call: Call, with services: Services) throws(CommandError)
}

extension CommandArgument {
  /// An element: a number, or a string, of the array's type.
  static let value = CommandArgument.string("value")

  static func value(_ occurrence: Occurrence) -> CommandArgument { .string("value", occurrence) }
}
