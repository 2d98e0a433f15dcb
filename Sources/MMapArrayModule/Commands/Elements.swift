import CModuleShim
import MappedArray

// Single elements: get, set, add, pop.

/// `MMAP.GET key index`: the element, nil out of range.
enum Get: ArrayCommand {
  static let row = CommandRow(names: ["MMAP.GET", "VGET"], words: 3, access: .read, isFast: true) {
    serve(Get.self, $0, $1, $2)
  }

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

/// `MMAP.MGET key index [index …]`: the elements, nil where out of range.
enum MultipleGet: ArrayCommand {
  static let row = CommandRow(names: ["MMAP.MGET", "VMGET"], words: 3, isVariadic: true, access: .read, isFast: true) {
    serve(MultipleGet.self, $0, $1, $2)
  }

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    try withIndexes(of: call) { indexes throws(CommandError) in
      // After this the count does not change: all that can fail has been done.
      if let greatest = indexes.max(), greatest >= array.elements.count {
        try onArray { () throws(MappedArrayError) in try array.elements.refresh() }
      }
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

  private static func withIndexes(
    of call: Call, _ body: (UnsafeMutableBufferPointer<Int>) throws(CommandError) -> Void
  ) throws(CommandError) {
    try call.withParsed(
      count: call.count - 2, { (position) throws(CommandError) in try call.index(2 + position) }, body)
  }
}

/// `MMAP.SET key index value [index value …]`: how many were written; an index out of range is skipped.
enum Set: ArrayCommand {
  static let row = CommandRow(names: ["MMAP.SET", "VSET"], words: 4, isVariadic: true, access: .write, isFast: true) {
    serve(Set.self, $0, $1, $2)
  }

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    guard call.count.isMultiple(of: 2) else { throw .wrongArity }
    try call.withParsed(
      count: (call.count - 2) / 2,
      { (position) throws(CommandError) in
        (index: try call.index(2 + 2 * position), element: try call.element(3 + 2 * position, as: Element.self))
      },
      { pairs throws(CommandError) in
        var written = 0
        for pair in pairs {
          let exists = try onArray { () throws(MappedArrayError) in
            try array.elements.update(at: pair.index, to: pair.element)
          }
          if exists { written += 1 }
        }
        if written > 0 { call.changed("vset") }
        call.reply(written)
      })
  }
}

/// `MMAP.ADD key value [value …]`: how many were added.
enum Add: ArrayCommand {
  static let row = CommandRow(names: ["MMAP.ADD", "VADD"], words: 3, isVariadic: true, access: .write, isFast: true) {
    serve(Add.self, $0, $1, $2)
  }

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    try call.withParsed(
      count: call.count - 2,
      { (position) throws(CommandError) in try call.element(2 + position, as: Element.self) },
      { elements throws(CommandError) in
        try onArray { () throws(MappedArrayError) in try array.elements.append(packed: UnsafeRawBufferPointer(elements))
        }
        call.changed("vadd")
        call.reply(elements.count)
      })
  }
}

/// `MMAP.POP key`: the removed last element, nil if the array is empty.
enum Pop: ArrayCommand {
  static let row = CommandRow(names: ["MMAP.POP", "VPOP"], words: 2, access: .write, isFast: true) {
    serve(Pop.self, $0, $1, $2)
  }

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    guard let element = try onArray({ () throws(MappedArrayError) in try array.elements.popLast() }) else {
      call.replyNull()
      return
    }
    call.changed("vpop")
    call.withElementReply(of: Element.self) { $0(element) }
  }
}
