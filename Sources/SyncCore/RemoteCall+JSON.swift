package import JSON
import SyncModel

/// The form in which the journal keeps a call, and in which `explain --json` shows it.
extension RemoteCall {
  package var json: JSONValue {
    switch self {
    case .createIssue(let creation):
      [
        "project": .string(creation.project), "issueType": .string(creation.issueType),
        "fields": .array(creation.fields.map(\.json)), "label": .string(creation.label), "property": creation.property,
        "firstStatus": creation.firstStatus?.json ?? .null,
      ]
    case .editIssue(let edit): ["fields": .array(edit.fields.map(\.json))]
    case .transitionIssue(let transition):
      [
        "status": .string(transition.status), "resolution": JSONValue(orNull: transition.resolution),
        "crmStatus": .string(transition.crmStatus), "isTwoWay": .bool(transition.isTwoWay),
        "screen": .array(transition.screen.map(\.json)), "place": .string(transition.place),
      ]
    case .addComment(let comment): comment.json
    case .editComment(let edit): ["comment": edit.comment.json, "isActorsOwn": .bool(edit.isActorsOwn)]
    case .deleteComment(let deletion): ["crmComment": .string(deletion.crmComment.rawValue)]
    case .addAttachment(let attachment): attachment.json
    case .addRemoteLink(let link):
      [
        "globalID": .string(link.globalID), "url": .string(link.url), "title": .string(link.title),
        "application": .string(link.application),
      ]
    case .writeCase(let edit):
      [
        "fields": .array(edit.fields.map(\.json)),
        "names": .object(
          edit.names.sorted { $0.key < $1.key }.map { JSONMember($0.key.rawValue, .string($0.value)) }),
        "status": edit.status?.json ?? .null,
      ]
    case .addCaseComment(let comment): comment.json
    case .editCaseComment(let edit): ["comment": edit.comment.json, "crmText": .string(edit.crmText)]
    case .deleteCaseComment(let deletion):
      ["jiraComment": .string(deletion.jiraComment.rawValue), "marker": .string(deletion.marker)]
    }
  }

  /// The call of a kind that ``json`` stands for; nil for any other shape.
  package init?(kind: Kind, json: JSONValue) {
    switch kind {
    case .createIssue:
      guard let project = json["project"]?.string, let issueType = json["issueType"]?.string,
        let fields = FieldWrite.list(json["fields"]), let label = json["label"]?.string,
        let property = json["property"]
      else { return nil }
      self = .createIssue(
        IssueCreation(
          project: project, issueType: issueType, fields: fields, label: label, property: property,
          firstStatus: json["firstStatus"].flatMap(FieldWrite.init(json:))))
    case .editIssue:
      guard let fields = FieldWrite.list(json["fields"]) else { return nil }
      self = .editIssue(IssueEdit(fields: fields))
    case .transitionIssue:
      guard let status = json["status"]?.string, let crmStatus = json["crmStatus"]?.string,
        let isTwoWay = json["isTwoWay"]?.bool, let screen = FieldWrite.list(json["screen"] ?? [])
      else { return nil }
      self = .transitionIssue(
        IssueTransition(
          status: status, resolution: json["resolution"]?.string, crmStatus: crmStatus, isTwoWay: isTwoWay,
          screen: screen, place: json["place"]?.string ?? ""))
    case .addComment:
      guard let comment = CommentAddition(json: json) else { return nil }
      self = .addComment(comment)
    case .editComment:
      guard let comment = json["comment"].flatMap(CommentAddition.init(json:)), let isOwn = json["isActorsOwn"]?.bool
      else { return nil }
      self = .editComment(CommentEdit(comment: comment, isActorsOwn: isOwn))
    case .deleteComment:
      guard let comment = json["crmComment"]?.string else { return nil }
      self = .deleteComment(CommentDeletion(crmComment: CommentID(comment)))
    case .addAttachment:
      guard let attachment = AttachmentAddition(json: json) else { return nil }
      self = .addAttachment(attachment)
    case .addRemoteLink:
      guard let id = json["globalID"]?.string, let url = json["url"]?.string, let title = json["title"]?.string,
        let application = json["application"]?.string
      else { return nil }
      self = .addRemoteLink(RemoteLinkAddition(globalID: id, url: url, title: title, application: application))
    case .writeCase:
      guard let fields = FieldWrite.list(json["fields"]), let names = json["names"]?.members else { return nil }
      self = .writeCase(
        CaseEdit(
          fields: fields,
          names: Dictionary(
            names.map { (FieldKey($0.key), $0.value.string ?? "") }, uniquingKeysWith: { first, _ in first }),
          status: json["status"].flatMap(FieldWrite.init(json:))))
    case .addCaseComment:
      guard let comment = CaseCommentAddition(json: json) else { return nil }
      self = .addCaseComment(comment)
    case .editCaseComment:
      guard let comment = json["comment"].flatMap(CaseCommentAddition.init(json:)), let text = json["crmText"]?.string
      else { return nil }
      self = .editCaseComment(CaseCommentEdit(comment: comment, crmText: text))
    case .deleteCaseComment:
      guard let comment = json["jiraComment"]?.string, let marker = json["marker"]?.string else { return nil }
      self = .deleteCaseComment(CaseCommentDeletion(jiraComment: CommentID(comment), marker: marker))
    }
  }
}

extension FieldWrite {
  fileprivate var json: JSONValue {
    [
      "key": .string(key.rawValue), "payload": payload, "crm": crm.json, "jira": jira.json,
      "isTwoWay": .bool(isTwoWay), "place": .string(place),
    ]
  }

  fileprivate init?(json: JSONValue) {
    guard let key = json["key"]?.string, let payload = json["payload"],
      let crm = json["crm"].flatMap(FieldValue.init(json:)), let jira = json["jira"].flatMap(FieldValue.init(json:)),
      let isTwoWay = json["isTwoWay"]?.bool, let place = json["place"]?.string
    else { return nil }
    self.init(key: FieldKey(key), payload: payload, crm: crm, jira: jira, isTwoWay: isTwoWay, place: place)
  }

  fileprivate static func list(_ json: JSONValue?) -> [FieldWrite]? {
    guard let elements = json?.array else { return nil }
    let writes = elements.compactMap(FieldWrite.init(json:))
    return writes.count == elements.count ? writes : nil
  }
}

extension JSONValue {
  init(orNull text: String?) { self = text.map(JSONValue.string) ?? .null }
}
