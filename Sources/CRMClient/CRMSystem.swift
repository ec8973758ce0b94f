package import MappingLanguage
package import SyncCore
package import SyncModel
package import Wire
package import XML

/// One connection's CRM, spoken to as its profile says.
package struct CRMSystem: Sendable {
  package let requests: CRMRequests
  let transport: any Transport

  package init(requests: CRMRequests, transport: any Transport) {
    self.requests = requests
    self.transport = transport
  }

  package init(
    profile: CRMProfile, base: String, secrets: @escaping @Sendable (String) -> [Secret], transport: any Transport
  ) {
    self.init(requests: CRMRequests(profile: profile, base: base, secrets: secrets), transport: transport)
  }

  /// Carries out a write to a case.
  ///
  /// An edit may take two requests; the first that fails is the outcome. Repeating the whole edit is harmless, since
  /// each request sets values. A comment is repeated only after ``findComment(marker:case:)`` did not find it.
  ///
  /// - Parameter comment: the CRM's id of the comment that is changed or deleted; nil: it is found by its marker.
  package func perform(_ call: RemoteCall, case id: CaseID, comment: CommentID? = nil) async -> CallOutcome {
    switch call {
    case .writeCase(let edit): return await write(edit, case: id)
    case .addCaseComment(let comment): return await add(comment, case: id)
    case .editCaseComment(let edit):
      return await change(comment, marker: edit.comment.marker, case: id, .caseCommentEdited) {
        (known) throws(CallFailure) in try requests.request(for: edit, comment: known, case: id)
      }
    case .deleteCaseComment(let deletion):
      return await change(comment, marker: deletion.marker, case: id, .caseCommentDeleted) {
        (known) throws(CallFailure) in try requests.deletion(of: known, case: id)
      }
    case .addCaseAttachment: return .failure(.rejected("a file is streamed and not sent", fields: [:]))
    case .askCase: return .failure(.rejected("a case is asked by getCase", fields: [:]))
    case .createIssue, .editIssue, .transitionIssue, .addComment, .editComment, .deleteComment, .addAttachment,
      .addRemoteLink, .deleteIssue:
      preconditionFailure("a CRM is asked to carry out a '\(call.kind.rawValue)', which is Jira's")
    }
  }

  /// Reads the case. Its document is made by ``document(of:)``, since documents do not cross tasks.
  package func getCase(_ id: CaseID) async -> Result<FetchedCase, CallFailure> {
    do throws(CallFailure) {
      let rule = try requests.rule(.getCase)
      let response = try await send(try requests.getCase(id), .read)
      return .success(FetchedCase(body: response.body, caseNode: rule.caseNode))
    } catch { return .failure(error) }
  }

  /// The document of a case that was read, and the node that mappings see as the case.
  package static func document(of fetched: FetchedCase) throws(CallFailure) -> (
    document: XPathDocument, node: XPathNode
  ) {
    let document = try answer(fetched.body)
    guard let expression = fetched.caseNode else { return (document, document.root) }
    let found: XPathNode?
    do throws(XPathError) { found = try document.nodes(expression, at: document.root).first } catch {
      throw .unreadable("'\(expression.source)' cannot be evaluated: \(error)")
    }
    guard let found else { throw .unreadable("no case at '\(expression.source)' in the answer") }
    return (document, found)
  }

  /// The case's comments that have text, in the order of the answer; at most 10,000.
  package func comments(of id: CaseID) async -> Result<[CaseComment], CallFailure> {
    do throws(CallFailure) {
      let rule = try requests.rule(.listComments)
      let response = try await send(try requests.listComments(of: id), .read)
      return .success(try Self.comments(in: response.body, rule: rule))
    } catch { return .failure(error) }
  }

  /// The comment that an earlier, perhaps lost, request of ours left: the one whose text holds the marker.
  package func findComment(marker: String, case id: CaseID) async -> Result<CommentID?, CallFailure> {
    let pattern = Array(marker.utf8)
    return await comments(of: id).map { comments in
      comments.first { Self.contains(Array($0.body.utf8), pattern) }?.id
    }
  }

  /// Changes or deletes one comment; one that is not there any more needs nothing.
  private func change(
    _ known: CommentID?, marker: String, case id: CaseID, _ receipt: Receipt,
    request: (CommentID) throws(CallFailure) -> WireRequest
  ) async -> CallOutcome {
    do throws(CallFailure) {
      var comment = known
      if comment == nil, !marker.isEmpty { comment = try await findComment(marker: marker, case: id).get() }
      guard let comment else { return .success(.commentGone) }
      _ = try await send(try request(comment), .write)
      return .success(receipt)
    } catch .notFound { return .success(.commentGone) } catch { return .failure(error) }
  }

  private func write(_ edit: CaseEdit, case id: CaseID) async -> CallOutcome {
    do throws(CallFailure) {
      let list = try requests.requests(for: edit, case: id)
      for request in list { _ = try await send(request, .write) }
      return .success(list.isEmpty ? .nothingToDo : .caseWritten)
    } catch { return .failure(error) }
  }

  private func add(_ comment: CaseCommentAddition, case id: CaseID) async -> CallOutcome {
    do throws(CallFailure) {
      let rule = try requests.rule(.addComment)
      let response = try await send(try requests.request(for: comment, case: id), .write)
      return .success(.caseCommented(Self.id(in: response.body, at: rule.answerID)))
    } catch { return .failure(error) }
  }

  func send(_ request: WireRequest, _ purpose: CRMResponses.Purpose) async throws(CallFailure) -> WireResponse {
    let response: WireResponse
    do throws(TransportFailure) { response = try await transport.send(request) } catch {
      throw CRMResponses.failure(of: error, purpose: purpose)
    }
    if let failure = CRMResponses.failure(of: response, purpose: purpose) { throw failure }
    return response
  }

  /// The id that an answer names; nil where it names none: the comment stands all the same.
  static func id(in body: [UInt8], at expression: XPathExpression?) -> CommentID? {
    guard let expression else { return nil }
    do {
      let document = try answer(body)
      let text = try document.trimmedText(expression, at: document.root)
      return text.isEmpty ? nil : CommentID(text)
    } catch {
      // An answer of another shape: the write succeeded, and its echo is recognised by the marker.
      return nil
    }
  }

  private static func comments(in body: [UInt8], rule: RequestRule) throws(CallFailure) -> [CaseComment] {
    guard let rules = rule.comments else {
      throw .rejected("the profile does not say where 'list-comments' answers comments", fields: [:])
    }
    let document = try answer(body)
    let nodes: [XPathNode]
    do throws(XPathError) { nodes = try document.nodes(rules.select, at: document.root) } catch {
      throw .unreadable("'\(rules.select.source)' cannot be evaluated: \(error)")
    }
    guard nodes.count <= 10_000 else { throw .unreadable("the answer holds more than 10,000 comments") }
    let reader = CommentReader(document: document, rules: rules)
    var comments: [CaseComment] = []
    for (index, node) in nodes.enumerated() {
      do throws(EventProblem) {
        if let comment = try reader.read(at: node) { comments.append(comment) }
      } catch { throw .unreadable("comment \(index + 1): \(error.text)") }
    }
    return comments
  }

  static func answer(_ body: [UInt8]) throws(CallFailure) -> XPathDocument {
    do throws(DeliveryError) { return try AnswerDocument.read(body, format: .json, root: "answer") } catch {
      throw .unreadable("\(error)")
    }
  }

  private static func contains(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
    guard let first = pattern.first, text.count >= pattern.count else { return false }
    return (0...text.count - pattern.count).contains { start in
      text[start] == first && text[start...].starts(with: pattern)
    }
  }
}

/// A case as the CRM's API answered it.
package struct FetchedCase: Hashable, Sendable {
  /// JSON.
  package var body: [UInt8]
  /// Where the case stands in the answer; nil: the answer is the case.
  package var caseNode: XPathExpression?

  package init(body: [UInt8], caseNode: XPathExpression?) {
    self.body = body
    self.caseNode = caseNode
  }
}
