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
    case .deleteIssue(let deletion): ["place": .string(deletion.place)]
    case .addCaseAttachment(let attachment): attachment.json
    case .writeCase(let edit): edit.json
    case .addCaseComment(let comment): comment.json
    case .editCaseComment(let edit):
      edit.replaces.map {
        ["comment": edit.comment.json, "crmText": .string(edit.crmText), "replaces": .string($0)]
      } ?? ["comment": edit.comment.json, "crmText": .string(edit.crmText)]
    case .askCase(let question): ["status": question.status.json]
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
    case .deleteIssue:
      guard let place = json["place"]?.string else { return nil }
      self = .deleteIssue(IssueDeletion(place: place))
    case .addCaseAttachment:
      guard let attachment = CaseAttachmentAddition(json: json) else { return nil }
      self = .addCaseAttachment(attachment)
    case .writeCase:
      guard let fields = FieldWrite.list(json["fields"]), let names = json["names"]?.members else { return nil }
      self = .writeCase(
        CaseEdit(
          fields: fields,
          names: Dictionary(
            names.map { (FieldKey($0.key), $0.value.string ?? "") }, uniquingKeysWith: { first, _ in first }),
          status: json["status"].flatMap(FieldWrite.init(json:)),
          assumed: Dictionary(
            (json["assumed"]?.members ?? []).map { member in
              (FieldKey(member.key), CaseEdit.Assumption(json: member.value))
            }, uniquingKeysWith: { first, _ in first })))
    case .addCaseComment:
      guard let comment = CaseCommentAddition(json: json) else { return nil }
      self = .addCaseComment(comment)
    case .editCaseComment:
      guard let comment = json["comment"].flatMap(CaseCommentAddition.init(json:)), let text = json["crmText"]?.string
      else { return nil }
      self = .editCaseComment(
        CaseCommentEdit(comment: comment, crmText: text, replaces: json["replaces"]?.string))
    case .askCase:
      guard let status = json["status"].flatMap(FieldValue.init(json:)) else { return nil }
      self = .askCase(CaseQuestion(status: status))
    case .deleteCaseComment:
      guard let comment = json["jiraComment"]?.string, let marker = json["marker"]?.string else { return nil }
      self = .deleteCaseComment(CaseCommentDeletion(jiraComment: CommentID(comment), marker: marker))
    }
  }
}

extension CaseEdit {
  fileprivate var json: JSONValue {
    var members = [
      JSONMember("fields", .array(fields.map(\.json))),
      JSONMember(
        "names", .object(names.sorted { $0.key < $1.key }.map { JSONMember($0.key.rawValue, .string($0.value)) })),
      JSONMember("status", status?.json ?? .null),
    ]
    if !assumed.isEmpty {
      let assumptions = assumed.sorted { $0.key < $1.key }.map { JSONMember($0.key.rawValue, $0.value.json) }
      members.append(JSONMember("assumed", .object(assumptions)))
    }
    return .object(members)
  }
}

extension CaseEdit.Assumption {
  fileprivate var json: JSONValue {
    ["crm": crm?.json ?? .null, "base": base.map { ["crm": $0.crm.json, "jira": $0.jira.json] } ?? .null]
  }

  fileprivate init(json: JSONValue) {
    let base = json["base"]?["crm"].flatMap(FieldValue.init(json:)).flatMap { crm in
      json["base"]?["jira"].flatMap(FieldValue.init(json:)).map { FieldState.Base(crm: crm, jira: $0) }
    }
    self.init(crm: json["crm"].flatMap(FieldValue.init(json:)), base: base)
  }
}

extension FieldWrite {
  fileprivate var json: JSONValue {
    var members: [JSONMember] = [
      JSONMember("key", .string(key.rawValue)), JSONMember("payload", payload), JSONMember("crm", crm.json),
      JSONMember("jira", jira.json), JSONMember("isTwoWay", .bool(isTwoWay)), JSONMember("place", .string(place)),
    ]
    if let changedAt { members.append(JSONMember("changedAt", .string(changedAt.description))) }
    return .object(members)
  }

  fileprivate init?(json: JSONValue) {
    guard let key = json["key"]?.string, let payload = json["payload"],
      let crm = json["crm"].flatMap(FieldValue.init(json:)), let jira = json["jira"].flatMap(FieldValue.init(json:)),
      let isTwoWay = json["isTwoWay"]?.bool, let place = json["place"]?.string
    else { return nil }
    self.init(
      key: FieldKey(key), payload: payload, crm: crm, jira: jira, isTwoWay: isTwoWay, place: place,
      changedAt: json["changedAt"]?.string.flatMap({ Timestamp($0) }))
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
