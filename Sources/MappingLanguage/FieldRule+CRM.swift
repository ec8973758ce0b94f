package import JSON
import RichText
package import SyncModel

extension FieldRule {
  /// The CRM value of a canonical Jira value.
  ///
  /// - Parameters:
  ///   - adf: the document itself where the field is rich text: Markdown does not hold all of it.
  ///   - users: who is who, by the grants; nil: not known.
  package func crmValue(
    forJira value: FieldValue, adf: JSONValue? = nil, users: (AccountID) -> CRMUserID? = { _ in nil }
  ) -> FieldTranslation {
    if format.isRichText { return crmText(value, adf) }
    switch value {
    case .empty: return .value(canonical: .empty, payload: .null)
    case .text(let text):
      switch translate(text, users) {
      case .success(let item):
        let canonical = canonical(ofCRM: [item])
        guard let payload = crmType.payload(canonical.display) else {
          return failure("the CRM wants a \(crmType.rawValue), and \(Self.shown(item)) is none")
        }
        return .value(canonical: canonical, payload: payload)
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
        return .failure(Stop(translation: .leaveOut("no CRM user has connected with that Atlassian account")))
      }
      return .success(user.rawValue)
    }
    return .success(item)
  }

  private func crmText(_ value: FieldValue, _ adf: JSONValue?) -> FieldTranslation {
    guard !value.isEmpty else { return .value(canonical: .empty, payload: "") }
    let document = adf ?? RichTextConversion.adf(fromMarkdown: value.display)
    let text =
      switch format {
      case .html: RichTextConversion.html(fromADF: document)
      case .markdown: RichTextConversion.markdown(fromADF: document)
      case .plain, .text, .number, .date, .datetime, .user, .option, .options, .labels, .components, .versions,
        .priority:
        RichTextConversion.plain(fromADF: document)
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
