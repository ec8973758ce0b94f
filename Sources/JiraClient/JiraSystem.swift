package import MappingLanguage
package import SyncCore
package import SyncModel
package import Wire

/// One Jira site: carries out operations and reads, each with the token of the person who acts.
package struct JiraSystem: Sendable {
  package let transport: any Transport
  package let reach: JiraReach

  static let pageLimit = 50
  /// An issue's comments are read up to this number: Jira's own limit for an issue.
  package static let commentLimit = 5000

  package init(transport: any Transport, reach: JiraReach) {
    self.transport = transport
    self.reach = reach
  }

  var requests: JiraRequests { JiraRequests(reach) }

  /// Carries out one write. A create needs no issue; for the others a missing one is refused, as are calls to the CRM.
  ///
  /// An attachment is not among them: ``attach(_:from:boundary:issue:token:)`` streams it.
  package func perform(
    _ call: RemoteCall, issue: IssueID?, token: Secret, knowing: Circumstances = Circumstances()
  ) async -> CallOutcome {
    switch (call, issue) {
    case (.createIssue(let creation), _):
      return await send(requests.create(creation, token: token), .write).flatMap(JiraResponses.created)
    case (.editIssue(let edit), let issue?):
      return await send(requests.edit(edit, issue: issue, token: token, receipt: knowing.receipt), .write)
        .flatMap(JiraResponses.edited)
    case (.transitionIssue(let change), let issue?):
      let moving = IssueMoving(
        jira: self, requests: requests, change: change, walk: knowing.walk ?? StatusWalk(to: change, nil),
        issue: issue, token: token, receipt: knowing.receipt)
      return await moving.move(from: knowing.standing)
    case (.addComment(let comment), let issue?):
      return await send(requests.comment(comment, issue: issue, token: token), .write)
        .flatMap(JiraResponses.commented)
    case (.editComment(let edit), let issue?):
      guard let id = knowing.comment else { return .success(.commentGone) }
      let request = requests.edit(edit.comment, as: id, issue: issue, token: token)
      return await unlessGone(await send(request, .write).flatMap(JiraResponses.commented), issue: issue, token: token)
    case (.deleteComment, let issue?):
      guard let id = knowing.comment else { return .success(.commentGone) }
      let request = requests.delete(id, issue: issue, token: token)
      return await unlessGone(await send(request, .write).flatMap(JiraResponses.deleted), issue: issue, token: token)
    case (.addRemoteLink(let link), let issue?):
      return await send(requests.remoteLink(link, issue: issue, token: token), .write).flatMap(JiraResponses.linked)
    case (.deleteIssue, let issue?):
      let outcome = await send(requests.delete(issue, token: token), .write).flatMap(JiraResponses.issueDeleted)
      // Deleted already, or hidden from who deleted the case: then it is not theirs to delete.
      if case .failure(.notFound) = outcome { return .success(.issueGone) }
      return outcome
    case (.editIssue, nil), (.transitionIssue, nil), (.addComment, nil), (.editComment, nil), (.deleteComment, nil),
      (.addRemoteLink, nil), (.deleteIssue, nil):
      return .failure(.rejected("the issue is not known yet", fields: [:]))
    case (.addAttachment, _):
      return .failure(.rejected("a file is streamed and not sent", fields: [:]))
    case (.writeCase, _), (.addCaseComment, _), (.editCaseComment, _), (.deleteCaseComment, _),
      (.addCaseAttachment, _), (.askCase, _):
      return .failure(.rejected("this call is not for Jira", fields: [:]))
    }
  }

  /// What is known beside the call itself.
  package struct Circumstances: Sendable {
    /// What the changelog entry is to carry.
    package var receipt: ChangeReceipt?
    /// What is known of the way to a status; nil: a transition must lead straight there.
    package var walk: StatusWalk?
    /// Where the issue was found a moment ago; nil: that is asked where it is needed.
    package var standing: IssueStanding?
    /// Jira's id of the comment that is changed or deleted.
    package var comment: CommentID?

    package init(
      receipt: ChangeReceipt? = nil, walk: StatusWalk? = nil, standing: IssueStanding? = nil, comment: CommentID? = nil
    ) {
      self.receipt = receipt
      self.walk = walk
      self.standing = standing
      self.comment = comment
    }
  }

  /// A comment that is not found on an issue that is, was deleted; an issue that is not found is another matter.
  private func unlessGone(_ outcome: CallOutcome, issue id: IssueID, token: Secret) async -> CallOutcome {
    guard case .failure(.notFound) = outcome else { return outcome }
    switch await issue(id, fields: ["updated"], token: token) {
    case .success: return .success(.commentGone)
    case .failure(.notFound): return outcome
    // Nobody knows yet which of the two it is.
    case .failure(let failure): return .failure(failure)
    }
  }

  package func comment(
    _ comment: CommentID, of issue: IssueID, token: Secret
  ) async -> Result<JiraComment, CallFailure> {
    await send(requests.comment(comment, of: issue, token: token), .read).flatMap(JiraResponses.comment)
  }

  package func attachments(of issue: IssueID, token: Secret) async -> Result<[JiraAttachment], CallFailure> {
    await send(requests.issue(issue, fields: ["attachment"], token: token), .read).flatMap(JiraResponses.attachments)
  }

  /// What became of a file that was to be streamed.
  package enum Streamed: Sendable {
    case outcome(CallOutcome)
    /// The content's own far side refused it, or did not answer: nothing reached Jira.
    case refused(WireResponse)
    case noContent(TransportFailure)
  }

  /// Streams a file from its source into an issue.
  package func attach(
    _ attachment: AttachmentAddition, from source: WireRequest, boundary: String, issue: IssueID, token: Secret
  ) async -> Streamed {
    let pipe = requests.attach(attachment, from: source, boundary: boundary, issue: issue, token: token)
    switch await transport.pipe(pipe) {
    case .answered(let response): return .outcome(JiraResponses.attached(response))
    case .lost(let failure): return .outcome(.failure(JiraFailures.failure(failure, .write)))
    case .refused(let response): return .refused(response)
    case .noContent(let failure): return .noContent(failure)
    case .tooLong:
      let limit = ByteCountText.words(attachment.limitBytes)
      let reason = "\(attachment.place): the file is larger than the \(limit) that the mapping takes"
      return .outcome(.failure(.rejected(reason, fields: [:])))
    }
  }

  /// Asks for a file's content, as ``WirePipe/source``.
  package func content(of attachment: AttachmentID, name: String, token: Secret) -> WireRequest {
    requests.content(of: attachment, name: name, token: token)
  }

  /// Those of up to 100 issues that can be seen, wherever they are by now.
  package func existing(_ ids: [IssueID], token: Secret) async -> Result<[JiraIssue], CallFailure> {
    guard !ids.isEmpty else { return .success([]) }
    if reach.kind == .dataCenter { return await eachExisting(ids, token: token) }
    return await send(requests.issues(ids, fields: ["updated"], token: token), .read).flatMap(JiraResponses.issues)
  }

  package func issue(_ id: IssueID, fields: [String], token: Secret) async -> Result<JiraIssue, CallFailure> {
    await send(requests.issue(id, fields: fields, token: token), .read).flatMap(JiraResponses.issue)
  }

  /// The comments of an issue, oldest first, of at most 50 pages.
  package func comments(of issue: IssueID, token: Secret) async -> Result<[JiraComment], CallFailure> {
    var all: [JiraComment] = []
    var seen: Set<CommentID> = []
    var start = 0
    for _ in 0..<Self.pageLimit {
      let answer = await send(requests.comments(of: issue, startAt: start, token: token), .read)
      switch answer.flatMap(JiraResponses.comments) {
      case .failure(let failure): return .failure(failure)
      case .success(let page):
        all += page.comments.filter { seen.insert($0.id).inserted }
        start += page.received
        if page.received == 0 || start >= page.total ?? start { return .success(all) }
      }
    }
    return .success(all)
  }

  /// The markers of those comments that carry one; asked for by 1000 at a time.
  package func commentMarkers(
    _ ids: [CommentID], of issue: IssueID, token: Secret
  ) async -> Result<[CommentID: String], CallFailure> {
    if reach.kind == .dataCenter { return await markers(of: Set(ids), on: issue, token: token) }
    var markers: [CommentID: String] = [:]
    for start in stride(from: 0, to: ids.count, by: 1000) {
      let chunk = Array(ids[start..<min(start + 1000, ids.count)])
      let answer = await send(requests.commentList(chunk, token: token), .read)
      switch answer.flatMap(JiraResponses.commentMarkers) {
      case .failure(let failure): return .failure(failure)
      case .success(let found): markers.merge(found) { first, _ in first }
      }
    }
    return .success(markers)
  }

  /// One page of a search.
  package func search(
    jql: String, fields: [String], page: String? = nil, reconcile: [IssueID] = [], token: Secret
  ) async -> Result<IssuePage, CallFailure> {
    let request = requests.search(jql: jql, fields: fields, page: page, reconcile: reconcile, token: token)
    return await send(request, .read).flatMap(JiraResponses.page)
  }

  /// The issues that carry a label, in whatever project by now: none, the one that was made, or more after a mishap.
  package func issue(
    label: String, token: Secret
  ) async -> Result<[JiraIssue], CallFailure> {
    await search(
      jql: JiraRequests.jql(label: label), fields: ["labels", "status", "updated"], token: token
    ).map(\.issues)
  }

  /// The changelogs of up to 1000 issues, for up to ten fields. A repeated page token ends the reading.
  package func changelogs(
    of issues: [IssueID], fields: [FieldKey], token: Secret
  ) async -> Result<[ChangelogEntry], CallFailure> {
    guard !issues.isEmpty else { return .success([]) }
    if reach.kind == .dataCenter { return await histories(of: issues, fields: Set(fields), token: token) }
    var all: [ChangelogEntry] = []
    var page: String?
    var seen: Set<String> = []
    for _ in 0..<Self.pageLimit {
      let answer = await send(requests.changelogs(of: issues, fields: fields, page: page, token: token), .read)
      switch answer.flatMap(JiraResponses.changelogs) {
      case .failure(let failure): return .failure(failure)
      case .success(let result):
        all += result.entries
        guard let next = result.nextPage, seen.insert(next).inserted else { return .success(all) }
        page = next
      }
    }
    return .success(all)
  }

  /// The id by which Atlassian's gateway knows a site of Jira Cloud; the site tells it to everybody.
  package static func cloudID(of site: JiraSite, transport: any Transport) async -> Result<String, CallFailure> {
    let request = WireRequest(
      .get, site.url + "/_edge/tenant_info", headers: [WireHeader("Accept", "application/json")])
    do throws(TransportFailure) {
      return JiraResponses.cloudID(try await transport.send(request))
    } catch { return .failure(JiraFailures.failure(error, .read)) }
  }

  /// Whose token this is.
  package func myself(token: Secret) async -> Result<AtlassianAccount, CallFailure> {
    await send(requests.myself(token: token), .read).flatMap(JiraResponses.account)
  }

  /// Where an issue stands, and which ways lead out of there.
  package func standing(of issue: IssueID, token: Secret) async -> Result<IssueStanding, CallFailure> {
    await send(requests.standing(of: issue, token: token), .read).flatMap(JiraResponses.standing)
  }

  func send(
    _ request: WireRequest, _ intent: JiraFailures.Intent
  ) async -> Result<WireResponse, CallFailure> {
    do throws(TransportFailure) {
      let response = try await transport.send(request)
      return .success(reach.kind == .dataCenter ? DataCenterDialect.incoming(response) : response)
    } catch {
      return .failure(JiraFailures.failure(error, intent))
    }
  }
}
