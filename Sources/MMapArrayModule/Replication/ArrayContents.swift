import MappedArray
import ServerModule

// The contents of an array on their way from a primary; see `Backfill`. All replicas of all keys that are bound to it get
// them at once. The key says which slot they belong to.

/// `MMAP.CONTENTS key path type npy|raw dimensions dimension … [blob]`: an array of that shape, and all its elements, or
/// that they follow in pieces.
enum BeginContents: KeyCommand {
  static let description = CommandDescription(
    "MMAP.CONTENTS", access: .writing, since: "1.1.0",
    summary: "Announces the contents of a file that a master has sent",
    complexity: "O(N) where N is the bytes sent",
    arguments: [
      .key, .string("path"), .string("type"), .string("format"), .integer("dimensions"),
      .integer("dimension", .multiple), .string("blob", .optional),
    ],
    function: { serve(BeginContents.self, $0, $1, $2) })

  static func run(_ call: Call, with services: Services) throws(CommandError) {
    var arguments = try call.arguments(of: "MMAP.CONTENTS")
    let name = try arguments.arrayName(below: services.root)
    let count = try arguments.natural("dimensions")
    guard count <= arguments.count else { throw .argument("there are no \(count) dimensions") }
    var shape: [Int] = []
    for _ in 0..<count { shape.append(try arguments.natural("dimension")) }
    if let file = services.incoming.file(name) {
      services.incoming.begin(file, shape: shape)
      if let blob = arguments.next() {
        services.incoming.write(blob.bytes, at: 0, to: file)
        services.incoming.complete(file, call.context)
        call.context.notifyKeyspace("mmap", call.key)
      }
      services.incoming.note(file, by: call)
    }
    call.reply.ok()
  }
}

/// `MMAP.BACKFILL key path type npy|raw index blob`: a piece of the contents, or what another program has added to a raw
/// file.
enum BackfillPiece: KeyCommand {
  static let description = CommandDescription(
    "MMAP.BACKFILL", access: .writing, since: "1.1.0", summary: "Applies a piece of a file that a master has sent",
    complexity: "O(N) where N is the bytes sent",
    arguments: [.key, .string("path"), .string("type"), .string("format"), .integer("index"), .string("blob")],
    function: { serve(BackfillPiece.self, $0, $1, $2) })

  static func run(_ call: Call, with services: Services) throws(CommandError) {
    var arguments = try call.arguments(of: "MMAP.BACKFILL")
    let name = try arguments.arrayName(below: services.root)
    let (index, blob) = (try arguments.natural("index"), try arguments.required().bytes)
    if let file = services.incoming.file(name) {
      services.incoming.write(blob, at: index, to: file)
      if let array = file.array {
        call.context.notifyKeyspace("mmap.apply", call.key)
        try services.propagation.flush(array, for: call)
      }
    }
    call.reply.ok()
  }
}

/// `MMAP.COMPLETE key path type npy|raw`: all contents have been sent.
enum CompleteContents: KeyCommand {
  static let description = CommandDescription(
    "MMAP.COMPLETE", access: .writing, since: "1.1.0", summary: "Puts a file into its place that a master has sent",
    complexity: "O(1)", arguments: [.key, .string("path"), .string("type"), .string("format")],
    function: { serve(CompleteContents.self, $0, $1, $2) })

  static func run(_ call: Call, with services: Services) throws(CommandError) {
    var arguments = try call.arguments(of: "MMAP.COMPLETE", orRecorded: true)
    let name = try arguments.arrayName(below: services.root)
    if let file = services.incoming.file(name) {
      if call.origin == .appendOnlyFile {
        // It was complete when this was recorded.
        services.incoming.attach(file)
      } else {
        services.incoming.complete(file, call.context)
        call.context.notifyKeyspace("mmap", call.key)
      }
      services.incoming.note(file, by: call)
    }
    call.reply.ok()
  }
}

/// `MMAP.WITHDRAW key path type npy|raw`: the primary has no such array any more.
enum WithdrawContents: KeyCommand {
  static let description = CommandDescription(
    "MMAP.WITHDRAW", access: .writing, since: "1.1.0", summary: "Detaches keys from a file that a master does not have",
    complexity: "O(1)", arguments: [.key, .string("path"), .string("type"), .string("format")],
    function: { serve(WithdrawContents.self, $0, $1, $2) })

  static func run(_ call: Call, with services: Services) throws(CommandError) {
    var arguments = try call.arguments(of: "MMAP.WITHDRAW", orRecorded: true)
    let name = try arguments.arrayName(below: services.root)
    if let file = services.incoming.file(name) {
      file.withdraw(call.origin == .appendOnlyFile ? .incomplete : .missingOnPrimary)
      services.incoming.note(file, by: call)
    }
    call.reply.ok()
  }
}

/// `MMAP.REFILL key path type npy|raw start stop value`: a slice of a long `MMAP.FILL`.
enum RefillRange: KeyCommand {
  static let description = CommandDescription(
    "MMAP.REFILL", access: .writing, since: "1.1.0", summary: "Fills a range of a file as a master has done",
    complexity: "O(N) where N is the number of elements in the range",
    arguments: [
      .key, .string("path"), .string("type"), .string("format"), .integer("start"), .integer("stop"), .value,
    ],
    function: { serve(RefillRange.self, $0, $1, $2) })

  static func run(_ call: Call, with services: Services) throws(CommandError) {
    var arguments = try call.arguments(of: "MMAP.REFILL")
    let name = try arguments.arrayName(below: services.root)
    try change(name, by: call, "mmap.fill", with: services) { (array) throws(CommandError) in
      try array.accept(Refilling(arguments: arguments))
    }
  }
}

/// Does a change that a primary has done, if the array is here or on its way.
private func change(
  _ name: ArrayName, by call: Call, _ event: StaticString, with services: Services,
  _ body: (ServedArray) throws(CommandError) -> Void
) throws(CommandError) {
  if let file = services.incoming.file(name), let array = file.array ?? file.incomingArray {
    do throws(CommandError) {
      try body(array)
      try onArray(array.file.checkFault())
      call.context.notifyKeyspace(event, call.key)
      try services.propagation.flush(array, for: call)
    } catch {
      services.incoming.fail(file, error)
    }
  }
  call.reply.ok()
}

private struct Refilling: ArrayVisitor {
  let arguments: Arguments

  func visit<Element: MappableElement>(_ array: TypedArray<Element>) throws(CommandError) {
    var arguments = arguments
    let (start, stop) = (try arguments.natural("start"), try arguments.natural("stop"))
    let value = try arguments.element(as: Element.self)
    guard start <= stop, stop < array.elements.count else { throw .argument("the range is not in the array") }
    try onArray(array.elements.reserveSpace(in: start..<stop + 1))
    try onArray(array.elements.fill(start..<stop + 1, with: value))
  }
}

extension Call {
  /// The arguments of a message that only a primary sends.
  ///
  /// - Parameter isRecorded: whether it is also in a replica's AOF.
  fileprivate func arguments(
    of command: StaticString, orRecorded isRecorded: Bool = false
  ) throws(CommandError) -> Arguments {
    switch origin {
    case .primary: return arguments
    case .appendOnlyFile where isRecorded: return arguments
    default: throw .argument("\(command) is what a master sends to its replicas; use MMAP, MMAP.WRITE or MMAP.RESIZE")
    }
  }
}
