import JSON
import Simulation
import SyncModel
import Synchronization

/// Everybody who works in the CRM or in Jira: what they do, and when, is diced; every text says who is to be found
/// again where.
final class People: Sendable {
  /// One thing that somebody does.
  enum Deed: CaseIterable {
    case openCase, retitle, describe, prioritise, move, comment, commentInternally, deleteCase
    case retitleInJira, prioritiseInJira, moveInJira, commentInJira, commentInternallyInJira, moveIssue, deleteIssue
    /// Both sides change one field at the same time.
    case clash
  }

  struct IssueInView: Sendable {
    var id: String
    var caseNumber: Int
    var isInSupport: Bool
  }

  struct State {
    var dice: SeededRandom
    /// For what not every history has, so that it leaves the rest as it was.
    var more: SeededRandom
    var lastToken = 0
    /// Of the CRM; deleted ones excepted.
    var cases: [Int] = []
    var casesEver = 0
    var issues: [IssueInView] = []
    var comments: [CommentInView] = []
  }

  private let state: Mutex<State>
  let jira: SimulatedJira
  let crm: SimulatedCRM
  let users: [CRMUserID]
  private let isTitleTwoWay: Bool
  /// How often somebody deletes something, beside the usual.
  private let deletes: Double
  private static let mostCases = 4

  init(jira: SimulatedJira, crm: SimulatedCRM, options: HistoryOptions) {
    self.jira = jira
    self.crm = crm
    users = Stage.users.prefix(options.people).map(\.id)
    isTitleTwoWay = options.mapping.isTitleTwoWay
    deletes = options.lifecycle == .usual ? 0 : 0.04
    state = Mutex(
      State(
        dice: SeededRandom(seed: options.seed &* 31 &+ 5), more: SeededRandom(seed: options.seed &* 131 &+ 7)))
  }

  /// What people see before them.
  func see(cases: [Int], issues: [IssueInView], comments: [CommentInView]) {
    state.withLock { state in
      state.cases = cases
      state.issues = issues
      state.comments = comments
    }
  }

  /// Somebody does something.
  ///
  /// - Returns: what it was, in a few words; nil where there was nothing to do it to.
  func act(now: Timestamp) -> String? {
    state.withLock { state in
      guard !state.cases.isEmpty else { return perform(.openCase, &state, now) }
      if state.more.happens(deletes) {
        return perform(state.more.happens(0.3) ? .deleteCase : .deleteIssue, &state, now)
      }
      if !state.comments.isEmpty, state.more.happens(0.3) { return changeComment(&state, now) }
      let roll = state.dice.number(below: 100)
      let deed: Deed =
        switch roll {
        case 0..<8: .openCase
        case 8..<16: .retitle
        case 16..<21: .describe
        case 21..<31: .prioritise
        case 31..<40: .move
        case 40..<54: .comment
        case 54..<59: .commentInternally
        case 59: .deleteCase
        case 60..<65: .retitleInJira
        case 65..<72: .prioritiseInJira
        case 72..<79: .moveInJira
        case 79..<88: .commentInJira
        case 88..<91: .commentInternallyInJira
        case 91: .moveIssue
        case 92: .deleteIssue
        default: .clash
        }
      return perform(deed, &state, now)
    }
  }

  private func perform(_ deed: Deed, _ state: inout State, _ now: Timestamp) -> String? {
    do {
      switch deed {
      case .openCase, .retitle, .describe, .prioritise, .move, .comment, .commentInternally, .deleteCase:
        return try performInCRM(deed, &state, now)
      case .clash: return try clash(&state, now)
      case .retitleInJira, .prioritiseInJira, .moveInJira, .commentInJira, .commentInternallyInJira, .moveIssue,
        .deleteIssue:
        guard !state.issues.isEmpty else { return nil }
        return try performInJira(deed, on: state.dice.pick(state.issues), &state, now)
      }
    } catch {
      // What a system refuses (a move to where the issue is, a record that is gone), a person leaves be.
      return nil
    }
  }

  private func performInCRM(_ deed: Deed, _ state: inout State, _ now: Timestamp) throws -> String? {
    let user = state.dice.pick(users)
    state.lastToken += 1
    let token = state.lastToken
    if deed == .openCase {
      guard state.casesEver < Self.mostCases else { return nil }
      state.casesEver += 1
      try crm.openCase(
        as: user, subject: "k\(state.casesEver) s\(token)", description: "d\(token)",
        priority: state.dice.pick(["P1", "P2", "P3"]), now: now)
      state.cases.append(state.casesEver)
      return "\(user) opens case \(state.casesEver)"
    }
    let number = state.dice.pick(state.cases)
    let id = CaseID(String(number))
    let words = "\(user) \(deed) case \(number) #\(token)"
    switch deed {
    case .retitle: try crm.edit(id, as: user, fields: [("subject", "k\(number) s\(token)")], now: now)
    case .describe: try crm.edit(id, as: user, fields: [("description", "d\(token)")], now: now)
    case .prioritise:
      try crm.edit(id, as: user, fields: [("priority", state.dice.pick(["P1", "P2", "P3"]))], now: now)
    case .move:
      try crm.edit(id, as: user, fields: [("status", state.dice.pick(["New", "Working", "Closed"]))], now: now)
    case .comment: try crm.comment(on: id, as: user, text: "c\(token)", now: now)
    case .commentInternally: try crm.comment(on: id, as: user, text: "c\(token)", isPublic: false, now: now)
    case .deleteCase:
      try crm.delete(id, as: user, now: now)
      state.cases.removeAll { $0 == number }
    case .openCase, .retitleInJira, .prioritiseInJira, .moveInJira, .commentInJira, .commentInternallyInJira,
      .moveIssue, .deleteIssue, .clash:
      return nil
    }
    return words
  }

  private func performInJira(
    _ deed: Deed, on issue: IssueInView, _ state: inout State, _ now: Timestamp
  ) throws -> String? {
    let accounts = Stage.developers + users.map { Stage.account(of: $0) }
    let account = state.dice.pick(accounts)
    state.lastToken += 1
    let token = state.lastToken
    switch deed {
    case .retitleInJira:
      guard isTitleTwoWay else { return nil }
      try jira.edit(
        issue: issue.id, as: account, fields: ["summary": .string("k\(issue.caseNumber) t\(token)")], now: now)
    case .prioritiseInJira:
      let name = state.dice.pick(["Highest", "High", "Medium"])
      try jira.edit(issue: issue.id, as: account, fields: ["priority": ["name": .string(name)]], now: now)
    case .moveInJira:
      let name = state.dice.pick(["To Do", "In Progress", "Done"])
      try jira.transition(issue: issue.id, as: account, to: name, now: now)
    case .commentInJira: try jira.comment(issue: issue.id, as: account, text: "j\(token)", now: now)
    case .commentInternallyInJira:
      try jira.comment(issue: issue.id, as: account, text: "j\(token)", isInternal: true, now: now)
    case .moveIssue: try jira.move(issue: issue.id, to: issue.isInSupport ? "OPS" : "SUP", as: account, now: now)
    case .deleteIssue:
      guard state.dice.happens(0.4) else { return nil }
      try jira.delete(issue: issue.id, as: account, now: now)
      state.issues.removeAll { $0.id == issue.id }
    case .openCase, .retitle, .describe, .prioritise, .move, .comment, .commentInternally, .deleteCase, .clash:
      return nil
    }
    return "\(account) \(deed) issue \(issue.id) #\(token)"
  }

  private func clash(_ state: inout State, _ now: Timestamp) throws -> String? {
    guard !state.issues.isEmpty else { return nil }
    let issue = state.dice.pick(state.issues)
    guard state.cases.contains(issue.caseNumber) else { return nil }
    let user = state.dice.pick(users)
    let id = CaseID(String(issue.caseNumber))
    let isInJiraFirst = state.dice.happens(0.5)
    let isStatus = state.dice.happens(0.5)
    let account = state.dice.pick(Stage.developers)
    func inCRM(_ state: inout State) throws {
      let field = isStatus ? ("status", ["New", "Working", "Closed"]) : ("priority", ["P1", "P2", "P3"])
      try crm.edit(id, as: user, fields: [(field.0, state.dice.pick(field.1))], now: now)
    }
    if !isInJiraFirst { try inCRM(&state) }
    if isStatus {
      // A refused move leaves the other side's change alone.
      try? jira.transition(
        issue: issue.id, as: account, to: state.dice.pick(["To Do", "In Progress", "Done"]), now: now)
    } else {
      let name = state.dice.pick(["Highest", "High", "Medium"])
      try jira.edit(issue: issue.id, as: account, fields: ["priority": ["name": .string(name)]], now: now)
    }
    if isInJiraFirst { try inCRM(&state) }
    return "\(user) and \(account) change \(isStatus ? "status" : "priority") of case \(id)"
  }
}
