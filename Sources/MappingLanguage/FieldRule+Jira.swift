package import JSON
package import RichText
package import SyncModel

extension FieldRule {
  /// The Jira value of a CRM value: pairs, default, format and length limit applied.
  ///
  /// The canonical value equals what ``canonical(ofJira:)`` gives for the field once Jira holds the payload.
  ///
  /// - Parameters:
  ///   - users: who is who; nil: not known, or not for certain.
  ///   - mentions: finds the people whom a text mentions.
  package func jiraValue(
    forCRM value: FieldValue, users: (CRMUserID) -> AccountID? = { _ in nil },
    mentions: ((RichTextDocument) -> RichTextDocument)? = nil
  ) -> FieldTranslation {
    if let mentions, format.isRichText, values == nil, case .text(let text) = value {
      return rich(mentions((markup ?? .plain).document(text)))
    }
    switch value {
    case .empty:
      if let mapped = values?.pairs.first(where: { $0.crm.isEmpty && $0.direction.writesJira })?.jira {
        return write([mapped])
      }
      if let defaultValue { return write([defaultValue]) }
      if whenEmpty == .leave { return .leaveOut("the CRM's value is empty, and the mapping leaves Jira's as it is") }
      return clear()
    case .text(let text): return translate([text], users)
    case .list(let items): return translate(items, users)
    }
  }

  private func translate(_ items: [String], _ users: (CRMUserID) -> AccountID?) -> FieldTranslation {
    var translated: [String] = []
    for item in items {
      if let values {
        guard let mapped = values.jira(forCRM: item) else {
          return failure("the CRM value \(Self.shown(item)) has no <pair>, and there is no <otherwise jira=\"…\"/>")
        }
        translated.append(mapped)
      } else if format == .user {
        guard let account = users(CRMUserID(item)) else {
          return .leaveOut(
            "whose account in Jira the CRM user \(Self.shown(item)) has is not known: they have not connected, and no "
              + "<person> names them; Jira's value is left alone")
        }
        translated.append(account.rawValue)
      } else {
        translated.append(item)
      }
    }
    return write(translated)
  }

  private func clear() -> FieldTranslation {
    switch format {
    case .priority: return .leaveOut("a priority cannot be empty in Jira")
    case .labels, .components, .versions, .options: return .value(canonical: .empty, payload: [])
    case .checkbox: return .value(canonical: .text("false"), payload: [])
    case .cascading, .parent: return .value(canonical: .empty, payload: .null)
    case .text where key == "summary": return failure("the summary would be empty; give the field a default=\"…\"")
    case .text, .plain, .html, .markdown, .wiki, .number, .date, .datetime, .user, .option:
      return .value(canonical: .empty, payload: .null)
    }
  }

  /// `items` are Jira's values by now.
  private func write(_ items: [String]) -> FieldTranslation {
    let text = items.first ?? ""
    switch format {
    case .text:
      let line = maxLength.map { text.asOneLine.shortened(to: $0) } ?? text.asOneLine
      return line.isEmpty ? clear() : .value(canonical: .text(line), payload: .string(line))
    case .plain, .html, .markdown, .wiki: return rich(text)
    case .number:
      guard let number = NumberText.normalised(text) else { return failure("\(Self.shown(text)) is no number") }
      return .value(canonical: .text(number), payload: .number(number))
    case .date:
      guard let day = day(text) else { return failure("\(Self.shown(text)) is no date") }
      return .value(canonical: .text(day), payload: .string(day))
    case .datetime:
      guard let time = time(text) else { return failure("\(Self.shown(text)) is no date with time") }
      // Jira refuses `Z`; it reads and writes `+0000`.
      let payload = String(time.description.dropLast()) + "+0000"
      return .value(canonical: .text(time.description), payload: .string(payload))
    case .user: return .value(canonical: .text(text), payload: ["accountId": .string(text)])
    case .option: return .value(canonical: .text(text), payload: ["value": .string(text)])
    case .priority: return .value(canonical: .text(text), payload: ["name": .string(text)])
    case .options: return list(items) { ["value": .string($0)] }
    case .labels: return list(items.map(\.asLabel)) { .string($0) }
    case .components, .versions: return list(items) { ["name": .string($0)] }
    case .cascading: return cascading(text)
    case .checkbox: return checkbox(text)
    case .parent:
      guard let key = IssueKeyText.normalised(text) else {
        return failure("\(Self.shown(text)) is no issue key, such as OPS-12")
      }
      return .value(canonical: .text(key), payload: ["key": .string(key)])
    }
  }

  private func cascading(_ text: String) -> FieldTranslation {
    let choice = CascadingText(text)
    guard !choice.parent.isEmpty else { return clear() }
    var payload = [JSONMember("value", .string(choice.parent))]
    if let child = choice.child { payload.append(JSONMember("child", ["value": .string(child)])) }
    return .value(canonical: .text(choice.description), payload: .object(payload))
  }

  private func checkbox(_ text: String) -> FieldTranslation {
    guard let isTicked = TruthText.read(text), let option else {
      return failure("\(Self.shown(text)) is neither true nor false")
    }
    return .value(
      canonical: .text(isTicked ? "true" : "false"), payload: isTicked ? [["value": .string(option)]] : [])
  }

  private func list(_ items: [String], _ payload: (String) -> JSONValue) -> FieldTranslation {
    guard case .list(let sorted) = FieldValue.list(of: items.filter { !$0.isEmpty }) else { return clear() }
    return .value(canonical: .list(sorted), payload: .array(sorted.map(payload)))
  }

  private func rich(_ text: String) -> FieldTranslation { rich((markup ?? .plain).document(text)) }

  private func rich(_ document: RichTextDocument) -> FieldTranslation {
    let written = JiraText(document, cutTo: maxLength, form: textForm)
    let canonical = FieldValue.text(orEmpty: written.markdown.asTextBlock)
    return canonical.isEmpty ? clear() : .value(canonical: canonical, payload: written.value)
  }

  /// The canonical form of this field in Jira's `fields`, without the label by which the issue is found again: that is
  /// ours, and no value of the case.
  package func canonical(inJira fields: JSONValue, label: String) -> FieldValue {
    let value = canonical(ofJira: fields[key.rawValue] ?? .null)
    guard key == "labels", case .list(let items) = value else { return value }
    return .list(of: items.filter { $0 != label })
  }

  /// The canonical form of a member of Jira's `fields`; rich text is its Markdown.
  package func canonical(ofJira value: JSONValue?) -> FieldValue {
    guard let value, !value.isNull else { return format == .checkbox ? .text("false") : .empty }
    switch format {
    case .text: return .text(orEmpty: (value.text ?? "").asOneLine)
    case .plain, .html, .markdown, .wiki:
      if textForm == .adf, case .string(let text) = value { return .text(orEmpty: text.asTextBlock) }
      return .text(orEmpty: textForm.document(value).markdown.asTextBlock)
    case .number: return .text(orEmpty: value.text.map { NumberText.normalised($0) ?? $0 } ?? "")
    case .date: return .text(orEmpty: value.string ?? "")
    case .datetime: return .text(orEmpty: value.string.map { Timestamp($0)?.description ?? $0 } ?? "")
    case .user: return .text(orEmpty: value["accountId"]?.string ?? "")
    case .option: return .text(orEmpty: value["value"]?.string ?? value.text ?? "")
    case .priority: return .text(orEmpty: value["name"]?.string ?? "")
    case .options: return .list(of: (value.array ?? []).compactMap { $0["value"]?.string ?? $0.string })
    case .labels: return .list(of: (value.array ?? []).compactMap(\.string))
    case .components, .versions: return .list(of: (value.array ?? []).compactMap { $0["name"]?.string })
    case .cascading:
      let parent = value["value"]?.string ?? ""
      return .text(orEmpty: CascadingText(parent: parent, child: value["child"]?["value"]?.string).description)
    case .checkbox:
      let isTicked = (value.array ?? []).contains { ($0["value"]?.string ?? $0.string) == option }
      return .text(isTicked ? "true" : "false")
    case .parent: return .text(orEmpty: value["key"]?.string ?? "")
    }
  }
}
