import ServerModule

// `GREET key name [LOUD]` greets with the words of the setting `hello.greeting`: a whole module in forty lines.

/// nil: the number of words is wrong.
private struct GreetingError: CallError {
  let reply: String?
}

private struct Greeter {
  let greeting: TextSetting

  func greet(_ call: Call) throws(GreetingError) {
    var arguments = call.arguments
    guard let name = arguments.next() else { throw GreetingError(reply: nil) }
    let isLoud = arguments.take("LOUD")
    if let word = arguments.next() {
      throw GreetingError(reply: "ERR \(word.quotation) is no LOUD: give that or nothing")
    }
    let text = "\(greeting.text), \(name.text)"
    call.reply.text(isLoud ? text.uppercased() + "!" : text)
  }
}

// Set before the server knows of the command, which is the only one to read it, on the same thread.
nonisolated(unsafe) private var greeter: Greeter?

private let greet = CommandDescription(
  "GREET", access: .reading, summary: "Greets", complexity: "O(1)",
  arguments: [.key, .string("name"), .token("loud", "LOUD", .optional)],
  function: { Call.serve($0, $1, $2) { (call) throws(GreetingError) in try greeter?.greet(call) } })

@c(server_module_load)
public func load(_ context: OpaquePointer?, _ arguments: ArgumentVector?, _ count: Int32) -> Int32 {
  Context.load(context, arguments, count, name: "hello", version: 1) { (context, _) throws(LoadError) in
    greeter = Greeter(greeting: try context.registerSetting("greeting", default: "Hello"))
    try context.loadSettings()
    try context.create([greet], category: "hello")
  }
}
