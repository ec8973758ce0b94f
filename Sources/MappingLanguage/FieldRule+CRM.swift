package import JSON
package import RichText
package import SyncModel

extension FieldRule {
  /// The CRM value of a canonical Jira value.
  ///
  /// - Parameters:
  ///   - held: what Jira itself holds where the field is rich text: Markdown does not hold all of it.
  ///   - current: what the CRM holds: of a rich text, what did not change stays as it is there.
  ///   - mentions: writes the people whom a text mentions as the CRM does.
  ///   - users: who is who; nil: not known, or not for certain.
  package func crmValue(
    forJira value: FieldValue, held: JSONValue? = nil, current: FieldValue? = nil,
    users: (AccountID) -> CRMUserID? = { _ in nil }, mentions: ((RichTextDocument) -> RichTextDocument)? = nil
  ) -> FieldTranslation {
    if value.isEmpty {
      if let crmDefault { return written(crmDefault) }
      if whenJiraEmpty == .leave {
        return .leaveOut("Jira's value is empty, and the mapping leaves the CRM's as it is")
      }
    }
    if format.isRichText { return crmText(value, held, current, mentions) }
    switch value {
    case .empty: return .value(canonical: .empty, payload: .null)
    case .text(let text):
      switch translate(text, users) {
      case .success(let item): return written(item)
      case .failure(let stop): return stop.translation
      }
    case .list(let items):
      var translated: [String] = []
      for item in items {
        switch translate(item, users) {
        case .success(let item): translated.append(item)
        case .failure(let stop): return stop.translation
        }
      }
      let payload = translated.compactMap { crmType.payload($0) }
      guard payload.count == translated.count else {
        return failure("the CRM wants values of type \(crmType.rawValue)")
      }
      return .value(canonical: .list(of: translated), payload: .array(payload))
    }
  }

  /// A value of the CRM's, in the form in which its API takes it.
  private func written(_ item: String) -> FieldTranslation {
    let text = values == nil ? crmForm(of: item) : item
    guard let payload = crmType.payload(text) else {
      return failure("the CRM wants a \(crmType.rawValue), and \(Self.shown(item)) is none")
    }
    return .value(canonical: canonical(ofCRM: [text]), payload: payload)
  }

  /// A canonical value as the CRM writes it: dates and times by its pattern and zone, a tick as its type has it.
  private func crmForm(of item: String) -> String {
    switch format {
    case .date: return crmDate(item)
    case .datetime: return crmTime(item)
    case .checkbox where crmType == .number: return item == "true" ? "1" : "0"
    case .number: return NumberText.normalised(item) ?? item
    case .text, .plain, .html, .markdown, .wiki, .user, .option, .options, .labels, .components, .versions, .priority,
      .cascading, .checkbox, .parent:
      return item
    }
  }

  /// Why a value goes no further.
  private struct Stop: Error {
    var translation: FieldTranslation
  }

  private func translate(_ item: String, _ users: (AccountID) -> CRMUserID?) -> Result<String, Stop> {
    if let values {
      guard let mapped = values.crm(forJira: item) else {
        let reason = "the Jira value \(Self.shown(item)) has no <pair>, and there is no <otherwise crm=\"…\"/>"
        return .failure(Stop(translation: failure(reason)))
      }
      return .success(mapped)
    }
    if format == .user {
      guard let user = users(AccountID(item)) else {
        return .failure(
          Stop(translation: .leaveOut("which CRM user has that account is not known, or not for certain")))
      }
      return .success(user.rawValue)
    }
    return .success(item)
  }

  private func crmText(
    _ value: FieldValue, _ held: JSONValue?, _ current: FieldValue?,
    _ mentions: ((RichTextDocument) -> RichTextDocument)?
  ) -> FieldTranslation {
    guard !value.isEmpty else { return .value(canonical: .empty, payload: "") }
    let read = held.map { textForm.document($0) } ?? RichTextDocument(markdown: value.display)
    let document = (mentions?(read) ?? read).adf
    let markup = markup ?? .plain
    let text =
      if case .text(let held)? = current {
        RichTextPatch.text(current: held, new: document, format: markup)
      } else {
        markup.text(fromADF: document)
      }
    let canonical = canonical(ofCRM: [text])
    return .value(canonical: canonical, payload: .string(canonical.display))
  }
}

extension CRMType {
  /// The text as JSON of this type; nil when it is none.
  func payload(_ text: String) -> JSONValue? {
    switch self {
    case .string: .string(text)
    case .number: NumberText.normalised(text).map(JSONValue.number)
    case .boolean: text == "true" ? true : text == "false" ? false : nil
    }
  }
}
