import SyncModel
import XML

/// Reads a profile's `<api>`.
struct APICompiler {
  var findings: Findings
  var secrets: [String: SourcePosition] = [:]

  private static let common: Set<String> = ["base", "case"]

  init(findings: Findings) { self.findings = findings }

  mutating func compile(_ element: XMLElement) -> APIRules {
    let headers = headers(element, variables: Self.common)
    let namesCase = headers.contains {
      $0.value.pieces.contains { if case .variable("case") = $0 { true } else { false } }
    }
    var requests: [APIRules.RequestName: RequestRule] = [:]
    for request in element.elements(named: "request") {
      let name: APIRules.RequestName = findings.choice(request, "name", .getCase)
      if requests[name] != nil {
        findings.error("the request \(name.rawValue) is described twice", at: findings.position(request))
      }
      if namesCase, name == .getUser || name == .findUsers {
        findings.error(
          "a <header> of all requests names {$case}, and \(name.rawValue) is about no case; put that header into the "
            + "requests that are", at: findings.position(request))
      }
      requests[name] = self.request(request, name)
    }
    return APIRules(headers: headers, requests: requests)
  }

  private mutating func request(_ element: XMLElement, _ name: APIRules.RequestName) -> RequestRule? {
    let variables = Self.variables(of: name)
    let path = findings.template(element, "path", variables: variables, allowsExpressions: false)
    if let path, !path.source.hasPrefix("/"), let attribute = element.attribute("path") {
      findings.error("the path must start with /", at: findings.position(attribute))
    }
    let headers = headers(element, variables: variables)
    let body = element.first("body")?.elements.first.flatMap { self.body($0, variables: variables, name) }
    let answer = element.first("answer").flatMap { findings.expression($0, "id") }
    let caseNode = element.first("case").flatMap { findings.expression($0, "select") }
    let comments = element.first("comments").flatMap { findings.comments($0) }
    let attachments = element.first("attachments").flatMap { findings.attachments($0) }
    let form = element.first("form").map { self.form($0, variables: variables) }
    let users = element.first("users").flatMap { findings.users($0) }
    checkFiles(element, name)
    checkUsers(element, name)
    if name == .getCase, element.first("case") == nil {
      findings.error(
        "get-case needs <case select=\"…\"/>: where the answer holds the case", at: findings.position(element))
    }
    if name == .listComments, element.first("comments") == nil {
      findings.error(
        "list-comments needs <comments select=\"…\" …/>: where the answer holds them", at: findings.position(element))
    }
    if name == .setFields, !element.contains("fields") {
      findings.error("set-fields needs <fields/> in its body, else it writes nothing", at: findings.position(element))
    }
    guard let path else { return nil }
    var rule = RequestRule(
      method: findings.choice(element, "method", .get), path: path, headers: headers, body: body, answerID: answer,
      caseNode: caseNode, comments: comments, attachments: attachments, form: form)
    rule.users = users
    return rule
  }

  private mutating func checkUsers(_ element: XMLElement, _ name: APIRules.RequestName) {
    let asksForUsers = name == .getUser || name == .findUsers
    if asksForUsers, element.first("users") == nil {
      findings.error(
        "\(name.rawValue) needs <users select=\"…\" id=\"…\" email=\"…\"/>: where the answer holds them",
        at: findings.position(element))
    }
    if !asksForUsers, let users = element.first("users") {
      findings.error("<users> has a meaning only in get-user and find-users", at: findings.position(users))
    }
  }

  private mutating func form(_ element: XMLElement, variables: Set<String>) -> FormRule {
    let fields = element.elements(named: "field").compactMap { field -> FormRule.Field? in
      guard let value = findings.template(field, "value", variables: nil, allowsExpressions: false) else { return nil }
      noteSecrets(value, variables: variables, at: field.attribute("value").map { findings.position($0) })
      return FormRule.Field(name: field[attribute: "name"] ?? "", value: value)
    }
    return FormRule(file: element[attribute: "file"] ?? "file", fields: fields)
  }

  private mutating func checkFiles(_ element: XMLElement, _ name: APIRules.RequestName) {
    if name == .addAttachment, element.first("form") == nil {
      findings.error(
        "add-attachment needs <form file=\"…\">: how the file is sent", at: findings.position(element))
    }
    if name == .addAttachment, element.first("answer") == nil {
      findings.error(
        "add-attachment needs <answer id=\"…\"/>: without the new file's id its webhook would look like a person's",
        at: findings.position(element))
    }
    if name != .addAttachment, let form = element.first("form") {
      findings.error("<form> has a meaning only in add-attachment", at: findings.position(form))
    }
    if name == .listAttachments, element.first("attachments") == nil {
      findings.error(
        "list-attachments needs <attachments select=\"…\" …/>: where the answer holds them",
        at: findings.position(element))
    }
  }

  private static func variables(of name: APIRules.RequestName) -> Set<String> {
    switch name {
    case .getCase, .listComments, .listAttachments, .setFields: common
    case .setStatus: common.union(["status"])
    case .addComment: common.union(["text", "public"])
    case .editComment: common.union(["comment", "text", "public"])
    case .deleteComment: common.union(["comment"])
    case .getAttachment: common.union(["attachment"])
    case .addAttachment: common.union(["name", "type", "public"])
    case .getUser: ["base", "user"]
    case .findUsers: ["base", "email"]
    }
  }

  private mutating func headers(_ element: XMLElement, variables: Set<String>) -> [HeaderRule] {
    element.elements(named: "header").compactMap { header in
      guard let name = header[attribute: "name"],
        let value = findings.template(header, "value", variables: nil, allowsExpressions: false)
      else { return nil }
      noteSecrets(value, variables: variables, at: header.attribute("value").map { findings.position($0) })
      return HeaderRule(name: name, value: value)
    }
  }

  /// A variable that is none of the request's own is a secret of the connection.
  private mutating func noteSecrets(_ template: Template, variables: Set<String>, at position: SourcePosition?) {
    for case .variable(let name) in template.pieces where !variables.contains(name) {
      if secrets[name] == nil, let position { secrets[name] = position }
    }
  }

  private mutating func body(
    _ element: XMLElement, variables: Set<String>, _ name: APIRules.RequestName
  ) -> BodyRule? {
    switch element.name {
    case "object":
      var names: Set<String> = []
      let members: [BodyRule.Member] = element.elements.compactMap { child in
        if child.name == "fields" {
          if name != .setFields {
            findings.error("<fields/> has a meaning only in set-fields", at: findings.position(child))
          }
          return .fields
        }
        guard let key = child[attribute: "name"] else {
          findings.error("a member of an <object> needs name=", at: findings.position(child))
          return nil
        }
        if !names.insert(key).inserted {
          findings.error("the member '\(key)' stands twice in one <object>", at: findings.position(child))
        }
        return self.body(child, variables: variables, name).map { .value(name: key, $0) }
      }
      return .object(members)
    case "array": return .array(element.elements.compactMap { self.body($0, variables: variables, name) })
    default:
      guard let template = scalar(element, variables: variables) else { return nil }
      switch element.name {
      case "number": return .number(template)
      case "boolean": return .boolean(template)
      default: return .string(template)
      }
    }
  }

  private mutating func scalar(_ element: XMLElement, variables: Set<String>) -> Template? {
    do {
      let template = try TemplateParser(variables: nil, allowsExpressions: false).parse(element.text)
      noteSecrets(template, variables: variables, at: findings.position(element))
      return template
    } catch {
      findings.error(error.message, at: findings.position(element))
      return nil
    }
  }
}

extension XMLElement {
  /// Whether an element of this name stands anywhere below.
  func contains(_ name: String) -> Bool { elements.contains { $0.name == name || $0.contains(name) } }
}
