import JSON
import MappingLanguage
import RichText
import SyncModel

/// What a CRM's API can do with comments that it has, as its profile says.
package struct CaseAbilities: Hashable, Sendable {
  package var canEditComments: Bool
  /// An edit says who may read the comment.
  package var canHideComments: Bool

  package init(canEditComments: Bool = false, canHideComments: Bool = false) {
    self.canEditComments = canEditComments
    self.canHideComments = canHideComments
  }
}

/// Comments that are new, changed or deleted in Jira. The changelog tells nothing of them: they are found by their ids
/// and by digests of their texts.
extension Reconciliation {
  func comments(_ input: Input, _ decision: inout Decision) {
    guard let rule = mapping.comments else { return }
    for comment in input.comments {
      if let pair = input.pairs[comment.id] {
        changed(comment, pair, rule, input, &decision)
      } else if !input.knownComments.contains(comment.id), let operation = added(comment, rule, input) {
        decision.operations.append(operation)
      }
    }
    guard input.hasAllComments else { return }
    let present = Set(input.comments.map(\.id))
    for (id, pair) in input.pairs.sorted(by: { $0.key < $1.key }) where !pair.isGone && !present.contains(id) {
      deleted(id, rule, input, &decision)
    }
  }

  private func added(_ comment: JiraComment, _ rule: CommentRule, _ input: Input) -> PlannedOperation? {
    guard rule.direction.writesCRM, let isPublic = isPublic(comment, rule) else { return nil }
    let author = author(of: comment, input)
    let addition = CaseCommentAddition(
      jiraComment: comment.id, text: prefix(author, rule, input) + text(RichTextDocument(adf: comment.body), input),
      isPublic: isPublic,
      marker: EchoGuard.marker(issue: input.issue.key, comment: comment.id),
      jiraText: CommentText.digest(ofJira: comment.body, isPublic: comment.isPublic))
    return PlannedOperation(call: .addCaseComment(addition), actor: nil, authorName: author)
  }

  private func changed(
    _ comment: JiraComment, _ pair: CommentPair, _ rule: CommentRule, _ input: Input, _ decision: inout Decision
  ) {
    guard !pair.isGone else { return }
    let now = CommentText.digest(ofJira: comment.body, isPublic: comment.isPublic)
    guard pair.jiraText != now else { return }
    // Never changed by anybody: Jira wrote the document that we sent in its own way.
    let isUntouched = pair.origin == .crm && comment.updated != nil && comment.updated == comment.created
    guard pair.jiraText != nil, !isUntouched, rule.edits?.writesCRM == true else {
      decision.texts[comment.id] = now
      return
    }
    // The CRM's own change is on its way to Jira, and meets Jira's there.
    guard !pair.isEditPending else { return }
    switch visibility(comment, pair, rule, input.abilities) {
    case .failure(let problem):
      decision.texts[comment.id] = now
      decision.notes.append("comment \(comment.id) was changed in Jira; \(problem.reason)")
    case .success(let isPublic):
      let isJiras = pair.origin == .jira
      let author = author(of: comment, input)
      let said = text(pair.lead.takenOff(comment.body), input)
      guard !said.isEmpty || pair.lead.parts.isEmpty else {
        decision.texts[comment.id] = now
        decision.notes.append(
          "comment \(comment.id) was changed in Jira; only what stands before its text is left, so the case keeps it"
        )
        return
      }
      let text = (isJiras ? prefix(author, rule, input) : "") + said
      let addition = CaseCommentAddition(
        jiraComment: comment.id, text: text, isPublic: isPublic,
        marker: isJiras ? EchoGuard.marker(issue: input.issue.key, comment: comment.id) : "", jiraText: now)
      let edit = CaseCommentEdit(comment: addition, crmText: CommentText.digest(ofCRM: text, isPublic: isPublic))
      decision.operations.append(PlannedOperation(call: .editCaseComment(edit), actor: nil, authorName: author))
    }
  }

  private struct Obstacle: Error {
    var reason: String
  }

  /// Who may read the CRM's copy once it has the new text. What is internal in Jira reaches no copy that is public.
  private func visibility(
    _ comment: JiraComment, _ pair: CommentPair, _ rule: CommentRule, _ abilities: CaseAbilities
  ) -> Result<Bool, Obstacle> {
    guard abilities.canEditComments else {
      return .failure(Obstacle(reason: "the profile has no edit-comment, so the case keeps its text"))
    }
    if pair.origin == .crm {
      guard comment.isPublic || pair.crmIsPublic == false else {
        return .failure(
          Obstacle(reason: "it is internal there and public in the CRM, so its new text stays in Jira"))
      }
      return .success(pair.crmIsPublic ?? false)
    }
    guard let isPublic = isPublic(comment, rule) else {
      return .failure(Obstacle(reason: "the mapping does not take it as it is now, so the case keeps its text"))
    }
    guard isPublic || pair.crmIsPublic == false || abilities.canHideComments else {
      return .failure(
        Obstacle(
          reason: "it is internal now, and the profile's edit-comment cannot say so, so the case keeps its text"))
    }
    return .success(isPublic)
  }

  private func deleted(_ id: CommentID, _ rule: CommentRule, _ input: Input, _ decision: inout Decision) {
    guard rule.deletions?.writesCRM == true else {
      decision.gone.insert(id)
      decision.notes.append("comment \(id) was deleted in Jira; the case keeps it, as the mapping says")
      return
    }
    let deletion = CaseCommentDeletion(
      jiraComment: id, marker: EchoGuard.marker(issue: input.issue.key, comment: id))
    decision.operations.append(PlannedOperation(call: .deleteCaseComment(deletion), actor: nil))
  }

  /// Nil: the mapping does not take it.
  private func isPublic(_ comment: JiraComment, _ rule: CommentRule) -> Bool? {
    switch comment.isPublic ? rule.whenPublic : rule.whenInternal {
    case .skip: nil
    case .internal: false
    // The compiler refuses a mapping that makes internal comments public; this holds without it.
    case .public: comment.isPublic
    }
  }

  private func text(_ document: RichTextDocument, _ input: Input) -> String {
    input.markup.text(input.mentions?(document) ?? document)
  }

  private func author(of comment: JiraComment, _ input: Input) -> String {
    comment.author.flatMap(input.authorName) ?? comment.authorName
  }

  private func prefix(_ author: String, _ rule: CommentRule, _ input: Input) -> String {
    let variables = ["author": input.markup.quoting(author), "issue": input.issue.key.rawValue]
    // A template that asks for more than the compiler lets it ask has no prefix to give.
    return (try? rule.crmPrefix.text(variables: variables)) ?? ""
  }
}
