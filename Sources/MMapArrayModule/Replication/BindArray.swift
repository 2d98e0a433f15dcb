import MappedArray
import ServerModule

/// `MMAP.BIND`: a binding as it was recorded in the AOF, or decided by a primary; see BindingWords.swift. It stands also
/// where the file cannot be had.
enum BindArray: KeyCommand {
  static let description = CommandDescription(
    "MMAP.BIND", access: .creating, since: "1.1.0", summary: "Makes a binding that a server has recorded",
    complexity: "O(1)",
    arguments: [
      .key, .string("path"), .string("type"), .string("format"), .string("access"), .string("state", .optionalMultiple),
    ],
    function: { serve(BindArray.self, $0, $1, $2) })

  static func run(_ call: Call, with services: Services) throws(CommandError) {
    guard call.origin.isReplay else {
      throw .argument("MMAP.BIND is what a server records of a binding, for its AOF and replicas; use MMAP")
    }
    try bind(RecordedBinding(call.arguments, below: services.root), for: call, with: services)
  }

  static func bind(_ record: RecordedBinding, for call: Call, with services: Services) throws(CommandError) {
    let key = OpenKey(call, for: .writing)
    let old = try key.binding(of: services)?.takeUnretainedValue()
    let incoming = services.incoming
    let (path, name) = incoming.names(of: record, for: call)
    // Counted before the old binding goes, so that what is bound stays so.
    let file = services.files.bind(name, record.layout)
    let binding = Binding(path: path, access: record.access, to: file, of: services.files)
    file.key = Array(call.key.bytes)
    if record.access == .writable { file.wantWritable() }
    incoming.prepare(file, record.state, for: call)
    if let old, old.file === file, old.access == binding.access, old.path.bytes == path.bytes {
      // A part of the stream that is applied again: the key and its expiry stay.
    } else {
      guard key.set(binding, as: services.dataType) else { throw .argument("the key cannot be written") }
    }
    services.propagation.record(binding, by: call)
    call.context.notifyKeyspace("mmap", call.key)
    call.reply.integer(file.array?.file.count ?? 0)
  }
}
