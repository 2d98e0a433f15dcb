import MappedArray
import ServerModule

/// `MMAP key path [type] [RAW] [READONLY|WRITABLE] [COLUMNS n]`: binds the key to a file.
enum MapFile: KeyCommand {
  static let description = CommandDescription(
    "MMAP", access: .creating, isDangerous: true,
    summary: "Binds a key to a file of numbers; returns how many there are", complexity: "O(1)",
    arguments: [
      .key, .string("path"),
      .oneOf("type", ElementType.numbers.map { .token($0.name, $0.name) } + [.string("Sn")], .optional),
      .token("raw", "RAW", .optional),
      .oneOf("access", [.token("readonly", "READONLY"), .token("writable", "WRITABLE")], .optional),
      .integer("columns", .optional, behind: "COLUMNS"),
    ],
    function: { serve(MapFile.self, $0, $1, $2) })

  static func run(_ call: Call, with services: Services) throws(CommandError) {
    if call.origin.isReplay,
      let record = try RecordedBinding(oldForm: call.arguments, below: services.root)
    {
      return try BindArray.bind(record, for: call, with: services)
    }
    var arguments = call.arguments
    let path = try arguments.required().bytes
    let options = try MapOptions(&arguments)
    let file = try onArray(services.root.relativePath(path))
    let key = OpenKey(call, for: .writing)
    if let binding = try key.binding(of: services)?.takeUnretainedValue() {
      try reply(binding, to: call, file, options, with: services)
    } else {
      try map(file, to: key, for: call, options, with: services)
    }
  }

  private static func map(
    _ file: RelativePath, to key: borrowing OpenKey, for call: Call, _ options: MapOptions, with services: Services
  ) throws(CommandError) {
    let place = try services.place(of: file)
    for bound in services.files.files(at: place) where bound.isAbsent || bound.incomingArray != nil {
      throw bound.notMapped
    }
    let array = try onArray(services.arrays.open(place, for: options.request))
    let bound = services.files.bind(.file(place), array.file.layout)
    let binding = Binding(path: .file(file), access: options.access, to: bound, of: services.files)
    try adopt(array, as: bound)
    if options.access == .writable { bound.wantWritable() }
    try checkCanMigrate(binding, array, services.stream)
    let count = try onArray(array.count())
    let isKnown = services.isKnownToReplicas(array, call.context)
    guard key.set(binding, as: services.dataType) else { throw .argument("the key cannot be written") }
    bound.key = Array(call.key.bytes)
    services.payloadGuard.noticeGrowth(of: array, call.context)
    services.propagation.propagate(binding, to: array, isKnown: isKnown, by: call)
    call.context.notifyKeyspace("mmap", call.key)
    call.reply.integer(count)
  }

  /// Makes an array that has been opened that of its name, unless another one has it, which is mapped from a file that had
  /// that name before.
  private static func adopt(_ array: ServedArray, as file: BoundFile) throws(CommandError) {
    guard let mapped = file.array else { return try onArray(file.take(array)) }
    file.arrays.release(array)
    if mapped !== array { throw .replaced(path: quoted(file.path.bytes), key: quoted(file.key)) }
  }

  /// The contents of a file go to replicas in pieces, behind the binding; a node that takes over a slot would begin
  /// without the last of them.
  private static func checkCanMigrate(
    _ binding: Binding, _ array: ServedArray, _ stream: ReplicationStream
  ) throws(CommandError) {
    guard stream.slotExportCount > 0, binding.access == .writable, !array.replication.isAnnounced else { return }
    guard try onArray(array.count()) == 0 else {
      throw .argument("slots are moving away from here: map a file that has contents when that has ended")
    }
  }

  /// The key is bound already: that is the reply if it is bound to this.
  private static func reply(
    _ binding: Binding, to call: Call, _ file: RelativePath, _ options: MapOptions, with services: Services
  ) throws(CommandError) {
    let array = try services.array(of: binding, for: call)
    guard file.bytes == binding.path.bytes || services.root.identity(of: file) == array.identity else {
      throw .mappedOnAnotherFile
    }
    try onArray(options.request.check(array.file.layout, rowSize: array.file.rowSize))
    if let access = options.namedAccess, access != binding.access {
      throw .argument(
        "the key is mapped \(binding.access == .readOnly ? "READONLY" : "WRITABLE"); DEL it first to change that")
    }
    call.reply.integer(try onArray(array.count()))
  }
}

extension Services {
  /// The path of the file that a path stands for: another one if keys are bound by it to a file of several names, which
  /// have come from another server.
  fileprivate func place(of path: RelativePath) throws(CommandError) -> RelativePath {
    guard let place = files.place(boundBy: path), place != path else { return path }
    guard root.identity(of: path).map({ $0 == root.identity(of: place) }) ?? true else {
      let (path, place) = (quoted(path.bytes), quoted(place.bytes))
      throw .argument(
        "keys are bound by \(path) to \(place), which had both names where they were mapped, and here it is another file: "
          + "give that another name, or DEL those keys first")
    }
    return place
  }
}

/// The words behind the path, in any order.
private struct MapOptions {
  private(set) var elementType: ElementType?
  private(set) var isRaw = false
  /// Elements in a row; nil if that is not said.
  private(set) var columns: Int?
  /// nil if neither word is there.
  private(set) var namedAccess: Access?

  var access: Access { namedAccess ?? .writable }
  var request: MappingRequest {
    MappingRequest(elementType: elementType, isRaw: isRaw, columns: columns, access: access)
  }

  init(_ arguments: inout Arguments) throws(CommandError) {
    while let word = arguments.next() {
      if word.matches("RAW"), !isRaw {
        isRaw = true
      } else if word.matches("READONLY"), namedAccess == nil {
        namedAccess = .readOnly
      } else if word.matches("WRITABLE"), namedAccess == nil {
        namedAccess = .writable
      } else if word.matches("COLUMNS"), columns == nil {
        columns = try arguments.natural("COLUMNS")
      } else if elementType == nil, let type = ElementType(named: word.text) {
        elementType = type
      } else {
        let types = ElementType.numbers.map(\.name).joined(separator: ", ") + ", S1 to S\(StringSize.most)"
        throw .argument(
          "\(word.quotation) is not understood here: give a type (\(types)), RAW, READONLY or WRITABLE, COLUMNS and a "
            + "number, each once")
      }
    }
  }
}
