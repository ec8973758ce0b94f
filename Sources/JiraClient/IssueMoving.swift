import SyncCore
import SyncModel
import Wire

/// Takes one issue to a status, by as many transitions as it needs.
///
/// Every step looks where the issue stands, so that an attempt that ended half-way goes on from there. A straight way
/// costs two requests, each further step two more.
struct IssueMoving: Sendable {
  let jira: JiraSystem
  let requests: JiraRequests
  let change: IssueTransition
  let walk: StatusWalk
  let issue: IssueID
  let token: Secret
  let receipt: ChangeReceipt?

  /// - Parameter found: where the issue was found a moment ago.
  func move(from found: IssueStanding?) async -> CallOutcome {
    var passed: [String] = []
    for step in 0..<StatusWalk.stepLimit {
      let place: Place
      switch await self.place(step == 0 ? found : nil, isFirst: step == 0) {
      case .failure(let failure): return .failure(failure)
      case .success(let here): place = here
      }
      if walk.isTarget(place.status) { return .success(step == 0 ? .nothingToDo : .transitioned) }
      switch walk.step(from: place.status, among: place.ways, passed: passed) {
      case .stuck(let reason):
        let standing = step == 0 ? "" : "; the issue stands in \(place.status) now"
        return .failure(.rejected(JiraErrorBody.bounded(reason + standing), fields: [:]))
      case .take(let way):
        let request = requests.transition(way, for: change, issue: issue, token: token, receipt: receipt)
        let outcome = await jira.send(request, .write).flatMap(JiraResponses.transitioned)
        guard case .success = outcome else { return await unlessMoved(outcome, way) }
        if walk.isTarget(way.toStatus) { return .success(.transitioned) }
        passed.append(place.status)
      }
    }
    let limit = "\(change.status) was not reached in \(StatusWalk.stepLimit) transitions"
    return .failure(.rejected(JiraErrorBody.bounded(limit), fields: [:]))
  }

  /// A way that is refused, and that no longer leads out of where the issue stands: somebody moved it since we looked.
  private func unlessMoved(_ outcome: CallOutcome, _ way: JiraTransition) async -> CallOutcome {
    guard case .failure(.rejected) = outcome else { return outcome }
    switch await transitions() {
    case .success(let ways) where ways.contains(where: { $0.id == way.id }): return outcome
    case .success: return .failure(.conflict("the issue was moved by somebody else at the same time"))
    // Whether it is the way that was wrong, the next attempt finds out.
    case .failure(let failure): return .failure(failure)
    }
  }

  private struct Place {
    /// Empty where it need not be known: a straight way is among ``ways``.
    var status: String
    var ways: [JiraTransition]
  }

  private func place(_ found: IssueStanding?, isFirst: Bool) async -> Result<Place, CallFailure> {
    if isFirst, found == nil {
      switch await transitions() {
      case .failure(let failure): return .failure(failure)
      case .success(let ways):
        if ways.contains(where: { walk.isTarget($0.toStatus) }) { return .success(Place(status: "", ways: ways)) }
        return await jira.issue(issue, fields: ["status"], token: token).map { Place(status: $0.status, ways: ways) }
      }
    }
    let standing: IssueStanding
    if let found {
      standing = found
    } else {
      switch await jira.standing(of: issue, token: token) {
      case .failure(let failure): return .failure(failure)
      case .success(let read): standing = read
      }
    }
    let status = standing.issue.status
    if walk.isTarget(status) || standing.hasScreens {
      return .success(Place(status: status, ways: standing.transitions))
    }
    return await transitions().map { Place(status: status, ways: $0) }
  }

  private func transitions() async -> Result<[JiraTransition], CallFailure> {
    await jira.send(requests.transitions(of: issue, token: token), .read).flatMap(JiraResponses.transitions)
  }
}
