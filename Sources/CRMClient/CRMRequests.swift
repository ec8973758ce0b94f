import JSON
package import MappingLanguage
import RichText
package import SyncCore
package import SyncModel
package import Wire

/// Makes the requests of a CRM's API from its profile. Pure: what it makes is what `preview` prints.
package struct CRMRequests: Sendable {
  package let profile: CRMProfile
  /// `https://crm.acme.example`, without a slash at the end.
  package let base: String
  private let secrets: @Sendable (String) -> [Secret]

  package init(profile: CRMProfile, base: String, secrets: @escaping @Sendable (String) -> [Secret]) {
    self.profile = profile
    self.base = base
    self.secrets = secrets
  }

  /// The requests of one edit, to be sent in order: the fields, then the status where it has a request of its own.
  ///
  /// Empty when the edit changes nothing.
  package func requests(for edit: CaseEdit, case id: CaseID) throws(CallFailure) -> [WireRequest] {
    var fields = edit.fields.map { JSONMember(edit.names[$0.key] ?? $0.key.rawValue, $0.payload) }
    var requests: [WireRequest] = []
    let statusRule = profile.api?.requests[.setStatus]
    if let status = edit.status, statusRule == nil {
      fields.append(JSONMember(edit.names[status.key] ?? status.key.rawValue, status.payload))
    }
    if !fields.isEmpty {
      requests.append(try request(.setFields, case: id, fields: fields))
    }
    if let status = edit.status, statusRule != nil {
      guard let value = status.payload.text else {
        throw .rejected("a status is written as text or a number", fields: [:])
      }
      requests.append(try request(.setStatus, case: id, values: ["status": value]))
    }
    return requests
  }

  /// The request that adds a comment, with its marker on the last line and the profile's escapes applied.
  package func request(for comment: CaseCommentAddition, case id: CaseID) throws(CallFailure) -> WireRequest {
    let text = TextEscaping.applying(profile.text.escapes, to: marked(comment))
    return try request(.addComment, case: id, values: ["text": text, "public": comment.isPublic ? "true" : "false"])
  }

  /// The request that changes a comment.
  package func request(
    for edit: CaseCommentEdit, comment: CommentID, case id: CaseID
  ) throws(CallFailure) -> WireRequest {
    let text = TextEscaping.applying(profile.text.escapes, to: marked(edit.comment))
    return try request(
      .editComment, case: id,
      values: [
        "comment": comment.rawValue, "text": text, "public": edit.comment.isPublic ? "true" : "false",
      ])
  }

  /// The request that deletes a comment.
  package func deletion(of comment: CommentID, case id: CaseID) throws(CallFailure) -> WireRequest {
    try request(.deleteComment, case: id, values: ["comment": comment.rawValue])
  }

  /// The request that answers a file's content: by its id, or where the CRM says that it is, if that is on its own host.
  ///
  /// Credentials go to no other host, whatever an event names.
  package func content(of attachment: AttachmentAddition, case id: CaseID) throws(CallFailure) -> WireRequest {
    guard let address = attachment.address else {
      return accepting(try request(.getAttachment, case: id, values: ["attachment": attachment.crmAttachment.rawValue]))
    }
    let isPath = address.hasPrefix("/") && !address.hasPrefix("//")
    let origin = HTTPOrigin.of(base)
    guard isPath || HTTPOrigin.of(address) == origin, let origin,
      address.unicodeScalars.allSatisfy({ $0.isASCII && $0.value > 0x20 && $0 != "\\" })
    else { throw .rejected("the file's address is not on the CRM's own host", fields: [:]) }
    let filler = TemplateFiller(base: base, case: id, values: [:], secrets: secrets)
    return accepting(
      WireRequest(.get, isPath ? origin + address : address, headers: try headers([], filler)))
  }

  /// A file of an issue's on its way to a case, as the profile's form.
  ///
  /// - Parameter boundary: must not occur in the content, so nobody may be able to foresee it.
  func attach(
    _ attachment: CaseAttachmentAddition, from source: WireRequest, boundary: String, case id: CaseID
  ) throws(CallFailure) -> WirePipe {
    let rule = try rule(.addAttachment)
    guard let form = rule.form else {
      throw .rejected("the 'add-attachment' request of the profile '\(profile.name)' has no form", fields: [:])
    }
    let values = [
      "name": attachment.name, "type": attachment.type, "public": attachment.isPublic ? "true" : "false",
    ]
    let filler = TemplateFiller(base: base, case: id, values: values, secrets: secrets)
    var fields: [(name: String, value: String)] = []
    for field in form.fields { fields.append((field.name, try filler.text(field.value))) }
    let upload = MultipartUpload(
      part: form.file, fileName: attachment.name, type: attachment.type, fields: fields, boundary: boundary)
    var target = try request(.addAttachment, case: id, values: values)
    target.headers.removeAll { $0.name.lowercased() == "content-type" }
    target.headers.append(WireHeader("Content-Type", upload.contentType))
    target.body = upload.head
    return WirePipe(source: source, target: target, suffix: upload.suffix, limitBytes: attachment.limitBytes)
  }

  /// The request that reads the case's files.
  func listAttachments(of id: CaseID) throws(CallFailure) -> WireRequest { try request(.listAttachments, case: id) }

  private func accepting(_ request: WireRequest) -> WireRequest {
    var request = request
    request.headers.removeAll { $0.name.lowercased() == "accept" }
    request.headers.append(WireHeader("Accept", "*/*"))
    return request
  }

  /// The request that reads the case.
  package func getCase(_ id: CaseID) throws(CallFailure) -> WireRequest { try request(.getCase, case: id) }

  /// The request that reads the case's comments.
  package func listComments(of id: CaseID) throws(CallFailure) -> WireRequest { try request(.listComments, case: id) }

  /// The rule of a request; a profile without it cannot do what is asked.
  func rule(_ name: APIRules.RequestName) throws(CallFailure) -> RequestRule {
    guard let rule = profile.api?.requests[name] else {
      throw .rejected("the profile '\(profile.name)' has no '\(name.rawValue)' request", fields: [:])
    }
    return rule
  }

  /// The request for one user.
  package func getUser(_ id: CRMUserID) throws(CallFailure) -> WireRequest {
    try request(.getUser, case: "", values: ["user": id.rawValue])
  }

  /// The request for the users with an e-mail address.
  package func findUsers(email: String) throws(CallFailure) -> WireRequest {
    try request(.findUsers, case: "", values: ["email": email])
  }

  private func marked(_ comment: CaseCommentAddition) -> String {
    guard !comment.marker.isEmpty else { return comment.text }
    return switch profile.text.markup {
    case .plain: comment.text + "\n" + comment.marker
    case .markdown, .wiki: comment.text + "\n\n" + comment.marker
    case .html: comment.text + "\n<p>" + comment.marker + "</p>"
    }
  }

  private func request(
    _ name: APIRules.RequestName, case id: CaseID, values: [String: String] = [:], fields: [JSONMember] = []
  ) throws(CallFailure) -> WireRequest {
    let rule = try rule(name)
    let filler = TemplateFiller(base: base, case: id, values: values, secrets: secrets)
    var headers = try headers(rule.headers, filler)
    var body: [UInt8] = []
    if let rule = rule.body {
      body = try BodyBuilder(filler: filler, fields: fields).value(rule).utf8
      if headers.first(named: "Content-Type") == nil { headers.append(WireHeader("Content-Type", "application/json")) }
    } else if !fields.isEmpty {
      throw .rejected("the '\(name.rawValue)' request of the profile '\(profile.name)' has no body", fields: [:])
    }
    if headers.first(named: "Accept") == nil { headers.append(WireHeader("Accept", "application/json")) }
    return WireRequest(Self.method(rule.method), base + (try filler.path(rule.path)), headers: headers, body: body)
  }

  private func headers(_ own: [HeaderRule], _ filler: TemplateFiller) throws(CallFailure) -> [WireHeader] {
    var headers: [WireHeader] = []
    for header in (profile.api?.headers ?? []) + own {
      let value = try filler.text(header.value)
      guard value.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
        throw .rejected("the header '\(header.name)' would hold a control character", fields: [:])
      }
      headers.append(WireHeader(header.name, value))
    }
    return headers
  }

  private static func method(_ method: RequestRule.Method) -> WireRequest.Method {
    switch method {
    case .get: .get
    case .post: .post
    case .put: .put
    case .patch: .patch
    case .delete: .delete
    }
  }
}
