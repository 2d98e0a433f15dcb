import CModuleShim
import MappedArray

// The array as a whole: its count, all of it, none of it, what it is.

/// `MMAP.COUNT key`: how many elements there are.
enum Count: ArrayCommand {
  static let row = CommandRow(names: ["MMAP.COUNT", "VCOUNT", "VSIZE"], words: 2, access: .read, isFast: true) {
    serve(Count.self, $0, $1, $2)
  }

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    try onArray { () throws(MappedArrayError) in try array.elements.refresh() }
    call.reply(array.elements.count)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) { call.reply(0) }
}

/// `MMAP.CLEAR key`: removes all elements and answers how many there were.
enum Clear: ArrayCommand {
  static let row = CommandRow(names: ["MMAP.CLEAR", "VCLEAR"], words: 2, access: .write) {
    serve(Clear.self, $0, $1, $2)
  }

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    let before = try onArray { () throws(MappedArrayError) in
      try array.elements.refresh()
      let before = array.elements.count
      try array.elements.removeAll()
      return before
    }
    if before > 0 { call.changed("vclear") }
    call.reply(before)
  }
}

/// `MMAP.ALL key`: all elements.
enum All: ArrayCommand {
  static let row = CommandRow(names: ["MMAP.ALL", "VALL"], words: 2, access: .read) {
    serve(All.self, $0, $1, $2)
  }

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    try onArray { () throws(MappedArrayError) in try array.elements.refresh() }
    let count = array.elements.count
    call.replyArray(count: count)
    call.withElementReply(of: Element.self) { reply in
      for index in 0..<count {
        if let element = array.elements.existingElement(at: index) { reply(element) } else { reply.null() }
      }
    }
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) { call.replyArray(count: 0) }
}

/// `MMAP.TYPE key`: the short name of the element type.
enum TypeName: BindingCommand {
  static let row = CommandRow(names: ["MMAP.TYPE", "VTYPE"], words: 2, access: .read, isFast: true) {
    serve(TypeName.self, $0, $1, $2)
  }

  static func run(_ call: Call, on binding: Binding) throws(CommandError) {
    call.reply(try binding.array().elementType.name)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) { call.replyNull() }
}

/// `MMAP.PATH key`: the file's path relative to the root.
enum Path: BindingCommand {
  static let row = CommandRow(names: ["MMAP.PATH", "VFILEPATH"], words: 2, access: .read, isFast: true) {
    serve(Path.self, $0, $1, $2)
  }

  static func run(_ call: Call, on binding: Binding) throws(CommandError) {
    _ = try binding.array()
    binding.path.bytes.withUnsafeBytes { bytes in _ = call.reply(bytes) }
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) { call.replyNull() }
}
