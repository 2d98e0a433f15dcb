import StandInServer
import Testing

extension ModuleTests {
  /// What the server asks of a key's value: copies, sizes, digests, saved forms, and what files that are missed do.
  @Suite struct KeyTests {
    let module: LoadedModule

    init() throws { module = try LoadedModule() }

    private func makeArray(_ kind: ElementKind, _ format: Format = .npy, key: String = "a") {
      module.makeArray(kind, format, ["1", "2", "3"], key: key)
    }

    @Test("a copy is bound to the same file", arguments: ElementKind.all)
    func copy(kind: ElementKind) {
      makeArray(kind)
      #expect(module.server.copy("a", to: "b"))
      #expect(module.reply("VADD", "b", "4") == .integer(1))
      #expect(module.texts() == ["1", "2", "3", "4"])
      module.server.delete("a")
      #expect(module.texts("b") == ["1", "2", "3", "4"])
      #expect(module.server.moduleInformation()["arrays"] == 1)
      module.server.delete("b")
      #expect(module.server.moduleInformation()["arrays"] == 0)
      module.expectOrder()
    }

    @Test("a key that goes leaves its file, without spare room", arguments: ElementKind.all, Format.allCases)
    func delete(kind: ElementKind, format: Format) {
      makeArray(kind, format)
      #expect(module.server.memoryUsage("a") ?? 0 > 0)
      #expect(module.server.memoryUsage("a") ?? .max < 1024)
      #expect(module.server.freeEffort("a") ?? .max <= 64)
      module.server.delete("a")
      #expect(module.file("a")?.count == (format == .npy ? 128 : 0) + 3 * kind.size)
      #expect(module.file("a")?.suffix(3 * kind.size) == kind.packed([1, 2, 3])[...])
      #expect(module.reply("MMAP", "a", "a", kind.name) == .integer(3))
      module.expectOrder()
    }

    @Test("digests are those of the contents", arguments: ElementKind.all)
    func digest(kind: ElementKind) {
      makeArray(kind)
      makeArray(kind, .raw, key: "b")
      let digest = module.server.digest("a")
      #expect(digest == [Array(kind.name.utf8), kind.packed([1, 2, 3])])
      #expect(module.server.digest("b") == digest)
      _ = module.reply("VSET", "b", "0", "7")
      #expect(module.server.digest("b") != digest)
      module.expectOrder()
    }

    @Test("a rewritten AOF has the command that makes the binding", arguments: ElementKind.all, Format.allCases)
    func rewrite(kind: ElementKind, format: Format) throws {
      makeArray(kind, format)
      let commands = try #require(module.server.rewrite("a"))
      module.server.delete("a")
      for words in commands { #expect(module.run(words, as: .appendOnlyFile).reply?.errorText == nil) }
      #expect(module.texts() == ["1", "2", "3"])
      #expect(module.reply("MMAP.INFO", "a")?["format"] == .bulk(format.rawValue))
      module.expectOrder()
    }

    // MARK: Saved bindings

    @Test("DUMP and RESTORE carry the contents", arguments: ElementKind.all, Format.allCases)
    func restore(kind: ElementKind, format: Format) throws {
      makeArray(kind, format)
      let saved = try #require(module.server.save("a"))
      module.server.delete("a")
      module.remove("a")
      #expect(module.server.restore(saved, as: "b"))
      #expect(module.texts("b") == ["1", "2", "3"])
      #expect(module.reply("VTYPE", "b") == .bulk(kind.name))
      #expect(module.reply("VFILEPATH", "b") == .bulk("a"))
      #expect(module.reply("MMAP.INFO", "b")?["format"] == .bulk(format.rawValue))
      module.expectOrder()
    }

    @Test(
      "SAVE and a restart keep the binding, and the file is what it is", arguments: ElementKind.all, Format.allCases)
    func restart(kind: ElementKind, format: Format) throws {
      makeArray(kind, format)
      module.server.fire(ServerEvents.persistence, ServerEvents.persistenceSaveStart)
      let saved = try #require(module.server.save("a"))
      module.server.fire(ServerEvents.persistence, ServerEvents.persistenceEnded)
      #expect(!saved.fields.contains(.string(kind.packed([1, 2, 3]))))
      _ = module.reply("VADD", "a", "4")
      module.server.delete("a")
      module.server.fire(ServerEvents.loading, ServerEvents.loadingRDB)
      #expect(module.server.restore(saved, as: "a"))
      module.server.fire(ServerEvents.loading, ServerEvents.loadingEnded)
      #expect(module.texts() == ["1", "2", "3", "4"])
      module.expectOrder()
    }

    @Test(
      "in a child that saves for a replica the contents are saved with the first key",
      arguments: ["wait_bgsave", "online"])
    func child(state: String) throws {
      makeArray(ElementKind.all[2])
      #expect(module.server.copy("a", to: "b"))
      module.connectReplica(state: state)
      let server = module.server
      let sizes = try #require(
        server.fork {
          ["a", "b"].flatMap { key -> [UInt8] in
            let contents = SavedField.string(ElementKind.all[2].packed([1, 2, 3]))
            return [server.save(key, inChild: true)?.fields.contains(contents) == true ? 1 : 0]
          }
        })
      #expect(sizes == (state == "online" ? [0, 0] : [1, 0]))
      module.expectOrder()
    }

    @Test("a full synchronisation takes its places at its end, or not at all", arguments: [true, false])
    func synchronization(succeeds: Bool) throws {
      let kind = ElementKind.all[2]
      makeArray(kind)
      let saved = try #require(module.server.save("a"))
      #expect(module.reply("VSET", "a", "0", "9") == .integer(1))
      module.setRole(isPrimary: false)
      module.server.fire(ServerEvents.loading, ServerEvents.loadingReplication)
      // The server has emptied its data before.
      module.server.delete("a")
      #expect(module.server.restore(saved, as: "a"))
      module.server.fire(ServerEvents.loading, succeeds ? ServerEvents.loadingEnded : ServerEvents.loadingFailed)
      if !succeeds { module.server.delete("a") }
      module.server.delete("a")
      #expect(module.file("a")?.suffix(12) == kind.packed([succeeds ? 1 : 9, 2, 3])[...])
      module.setRole(isPrimary: true)
      module.expectOrder()
    }

    @Test("payloads that are cut or damaged are refused, or equal to what was saved", arguments: Format.allCases)
    func damage(format: Format) throws {
      let kind = ElementKind.all[2]
      makeArray(kind, format)
      let saved = try #require(module.server.save("a"))
      module.server.delete("a")
      for count in saved.fields.indices {
        var cut = saved
        cut.fields.removeLast(saved.fields.count - count)
        #expect(!module.server.restore(cut, as: "b"), "\(count) of \(saved.fields.count) fields")
      }
      for (index, field) in saved.fields.enumerated() {
        var damaged = saved
        switch field {
        case .unsigned(let number): damaged.fields[index] = .unsigned(number ^ 1)
        case .string(let bytes): damaged.fields[index] = .string(bytes.dropLast() + [(bytes.last ?? 0) ^ 1])
        }
        #expect(!module.server.restore(damaged, as: "b"), "field \(index)")
      }
      #expect(!module.server.restore(SavedValue(encodingVersion: 99, fields: saved.fields), as: "b"))
      #expect(module.server.type(of: "b") == nil)
      #expect(module.reply("MMAP", "a", "a", kind.name) == .integer(3))
      module.expectOrder()
    }

    // MARK: Files that are not there

    @Test("a file that is missed: errors that say so, until it is back", arguments: UserCommand.all)
    func detached(command: UserCommand) throws {
      makeArray(ElementKind.all[3])
      let bytes = try #require(module.file("a"))
      module.server.delete("a")
      module.remove("a")
      #expect(module.run(["MMAP", "a", "a", "i64"], as: .appendOnlyFile).reply?.errorText == nil)
      let served = module.run([command.names[0]] + command.words)
      if command.names == ["MMAP.INFO"] {
        #expect(served.reply?["state"] == .bulk("detached"))
        #expect(served.reply?["reason"]?.text?.contains("No such file or directory") == true)
      } else {
        let error = served.reply?.errorText ?? ""
        #expect(error.hasPrefix("ERR the file 'a' is not mapped at the moment: "), "\(error)")
        #expect(error.contains("No such file or directory"), "\(error)")
      }
      #expect(served.effects.areNone)
      #expect(module.file("a") == nil)
      // Another file is none that fits.
      try module.write([1, 2, 3], to: "a")
      #expect(module.reply("VCOUNT", "a")?.errorText?.contains("has no .npy header, which recorded i64") == true)
      try module.write(bytes, to: "a")
      #expect(module.reply("VCOUNT", "a") == .integer(3))
      #expect(module.reply("MMAP.INFO", "a")?["state"] == .bulk("attached"))
      module.expectOrder()
    }
  }
}
