import CModuleShim
import MappedArray

/// Why a command answers an error. Nothing has been changed and nothing replied when one is thrown.
enum CommandError: Error {
  case wrongArity
  case wrongType
  case noSuchKey
  case mappedOnAnotherFile
  /// The file of the key's binding cannot be mapped at the moment.
  case detached(path: String, reason: MappedArrayError)
  case array(MappedArrayError)
  case index(String)
  case value(String, ElementType, range: (least: String, greatest: String), isOutOfRange: Bool)
  /// What is wrong with an argument, and what would be right.
  case argument(String)

  func reply(to call: Call) -> Int32 {
    if case .wrongArity = self { return server_WrongArity(call.context) }
    return server_ReplyWithError(call.context, message)
  }

  private var message: String {
    switch self {
    case .wrongArity: "ERR wrong number of arguments"
    case .wrongType: "WRONGTYPE Operation against a key holding the wrong kind of value"
    case .noSuchKey: "ERR no such key: map a file to it with MMAP first"
    case .mappedOnAnotherFile: "ERR It is already mapped on another file."
    case .detached(let path, let reason): "ERR the file \(path) is not mapped at the moment: \(reason)"
    case .array(let error): "ERR \(error)"
    case .index(let text): "ERR index \(text) is not an integer of 64 bits"
    case .value(let text, let type, let range, true):
      "ERR value \(text) is out of range for \(type.name): \(range.least) to \(range.greatest)"
    case .value(let text, let type, let range, false):
      "ERR value \(text) is no \(type.name): give a number from \(range.least) to \(range.greatest)"
    case .argument(let text): "ERR \(text)"
    }
  }
}

extension ServedArray {
  /// After an error: if a part of the file was gone, it is mapped again for the next command.
  func noticeFault(_ error: CommandError) {
    guard case .array(.fault(let path)) = error else { return }
    Module.current.faults += 1
    log(nil, .warning, "a part of '\(path)' is gone: it was cut by another program, or the disk fails")
    recover()
  }
}

/// Runs work on an array as part of a command.
@inline(__always)
func onArray<Result: ~Copyable>(
  _ body: () throws(MappedArrayError) -> Result
) throws(CommandError) -> Result {
  do {
    return try body()
  } catch {
    throw .array(error)
  }
}
