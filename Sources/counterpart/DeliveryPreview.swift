import CRMClient
import JSON
import JiraClient
import MappingLanguage
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Wire

/// Plans a recorded delivery exactly as the engine would, and shows the requests instead of sending them.
struct DeliveryPreview {
  /// What one event of the delivery leads to.
  struct EventPreview {
    var title: String
    var notes: [String] = []
    var steps: [Step] = []
    var problem: String?
  }

  struct Step {
    var actor: String
    var requests: [WireRequest]
    var remark: String?
  }

  let set: MappingSet
  let mapping: Mapping
  let user: CRMUserID?

  func previews(of body: [UInt8], after earlier: [UInt8]?) throws -> [EventPreview] {
    guard let profile = set.profile(of: mapping.connection) else {
      throw CommandError("the mapping's connection '\(mapping.connection)' has no profile")
    }
    let events: [CaseEvent]
    do throws(DeliveryError) {
      events = try DeliveryReader.read(body: body, rules: profile.delivery, headers: []).events.map(\.event)
    } catch { throw CommandError("the delivery cannot be read: \(error)") }
    return try events.indices.map { try preview(events[$0], at: $0, body, earlier: earlier, profile) }
  }

  private func preview(
    _ event: CaseEvent, at position: Int, _ body: [UInt8], earlier: [UInt8]?, _ profile: CRMProfile
  ) throws -> EventPreview {
    let who = event.actor.map { ($0.name.map { "\($0), " } ?? "") + "CRM user \($0.id)" } ?? "nobody whom the CRM names"
    var preview = EventPreview(title: "event \(position + 1): case \(event.caseID) \(event.kind.rawValue) by \(who)")
    let stored = EventToPlan(
      id: 0, connection: mapping.connection, caseID: event.caseID, position: position, body: body,
      links: event.kind == .created ? [:] : [mapping.name: try link(event, body, position, earlier, profile)],
      people: People())
    var only = set
    only.mappings = [mapping]
    switch EventPlanning(installation: Installation(mappings: only, secrets: [:])).decide(stored) {
    case .ignored(let reason): preview.notes.append(reason)
    case .dead(let reason): preview.problem = reason
    case .planned(let plans):
      for plan in plans.map(\.plan) {
        preview.notes += plan.notes
        preview.steps += plan.operations.map(step)
      }
    }
    return preview
  }

  /// A link as it would stand before this delivery: its fields as the earlier one showed them, else as this one does.
  private func link(
    _ event: CaseEvent, _ body: [UInt8], _ position: Int, _ earlier: [UInt8]?, _ profile: CRMProfile
  ) throws -> LinkState {
    let source = earlier ?? body
    var fields: [FieldKey: FieldState] = [:]
    do {
      let document = try DeliveryReader.read(body: source, rules: profile.delivery, headers: [])
      let index = earlier == nil ? position : document.events.firstIndex { $0.event.caseID == event.caseID }
      guard let index else { throw CommandError("the earlier delivery is not about case \(event.caseID)") }
      let reading = try mapping.read(
        document.document, caseNode: document.events[index].caseNode, connection: mapping.connection,
        caseID: event.caseID)
      for (key, value) in reading.values { fields[key] = FieldState(seenCRM: value, base: nil) }
      fields[StatusRule.key] = FieldState(seenCRM: reading.status, base: nil)
    } catch let error as DeliveryError {
      throw CommandError("the earlier delivery cannot be read: \(error)")
    }
    return LinkState(
      id: 0, issue: IssueReference(id: "{issueId}", key: "{issueKey}"), fields: fields, seenAt: nil,
      issueUpdatedAt: nil)
  }

  private func step(_ operation: PlannedOperation) -> Step {
    let actor = user ?? operation.actor?.id
    let words = actor.map { "CRM user \($0), with their own grant" }
    let requests = JiraRequests(apiBase: "", cloudID: "{cloudId}")
    let issue: IssueID = "{issueId}"
    let none = Secret("")
    var step = Step(actor: words ?? anonymous, requests: [])
    switch operation.call {
    case .createIssue(let creation): step.requests = [requests.create(creation, token: none)]
    case .editIssue(let edit): step.requests = [requests.edit(edit, issue: issue, token: none)]
    case .addComment(let comment): step.requests = [requests.comment(comment, issue: issue, token: none)]
    case .transitionIssue(let transition):
      step.requests = [requests.transitions(of: issue, token: none)]
      step.remark =
        "then the transition that leads to '\(transition.status)'"
        + (transition.resolution.map { ", with resolution '\($0)' if its screen has one" } ?? "")
        + transition.screen.map { ", with \($0.key) '\($0.jira.display)' where a screen asks for it" }.joined()
    case .editComment(let edit):
      step.requests = [requests.edit(edit.comment, as: "{commentId}", issue: issue, token: none)]
      step.remark = "if the comment is in Jira; where both sides may change it, it is read before"
    case .deleteComment:
      step.requests = [requests.delete("{commentId}", issue: issue, token: none)]
      step.remark = "if the comment is in Jira"
    case .addRemoteLink(let link): step.requests = [requests.remoteLink(link, issue: issue, token: none)]
    case .addAttachment(let attachment):
      step.remark =
        "the file '\(attachment.name)' (\(attachment.type)) is streamed from the CRM into "
        + "POST /issue/{issueId}/attachments, if it has at most \(attachment.limitBytes) bytes"
    case .writeCase, .addCaseComment, .editCaseComment, .deleteCaseComment: step.remark = "a write to the CRM"
    }
    return step
  }

  private var anonymous: String {
    switch mapping.missingGrant.anonymous {
    case .hold: "nobody: held, since the CRM does not say who did this"
    case .service: "the service user, naming nobody, since the CRM does not say who did this"
    case .skip: "nobody: left out, since the CRM does not say who did this"
    }
  }
}

extension DeliveryPreview.EventPreview {
  var text: String {
    var lines = [title] + notes.map { "  note: " + $0 }
    if let problem { lines.append("  problem: " + problem) }
    for (index, step) in steps.enumerated() {
      lines.append("  \(index + 1). as \(step.actor)")
      for request in step.requests {
        lines.append("     \(request.method.rawValue) \(request.shownURL)")
        if let body = request.shownBody {
          lines += body.pretty.split(separator: "\n").map { "     " + $0 }
        }
      }
      if let remark = step.remark { lines.append("     " + remark) }
    }
    if steps.isEmpty && problem == nil { lines.append("  nothing is sent") }
    return lines.joined(separator: "\n")
  }

  var json: JSONValue {
    [
      "event": .string(title), "notes": .array(notes.map(JSONValue.string)), "problem": .text(problem),
      "steps": .array(
        steps.map { step in
          [
            "as": .string(step.actor), "remark": .text(step.remark),
            "requests": .array(
              step.requests.map { request in
                [
                  "method": .string(request.method.rawValue), "path": .string(request.shownURL),
                  "body": request.shownBody ?? .null,
                ]
              }),
          ]
        }),
    ]
  }
}

extension WireRequest {
  /// The address with its placeholders readable.
  fileprivate var shownURL: String { URLEncoding.decode(url) ?? url }
  fileprivate var shownBody: JSONValue? { body.isEmpty ? nil : try? JSONReader.read(body) }
}
