import CModuleShim
import MappedArray

// Single elements: get, set, add, pop, increment.

/// `MMAP.GET key index`
enum GetElement: ArrayCommand {
  static var access: CommandAccess { .read }
  static let row = CommandRow(
    names: ["MMAP.GET", "VGET"], isFast: true, summary: "Returns the element at an index, nil out of range",
    complexity: "O(1)", arguments: [.key, .integer("index")], function: { serve(GetElement.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    let index = try call.index(2)
    guard let element = try onArray({ () throws(MappedArrayError) in try array.elements.element(at: index) }) else {
      call.replyNull()
      return
    }
    call.withElementReply(of: Element.self) { $0(element) }
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    _ = try call.index(2)
    call.replyNull()
  }
}

/// `MMAP.MGET key index [index …]`
enum GetElements: ArrayCommand {
  static var access: CommandAccess { .read }
  static let row = CommandRow(
    names: ["MMAP.MGET", "VMGET"], isFast: true,
    summary: "Returns the elements at indexes, nil where out of range",
    complexity: "O(N) where N is the number of indexes", arguments: [.key, .integer("index", .multiple)],
    function: { serve(GetElements.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    try withIndexes(of: call) { indexes throws(CommandError) in
      // A part of the file that is gone must be an error before the reply has begun.
      if !array.elements.touch(indexes) {
        try onArray { () throws(MappedArrayError) in try array.elements.refresh() }
        _ = array.elements.touch(indexes)
      }
      try onArray { () throws(MappedArrayError) in try array.elements.checkFault() }
      call.replyArray(count: indexes.count)
      call.withElementReply(of: Element.self) { reply in
        for index in indexes {
          if let element = array.elements.existingElement(at: index) { reply(element) } else { reply.null() }
        }
      }
    }
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    try withIndexes(of: call) { indexes throws(CommandError) in
      call.replyArray(count: indexes.count)
      for _ in indexes { call.replyNull() }
    }
  }

  @inline(__always)
  private static func withIndexes(
    of call: Call, _ body: (UnsafeMutableBufferPointer<Int>) throws(CommandError) -> Void
  ) throws(CommandError) {
    try call.withParsed(
      count: call.count - 2, { (position) throws(CommandError) in try call.index(2 + position) }, body)
  }
}

/// `MMAP.SET key index value [index value …]`
enum SetElements: ArrayCommand {
  static var access: CommandAccess { .write }
  static let row = CommandRow(
    names: ["MMAP.SET", "VSET"], isFast: true,
    summary: "Sets the elements at indexes, skipping those out of range; returns how many were set",
    complexity: "O(N) where N is the number of indexes",
    arguments: [.key, .block("element", [.integer("index"), .value], .multiple)],
    function: { serve(SetElements.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    guard call.count.isMultiple(of: 2) else { throw .wrongArity }
    try call.withParsed(
      count: (call.count - 2) / 2,
      { (position) throws(CommandError) in
        (index: try call.index(2 + 2 * position), element: try call.element(3 + 2 * position, as: Element.self))
      },
      { pairs throws(CommandError) in
        if pairs.count > 1 {
          for pair in pairs {
            try onArray { () throws(MappedArrayError) in try array.elements.reserveSpace(at: pair.index) }
          }
        }
        var written = 0
        for pair in pairs {
          let exists = try onArray { () throws(MappedArrayError) in
            try array.elements.update(at: pair.index, to: pair.element)
          }
          if exists { written += 1 }
        }
        if written > 0 {
          let count = array.elements.count
          try call.changed(
            array, "mmap.set",
            // A key path would be made anew by each call.
            pairs.lazy.map { $0.index }.filter { (0..<count).contains($0) }.map { $0..<$0 + 1 })
        }
        call.reply(written)
      })
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    throw call.count.isMultiple(of: 2) ? .noSuchKey : .wrongArity
  }
}

/// `MMAP.ADD key value [value …]`
enum AddElements: ArrayCommand {
  static var access: CommandAccess { .write }
  static let row = CommandRow(
    names: ["MMAP.ADD", "VADD"], isFast: true, dataUse: .insert,
    summary: "Adds elements at the end; returns how many",
    complexity: "O(N) where N is the number of values", arguments: [.key, .value(.multiple)],
    function: { serve(AddElements.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    try call.withParsed(
      count: call.count - 2,
      { (position) throws(CommandError) in try call.element(2 + position, as: Element.self) },
      { elements throws(CommandError) in
        try onArray { () throws(MappedArrayError) in try array.elements.append(packed: UnsafeRawBufferPointer(elements))
        }
        let end = array.elements.count
        try call.changed(array, "mmap.add", CollectionOfOne(end - elements.count..<end))
        call.reply(elements.count)
      })
  }
}

/// `MMAP.POP key`
enum PopElement: ArrayCommand {
  static var access: CommandAccess { .write }
  static let row = CommandRow(
    names: ["MMAP.POP", "VPOP"], isFast: true, dataUse: [.access, .delete],
    summary: "Removes the last element and returns it, nil if there is none", complexity: "O(1)", arguments: [.key],
    function: { serve(PopElement.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    guard let element = try onArray({ () throws(MappedArrayError) in try array.elements.popLast() }) else {
      call.replyNull()
      return
    }
    try call.changed(array, "mmap.pop")
    call.withElementReply(of: Element.self) { $0(element) }
  }
}

/// `MMAP.INCRBY key [OVERFLOW FAIL|WRAP|SAT] index delta [index delta …]`
enum IncrementElements: ArrayCommand {
  static var access: CommandAccess { .write }
  static let row = CommandRow(
    names: ["MMAP.INCRBY"], isFast: true, dataUse: [.access, .update],
    summary: "Adds to the elements at indexes and returns their new values, nil where out of range",
    complexity: "O(N) where N is the number of indexes",
    arguments: [
      .key,
      .oneOf(
        "overflow", [.token("fail", "FAIL"), .token("wrap", "WRAP"), .token("sat", "SAT")], .optional,
        behind: "OVERFLOW"),
      .block("increment", [.integer("index"), .number("delta")], .multiple),
    ],
    function: { serve(IncrementElements.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    let (overflow, first) = try overflowPolicy(of: call)
    guard call.count > first, (call.count - first).isMultiple(of: 2) else { throw .wrongArity }
    var indexes: [Int] = []
    var deltas: [Element.Delta] = []
    for position in stride(from: first, to: call.count, by: 2) {
      indexes.append(try call.index(position))
      deltas.append(try call.delta(position + 1, for: Element.self))
    }
    if let greatest = indexes.max(), greatest >= array.elements.count {
      try onArray { () throws(MappedArrayError) in try array.elements.refresh() }
    }
    for index in indexes { try onArray { () throws(MappedArrayError) in try array.elements.reserveSpace(at: index) } }
    // What an index has become by now, as it may be named twice. Stored only when all are known to fit.
    var changed: [Int: Element] = [:]
    var results: [Element?] = []
    for (position, (index, delta)) in zip(indexes, deltas).enumerated() {
      guard let element = changed[index] ?? array.elements.existingElement(at: index) else {
        results.append(nil)
        continue
      }
      guard let sum = element.incremented(by: delta, overflow: overflow) else {
        let text = quoted(call.bytes(first + 2 * position + 1))
        throw .argument(
          "delta \(text) at index \(index) overflows \(Element.elementType.name): the value is \(element); "
            + "give OVERFLOW WRAP or SAT to allow that")
      }
      changed[index] = sum
      results.append(sum)
    }
    try onArray { () throws(MappedArrayError) in try array.elements.checkFault() }
    for (index, element) in changed {
      _ = try onArray { () throws(MappedArrayError) in try array.elements.update(at: index, to: element) }
    }
    if !changed.isEmpty { try call.changed(array, "mmap.incrby", changed.keys.lazy.map { $0..<$0 + 1 }) }
    call.replyArray(count: results.count)
    call.withElementReply(of: Element.self) { reply in
      for result in results {
        if let result { reply(result) } else { reply.null() }
      }
    }
  }

  private static func overflowPolicy(of call: Call) throws(CommandError) -> (OverflowPolicy, firstIndex: Int) {
    guard call.count > 3, call.argument(2, is: "OVERFLOW") else { return (.fail, 2) }
    if call.argument(3, is: "FAIL") { return (.fail, 4) }
    if call.argument(3, is: "WRAP") { return (.wrap, 4) }
    if call.argument(3, is: "SAT") { return (.saturate, 4) }
    throw .argument("OVERFLOW \(quoted(call.bytes(3))) is unknown; give FAIL, WRAP or SAT")
  }
}
