import JSON
import MappingLanguage
import SyncCore

/// Makes a request's JSON body from a profile's rule.
struct BodyBuilder {
  let filler: TemplateFiller
  /// What `<fields/>` stands for: CRM names and values.
  let fields: [JSONMember]

  func value(_ rule: BodyRule) throws(CallFailure) -> JSONValue {
    switch rule {
    case .string(let template): return .string(try filler.text(template))
    case .number(let template):
      if case .number(let literal)? = literal(try filler.text(template)) { return .number(literal) }
      throw .rejected("'\(template.source)' does not give a number", fields: [:])
    case .boolean(let template):
      if case .bool(let value)? = literal(try filler.text(template)) { return .bool(value) }
      throw .rejected("'\(template.source)' gives neither true nor false", fields: [:])
    case .object(let members): return .object(try self.members(members))
    case .array(let rules):
      var items: [JSONValue] = []
      for rule in rules { items.append(try value(rule)) }
      return .array(items)
    }
  }

  private func members(_ rules: [BodyRule.Member]) throws(CallFailure) -> [JSONMember] {
    var members: [JSONMember] = []
    for rule in rules {
      switch rule {
      case .value(let name, let rule): members.append(JSONMember(name, try value(rule)))
      case .fields: members += fields
      }
    }
    var seen: Set<String> = []
    for member in members where !seen.insert(member.key).inserted {
      throw .rejected("the field '\(member.key)' would stand twice in one body", fields: [:])
    }
    return members
  }

  private func literal(_ text: String) -> JSONValue? {
    do throws(JSONError) { return try JSONReader.read(text) } catch {
      // No literal at all: the caller says which template gave it.
      return nil
    }
  }
}
