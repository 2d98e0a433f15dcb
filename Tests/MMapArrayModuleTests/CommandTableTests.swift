import CStandInServer
import StandInServer
import Testing

extension ModuleTests {
  /// What the server is told of the commands when the module is loaded.
  @Suite struct CommandTableTests {
    let module: LoadedModule
    private let commands: [String: CommandInformation]

    init() throws {
      module = try LoadedModule()
      commands = module.server.commandTable
    }

    @Test("each command for users is there, by all its names, described alike", arguments: UserCommand.all)
    func names(command: UserCommand) throws {
      let first = try #require(commands[command.names[0]])
      #expect(first.flags.contains("write") == command.isWrite)
      #expect(abs(first.arity) == command.leastWords)
      #expect((first.arity < 0) == command.takesMore)
      for name in command.names {
        let information = try #require(commands[name], "\(name)")
        #expect(information.name == name)
        #expect(information.flags == first.flags && information.categories == first.categories)
        #expect(information.summary == first.summary && information.arity == first.arity)
        #expect(describe(information.arguments) == describe(first.arguments))
      }
    }

    private func describe(_ arguments: [CommandInformation.Argument]) -> String { "\(arguments)" }

    @Test("what is said of a command fits together")
    func consistency() {
      #expect(commands.count >= UserCommand.all.flatMap(\.names).count)
      for (name, command) in commands {
        #expect(command.firstKey == 1 && command.lastKey == 1 && command.keyStep == 1, "\(name)")
        #expect(command.flags.isDisjoint(with: ["readonly", "write"]) == false, "\(name)")
        #expect(!command.flags.isSuperset(of: ["readonly", "write"]), "\(name)")
        #expect(command.summary.isEmpty == false && !command.summary.hasSuffix("."), "\(name)")
        #expect(command.complexity.hasPrefix("O("), "\(name)")
        #expect(command.since.split(separator: ".").count == 3, "\(name)")
        expectCategories(command)
        expectKey(command)
        #expect(command.arguments.first?.type == SERVER_ARGUMENT_KEY, "\(name)")
        let least = 1 + command.arguments.reduce(0) { $0 + leastWords($1) }
        #expect(command.arity == (command.arguments.allSatisfy { $0.flags == 0 } ? least : -least), "\(name)")
        for argument in command.arguments { expectArgument(argument, name) }
      }
      module.expectOrder()
    }

    private func expectCategories(_ command: CommandInformation) {
      let isRead = command.flags.contains("readonly")
      #expect(command.categories.contains("read") == isRead, "\(command.name)")
      #expect(command.categories.contains("write") == !isRead, "\(command.name)")
      #expect(command.categories.contains("fast") == command.flags.contains("fast"), "\(command.name)")
      #expect(command.categories.contains("slow") != command.flags.contains("fast"), "\(command.name)")
      #expect(command.categories.contains("mmaparray"), "\(command.name)")
    }

    private func expectKey(_ command: CommandInformation) {
      #expect(command.keySpecifications.count == 1, "\(command.name)")
      for key in command.keySpecifications {
        #expect(key.position == 1 && key.lastKey == 0 && key.step == 1, "\(command.name)")
        let isRead = command.flags.contains("readonly")
        #expect((key.flags & SERVER_KEY_SPEC_READ_ONLY != 0) == isRead, "\(command.name)")
        let changes = SERVER_KEY_SPEC_UPDATE | SERVER_KEY_SPEC_INSERT | SERVER_KEY_SPEC_DELETE
        #expect((key.flags & changes == 0) == isRead, "\(command.name)")
      }
    }

    /// Fewest words that an argument takes.
    private func leastWords(_ argument: CommandInformation.Argument) -> Int {
      guard argument.flags & SERVER_ARGUMENT_OPTIONAL == 0 else { return 0 }
      let token = argument.token != nil && argument.type != SERVER_ARGUMENT_TOKEN ? 1 : 0
      guard argument.type == SERVER_ARGUMENT_BLOCK else { return token + 1 }
      return token + argument.arguments.reduce(0) { $0 + leastWords($1) }
    }

    private func expectArgument(_ argument: CommandInformation.Argument, _ command: String) {
      #expect(!argument.name.isEmpty, "\(command)")
      if argument.type == SERVER_ARGUMENT_TOKEN { #expect(argument.token?.isEmpty == false, "\(command)") }
      let hasParts = [SERVER_ARGUMENT_ONE_OF, SERVER_ARGUMENT_BLOCK].contains(argument.type)
      #expect(argument.arguments.isEmpty == !hasParts, "\(command)")
      for part in argument.arguments { expectArgument(part, command) }
    }

    @Test("MMAP is dangerous, and needs memory")
    func map() throws {
      let map = try #require(commands["MMAP"])
      #expect(map.categories.contains("dangerous") && map.flags.contains("deny-oom"))
      #expect(commands.values.filter { $0.categories.contains("dangerous") }.map(\.name).contains("MMAP"))
    }

    @Test("the module's name and options")
    func options() {
      #expect(module.server.loadedModule == "mmaparray")
      let options = module.server.moduleOptions
      #expect(options & SERVER_OPTION_HANDLE_IO_ERRORS != 0)
      #expect(options & SERVER_OPTION_NO_IMPLICIT_SIGNAL_MODIFIED != 0)
    }
  }
}
