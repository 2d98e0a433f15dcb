import Glibc
import LiveServer

// document-commands MODULE DOCUMENT: writes the document's generated parts anew, from what a server with the module says
// of its commands.

func writeParts(module: String, document: String) throws {
  let server = try LiveServer(module: module)
  let commands = try CommandFacts.all(server.connect())
  let parts = Dictionary(uniqueKeysWithValues: commands.map { ($0.name, $0.markdown) })
  let text = try Files.text(document)
  let new = try GeneratedParts(text).replacing(with: parts)
  if new != text { try Files.write(Array(new.utf8), to: document) }
  print("\(document): \(new == text ? "as it was" : "written")")
}

do {
  let words = CommandLine.arguments
  guard words.count == 3 else { throw FactsError("give the module and the document") }
  try writeParts(module: words[1], document: words[2])
} catch {
  print("document-commands: \(error)")
  exit(1)
}
