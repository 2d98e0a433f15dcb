import MappedArray
import ModuleWork
import ServerModule

/// Why a command replies an error. Nothing has been changed and nothing replied when one is thrown.
///
/// Indirect, so that it is one word: every function on the way of a short command can throw it.
indirect enum CommandError: CallError {
  case wrongArity
  case wrongType
  case noSuchKey
  case mappedOnAnotherFile
  /// The file of the key's binding cannot be mapped at the moment.
  case detached(path: String, reason: String)
  /// The path of the key's binding names another file than the one that is mapped.
  case replaced(path: String, key: String)
  case array(MappedArrayError)
  case index(String)
  case value(String, ElementType, range: (least: String, greatest: String), isOutOfRange: Bool)
  /// The command computes, and the elements are no numbers.
  case noNumbers(ElementType)
  /// What is needed of the file is not in memory. No client sees it: the call is parked.
  case notInMemory(DiskRead)
  /// The server may not use as much memory as that takes.
  case outOfMemory
  /// The reply would have so many bytes, or more.
  case largeReply(bytes: Int, most: Int, instead: StaticString)
  /// What is wrong with an argument, and what would be right.
  case argument(String)

  /// The error without the code that a reply begins with.
  var cause: String { String((reply ?? "ERR wrong number of arguments").dropFirst("ERR ".count)) }

  var reply: String? {
    switch self {
    case .wrongArity: nil
    case .wrongType: "WRONGTYPE Operation against a key holding the wrong kind of value"
    case .noSuchKey: "ERR no such key: map a file to it with MMAP first"
    case .mappedOnAnotherFile: "ERR It is already mapped on another file."
    case .detached(let path, let reason): "ERR the file \(path) is not mapped at the moment: \(reason)"
    case .replaced(let path, let key):
      "ERR \(path) names another file than the one that is mapped, and nobody would find changes of that again: "
        + "MMAP.RELOAD \(key) takes the new one"
    case .array(let error): "ERR \(error.reply)"
    case .index(let text): "ERR index \(text) is not an integer of 64 bits"
    case .value(let text, .string(let size), _, _):
      "ERR value \(text) is too long for S\(size.bytes): give at most \(size.bytes) bytes"
    case .value(let text, let type, let range, true):
      "ERR value \(text) is out of range for \(type.name): \(range.least) to \(range.greatest)"
    case .value(let text, let type, let range, false):
      "ERR value \(text) is no \(type.name): give a number from \(range.least) to \(range.greatest)"
    case .noNumbers(let type):
      "ERR the elements are strings, \(type.name), and that is arithmetic: it takes an array of numbers"
    case .notInMemory: "ERR what is needed of the file is not in memory: try again"
    // The server's own words.
    case .outOfMemory: "OOM command not allowed when used memory > 'maxmemory'."
    case .largeReply(let bytes, let most, let instead):
      "ERR the reply can have \(bytes) bytes, and mmaparray.max-reply allows \(most): \(instead)"
    case .argument(let text): "ERR \(text)"
    }
  }
}

/// Runs work on an array as part of a command.
@inline(__always)
func onArray<Result: ~Copyable>(
  _ work: @autoclosure () throws(MappedArrayError) -> Result
) throws(CommandError) -> Result {
  do {
    return try work()
  } catch {
    throw .array(error)
  }
}

extension MappableElement {
  /// For commands that compute with elements.
  @inline(__always)
  static func checkIsNumber() throws(CommandError) {
    if numberKind == .string { throw .noNumbers(elementType) }
  }
}
