package import JSON

/// Checks a document against the rules of the Atlassian Document Format that Jira enforces on what is written to it.
///
/// Jira answers a breach with `INVALID_INPUT` and no position, so a document is checked here before it is sent, in
/// tests and by the simulated Jira. Nodes that only Confluence knows (layouts, sync blocks) count as breaches.
package enum ADFRules {
  /// What is wrong with a document, each with the path of its node; empty when Jira would accept it.
  ///
  /// Texts are never quoted. At most 50 problems are listed, and nesting deeper than 40 nodes is one of them.
  package static func problems(in document: JSONValue) -> [String] {
    guard document["type"]?.string == "doc" else { return ["doc: the document's type must be 'doc'"] }
    var check = ADFCheck()
    if document["version"]?.int != 1 { check.report("doc", "'version' must be 1") }
    for member in document.members ?? [] where !["version", "type", "content"].contains(member.key) {
      check.report("doc", "'\(member.key)' is not a member of a document")
    }
    guard let content = document["content"]?.array else { return check.problems + ["doc: 'content' must be an array"] }
    check.children(content, of: "doc", path: "doc", allowed: ADFGrammar.documentContent, depth: 1)
    return check.problems
  }
}

/// Walks a document and collects what breaks the grammar.
private struct ADFCheck {
  private(set) var problems: [String] = []

  mutating func report(_ path: String, _ problem: String) {
    if problems.count < 50 { problems.append("\(path): \(problem)") }
  }

  mutating func children(_ content: [JSONValue], of parent: String, path: String, allowed: Set<String>, depth: Int) {
    guard depth <= 40 else { return report(path, "nests deeper than 40 nodes") }
    for (index, child) in content.enumerated() {
      guard let type = child["type"]?.string else {
        report("\(path)[\(index)]", "a node has no 'type'")
        continue
      }
      let place = "\(path)/\(type)[\(index)]"
      guard let rule = ADFGrammar.nodes[type] else {
        report(place, "'\(type)' is no node that Jira takes")
        continue
      }
      if !allowed.contains(type) { report(place, "'\(type)' may not stand in '\(parent)'") }
      node(child, type: type, rule: rule, parent: parent, path: place, depth: depth)
    }
    if parent == "taskList", content.first?["type"]?.string == "taskList" {
      report(path, "a taskList may not begin with a taskList")
    }
  }

  private mutating func node(
    _ node: JSONValue, type: String, rule: ADFGrammar.Node, parent: String, path: String, depth: Int
  ) {
    for member in node.members ?? [] where !["type", "attrs", "content", "marks"].contains(member.key) {
      if !(type == "text" && member.key == "text") { report(path, "'\(member.key)' is not a member of '\(type)'") }
    }
    if let attributes = node["attrs"], attributes.members == nil { report(path, "'attrs' must be an object") }
    check(node["attrs"]?.members ?? [], against: rule.attributes, required: rule.required, path: path)
    marks(node["marks"], type: type, parent: parent, path: path)
    switch rule.content {
    case .text: text(node["text"]?.string, parent: parent, path: path)
    case .nothing: if node["content"] != nil { report(path, "'\(type)' holds no content") }
    case .nodes(let allowed, let minimum):
      let content = node["content"]
      guard let elements = content?.array ?? (content == nil ? [] : nil) else {
        return report(path, "'content' must be an array")
      }
      if elements.count < minimum { report(path, "'\(type)' needs at least \(minimum) node") }
      children(elements, of: type, path: path, allowed: allowed, depth: depth + 1)
    }
  }

  private mutating func text(_ text: String?, parent: String, path: String) {
    guard let text else { return report(path, "'text' must be a string") }
    if text.isEmpty { report(path, "a text may not be empty") }
    if parent != "codeBlock", text.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\r" }) {
      report(path, "a line break in a text must be a hardBreak")
    }
  }

  private mutating func check(
    _ members: [JSONMember], against attributes: [String: ADFGrammar.Attribute], required: [String], path: String
  ) {
    for member in members {
      guard let rule = attributes[member.key] else {
        report(path, "the attribute '\(member.key)' is not known")
        continue
      }
      if !rule.accepts(member.value) { report(path, "the attribute '\(member.key)' has no permitted value") }
    }
    for name in required where !members.contains(where: { $0.key == name }) {
      report(path, "the attribute '\(name)' is missing")
    }
  }

  private mutating func marks(_ value: JSONValue?, type: String, parent: String, path: String) {
    guard let value else { return }
    guard let marks = value.array else { return report(path, "'marks' must be an array") }
    let allowed = ADFGrammar.marks(on: type, in: parent)
    var seen: Set<String> = []
    for mark in marks {
      guard let name = mark["type"]?.string, let rule = ADFGrammar.marks[name] else {
        report(path, "a mark that Jira does not know")
        continue
      }
      if !allowed.contains(name) { report(path, "the mark '\(name)' may not stand on '\(type)' in '\(parent)'") }
      if !seen.insert(name).inserted { report(path, "the mark '\(name)' stands twice") }
      check(mark["attrs"]?.members ?? [], against: rule.attributes, required: rule.required, path: "\(path)@\(name)")
      if name == "link", LinkTarget(mark["attrs"]?["href"]?.string ?? "") == nil {
        report("\(path)@link", "'href' must be an http, https or mailto address")
      }
    }
    if seen.contains("code"), !seen.isSubset(of: ["code", "link", "annotation"]) {
      report(path, "the mark 'code' combines only with link and annotation")
    }
    if seen.contains("alignment"), seen.contains("indentation") {
      report(path, "alignment and indentation exclude each other")
    }
  }
}
