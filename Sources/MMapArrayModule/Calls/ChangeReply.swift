import MappedArray
import ServerModule

/// What a change replies. It is kept if the reply has to wait until the change is on the disk.
protocol ChangeReply {
  func write(to reply: Reply)
}

/// How many elements something was done with.
struct CountReply: ChangeReply {
  let count: Int

  @inline(__always)
  func write(to reply: Reply) { reply.integer(count) }
}

/// An element.
struct SingleReply<Element: MappableElement>: ChangeReply {
  let element: Element

  @inline(__always)
  func write(to reply: Reply) { reply.withElements(of: Element.self) { $0(element) } }
}

/// An array of elements, and nil where there is none.
struct ElementsReply<Element: MappableElement>: ChangeReply {
  let elements: [Element?]

  func write(to reply: Reply) {
    reply.array(count: elements.count)
    reply.withElements(of: Element.self) { reply in
      for element in elements {
        if let element { reply(element) } else { reply.null() }
      }
    }
  }
}

/// The simple string `OK`.
struct OKReply: ChangeReply {
  func write(to reply: Reply) { reply.ok() }
}
