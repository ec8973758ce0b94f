import ArgumentParser
import MappingLanguage

struct Reference: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the reference page of mappings, profiles and sites, made from their schemas (docs/reference.md).")

  func run() throws { print(SchemaReference.page, terminator: "") }
}
