import SyncModel
import XML

extension MappingCompilation {
  /// Holds the documents against each other: names that must exist, secrets and requests that must be there.
  mutating func checkReferences() {
    for reference in references { check(reference) }
    for connection in connections.values {
      if let profile = profiles[connection.document.profile]?.document { check(connection, against: profile) }
      checkLookUps(connection)
    }
    for (own, mapping) in mappings {
      let name = mapping.document.connection.rawValue
      guard let outline = outlines[own], let connection = connections[name]?.document,
        let profile = profiles[connection.profile]?.document.profile
      else { continue }
      check(mapping.document, outline, profile, connection, at: mapping.position)
    }
  }

  private mutating func check(_ reference: CompiledFile.Reference) {
    guard known[reference.kind]?[reference.name] == nil else { return }
    let names = known[reference.kind, default: [:]].keys.sorted()
    var hint = NearestName.hint(reference.name, in: names)
    if hint.isEmpty { hint = names.isEmpty ? "; there is none" : "; there is \(names.joined(separator: ", "))" }
    error("there is no \(reference.kind.word) '\(reference.name)'\(hint)", at: reference.position)
  }

  private mutating func check(_ connection: Named<Connection>, against draft: ProfileDraft) {
    let secrets = connection.document.secrets
    for (name, use) in draft.secrets.sorted(by: { $0.key < $1.key }) where secrets[name] == nil {
      let known = Set(secrets.keys).union([
        "base", "case", "text", "public", "status", "comment", "attachment", "name", "type", "user", "email",
      ])
      error(
        "the profile '\(draft.profile.name)' (\(use)) uses the secret '\(name)', which is not here; add "
          + "<secret name=\"\(name)\" from=\"env:…\"/>\(NearestName.hint(name, in: known))", at: connection.position)
    }
    if draft.profile.api != nil, connection.document.base.isEmpty {
      error(
        "the profile '\(draft.profile.name)' calls the CRM's API, so base=\"https://…\" is needed",
        at: connection.position)
    }
  }

  /// People are looked up in the CRM by the profile's requests, and in Jira by somebody who may always ask.
  private mutating func checkLookUps(_ connection: Named<Connection>) {
    guard connection.document.looksUpPeople else { return }
    if let profile = profiles[connection.document.profile]?.document.profile,
      profile.api?.requests[.getUser] == nil
    {
      error(
        "look-up-people=\"yes\" needs the request get-user, which the profile '\(profile.name)' does not describe; "
          + "add <request name=\"get-user\" method=\"GET\" path=\"…{$user}\"><users select=\"…\" …/></request> to its "
          + "<api>",
        at: connection.position)
    }
    if let site = sites[connection.document.site]?.document, site.serviceUser == nil {
      error(
        "look-up-people=\"yes\" asks Jira as the service user, and the site '\(site.name)' names none; add "
          + "<service-user ref=\"…\"/> there", at: connection.position)
    }
  }

  /// A mapping that writes the CRM needs the requests to do it with.
  private mutating func check(
    _ mapping: Mapping, _ outline: MappingOutline, _ profile: CRMProfile, _ connection: Connection,
    at position: SourcePosition
  ) {
    let requests = profile.api?.requests ?? [:]
    var diagnostics: [Diagnostic] = []
    func need(_ name: APIRules.RequestName, _ purpose: String, at position: SourcePosition) {
      guard requests[name] == nil else { return }
      diagnostics.append(
        Diagnostic(
          .error, at: position,
          "\(purpose) needs the request \(name.rawValue), which the profile '\(profile.name)' does not describe"))
    }
    if requests[.setFields] == nil || requests[.getCase] == nil {
      for field in mapping.fields where field.direction.writesCRM {
        need(.setFields, "writing '\(field.crmName)' to the CRM", at: field.position)
        need(.getCase, "writing '\(field.crmName)' to the CRM", at: field.position)
      }
    }
    if let status = mapping.status, status.direction.writesCRM {
      if requests[.setFields] == nil { need(.setStatus, "writing the status to the CRM", at: status.position) }
      need(.getCase, "writing the status to the CRM", at: status.position)
    }
    if let comments = mapping.comments, comments.direction.writesCRM {
      need(.addComment, "taking comments to the CRM", at: comments.position)
      need(.listComments, "taking comments to the CRM", at: comments.position)
    }
    if let tell = mapping.missingGrant.tellPosition {
      need(.addComment, "telling people on the case", at: tell)
      need(.listComments, "telling people on the case", at: tell)
    }
    if let tell = mapping.missingGrant.tellField {
      need(.setFields, "telling people in a field of the case", at: tell.position)
    }
    if let comments = mapping.comments {
      // By default edits go as far as the profile can; an admin who asks for them is told when it cannot.
      if comments.edits?.writesCRM == true, comments.asksForEdits {
        need(.editComment, "changing comments in the CRM", at: comments.position)
      }
      if comments.deletions?.writesCRM == true {
        need(.deleteComment, "deleting comments in the CRM", at: comments.position)
      }
    }
    if let attachments = mapping.attachments, attachments.direction.writesCRM {
      need(.addAttachment, "taking attachments to the CRM", at: attachments.position)
      need(.listAttachments, "taking attachments to the CRM", at: attachments.position)
      if requests[.addAttachment]?.form?.uses("public") == false, !attachments.isPublicInCRM {
        diagnostics.append(
          Diagnostic(
            .error, at: attachments.position,
            "the profile '\(profile.name)' cannot say that a file is internal (add-attachment has no {$public}), so "
              + "customers may see what comes from Jira; write in-crm=\"public\" if they may"))
      }
    }
    if let attachments = mapping.attachments, attachments.direction.writesJira {
      let rules = profile.delivery.event.attachments
      if rules == nil {
        diagnostics.append(
          Diagnostic(
            .error, at: attachments.position,
            "the profile '\(profile.name)' does not say where a delivery's attachments are, so none can go to Jira"))
      } else if rules?.address == nil {
        need(.getAttachment, "taking attachments to Jira", at: attachments.position)
      }
    }
    if let comments = mapping.comments, comments.direction.writesJira, profile.delivery.event.comment == nil {
      diagnostics.append(
        Diagnostic(
          .error, at: comments.position,
          "the profile '\(profile.name)' does not say where a delivery's comment is, so none can go to Jira"))
    }
    if mapping.link.crmKeyName != nil { need(.setFields, "writing the issue key to the CRM", at: position) }
    self.diagnostics +=
      diagnostics + Self.lifecycleNeeds(mapping, profile) + internalText(in: mapping, outline, profile)
  }

  private mutating func error(_ message: String, at position: SourcePosition) {
    diagnostics.append(Diagnostic(.error, at: position, message))
  }
}
