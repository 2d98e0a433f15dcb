import MappedArray
import ServerModule

// Single elements by their indexes.

/// `MMAP.GET key index`
enum GetElement: ArrayCommand {
  static var access: CommandDescription.Access { .reading }
  static var needsCount: Bool { false }
  static let description = CommandDescription(
    "MMAP.GET", "VGET", access: access, isFast: true, summary: "Returns the element at an index, nil out of range",
    complexity: "O(1)", arguments: [.key, .integer("index")], function: { serve(GetElement.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    var arguments = call.arguments
    let index = try arguments.index()
    if !array.elements.isKnownInMemory(index) {
      try services.need(CollectionOfOne(index), of: array, for: call, isReading: true)
    }
    guard let element = try onArray(array.elements.element(at: index)) else { return call.reply.null() }
    call.reply.withElements(of: Element.self) { $0(element) }
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    var arguments = call.arguments
    _ = try arguments.index()
    call.reply.null()
  }
}

/// `MMAP.MGET key index [index …]`
enum GetElements: ArrayCommand {
  static var access: CommandDescription.Access { .reading }
  static var needsCount: Bool { false }
  static let description = CommandDescription(
    "MMAP.MGET", "VMGET", access: access, isFast: true,
    summary: "Returns the elements at indexes, nil where out of range",
    complexity: "O(N) where N is the number of indexes", arguments: [.key, .integer("index", .multiple)],
    function: { serve(GetElements.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    try withIndexes(of: call) { indexes throws(CommandError) in
      if indexes.contains(where: { !array.elements.isKnownInMemory($0) }) {
        try services.need(indexes, of: array, for: call, isReading: true)
      }
      // A part of the file that is gone must be an error before the reply has begun.
      if !array.elements.touch(indexes) {
        try onArray(array.elements.refresh())
        _ = array.elements.touch(indexes)
      }
      try onArray(array.elements.checkFault())
      call.reply.array(count: indexes.count)
      call.reply.withElements(of: Element.self) { reply in
        for index in indexes {
          if let element = array.elements[checked: index] { reply(element) } else { reply.null() }
        }
      }
    }
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    try withIndexes(of: call) { indexes throws(CommandError) in
      call.reply.array(count: indexes.count)
      for _ in indexes { call.reply.null() }
    }
  }

  @inline(__always)
  private static func withIndexes(
    of call: Call, _ body: (UnsafeMutableBufferPointer<Int>) throws(CommandError) -> Void
  ) throws(CommandError) {
    try call.arguments.withParsed(
      words: 1, { (arguments) throws(CommandError) in try arguments.index() }, body)
  }
}

/// `MMAP.SET key index value [index value …]`
enum SetElements: ArrayCommand {
  static var access: CommandDescription.Access { .writing }
  static var needsCount: Bool { false }
  static let description = CommandDescription(
    "MMAP.SET", "VSET", access: access, isFast: true,
    summary: "Sets the elements at indexes, skipping those out of range; returns how many were set",
    complexity: "O(N) where N is the number of indexes",
    arguments: [.key, .block("element", [.integer("index"), .value], .multiple)],
    function: { serve(SetElements.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    try call.arguments.withParsed(
      words: 2,
      { (arguments) throws(CommandError) in
        let index = try arguments.index()
        // It is there by the time the value has been read.
        array.elements.expectUpdate(at: index)
        return (index: index, element: try arguments.element(as: Element.self))
      },
      { pairs throws(CommandError) in
        if pairs.contains(where: { !array.elements.isKnownInMemory($0.index) }) {
          try services.need(pairs.lazy.map { $0.index }, of: array, for: call, isReading: false)
        }
        if pairs.count > 1 {
          for pair in pairs { try onArray(array.elements.reserveSpace(at: pair.index)) }
        }
        var written = 0
        for pair in pairs where try onArray(array.elements.update(at: pair.index, to: pair.element)) { written += 1 }
        guard written > 0 else { return call.reply.integer(0) }
        let indexes = 0..<array.elements.count
        try services.changed(
          array, by: call, "mmap.set",
          // A key path would be made anew by each call.
          pairs.lazy.map { $0.index }.filter { indexes.contains($0) }.map { $0..<$0 + 1 },
          reply: CountReply(count: written))
      })
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    throw call.arguments.count.isMultiple(of: 2) ? .noSuchKey : .wrongArity
  }
}
