import JSON
import Simulation
import SyncModel

/// What really is so on both sides, built from what the far sides did and who made them do it; and what each of our
/// writes must obey, checked when it happens. It knows the promises and nothing of how they are kept.
struct Truth {
  /// The values that one field of one record had, oldest first.
  struct Course: CustomStringConvertible {
    struct Entry {
      var value: String
      var by: String
      var isOurs: Bool
      var at: Timestamp
    }

    var entries: [Entry] = []
    var current: String { entries.last?.value ?? "" }
    var byPeople: Int { entries.count { !$0.isOurs } }
    var byUs: Int { entries.count { $0.isOurs } }
    var description: String {
      entries.map { "'\($0.value)' by \($0.isOurs ? "us as " : "")\($0.by)" }.joined(separator: ", ")
    }
  }

  struct Comment {
    var token: Token
    var by: String
    var isPublic: Bool
    /// On the side where a person wrote it.
    var own: Standing
    /// On the other one, once it is there.
    var copy: Standing?
    /// The issue or the case that has the copy.
    var copiedTo: String?
  }

  struct CaseTruth {
    var id: String
    var opener: String
    /// Who deleted it.
    var deleter: String?
    var isDeleted: Bool { deleter != nil }
    var fields: [String: Course] = [:]
    var comments: [Comment] = []
    /// How often a comment of Jira's stands here.
    var copies: [Token: Int] = [:]
    /// Whoever caused an event of the case so far.
    var actors: Set<String> = []
    /// Whose events showed a value, as `field=value`.
    var showers: [String: Set<String>] = [:]
    /// Our issues, by id.
    var issues: [String] = []
    /// A webhook of it never arrives, as agreed for this history.
    var hasLoss = false
    var lostComments: Set<Token> = []
  }

  struct IssueTruth {
    var id: String
    var caseID: String
    var keys: [String]
    var isInSupport = true
    var isDeleted = false
    var hasMoved = false
    var fields: [String: Course] = [:]
    var comments: [Comment] = []
    var copies: [Token: Int] = [:]
  }

  let options: HistoryOptions
  var cases: [String: CaseTruth] = [:]
  var issues: [String: IssueTruth] = [:]
  /// In the order of their creation, for whoever needs one.
  var caseOrder: [String] = []
  var issueOrder: [String] = []
  /// Cases of which a webhook never arrives, also those whose opening is not known here yet.
  private var lost: Set<String> = []
  private var lostComments: Set<Token> = []
  /// Requests that changed something, by us.
  var writes = 0
  var deeds = 0
  /// An admin replaced the mapping at some time: fields are then written anew by whoever acts next.
  var mappingWasEdited = false
  private var carried: [String: Int] = [:]
  private(set) var violation: String?

  init(options: HistoryOptions) { self.options = options }

  mutating func fail(_ words: String) { if violation == nil { violation = words } }

  /// Takes note of what happened since the last call. What happened in the CRM counts before what happened in Jira, and
  /// what we did in the CRM is judged last, since the two sides' accounts do not say which was first.
  mutating func observe(crm: [SimulatedEffect], jira: [SimulatedEffect]) {
    for effect in crm { observe(inCRM: effect) }
    for effect in jira {
      if effect.isRequest { check(inJira: effect) }
      observe(inJira: effect)
    }
    for effect in crm where effect.isRequest { check(inCRM: effect) }
  }

  // MARK: - What is so

  private mutating func observe(inCRM effect: SimulatedEffect) {
    if effect.isRequest { writes += 1 } else { deeds += 1 }
    if case .opened = effect.change, cases[effect.record] == nil {
      cases[effect.record] = CaseTruth(
        id: effect.record, opener: effect.by, hasLoss: lost.contains(effect.record), lostComments: lostComments)
      caseOrder.append(effect.record)
    }
    guard var item = cases[effect.record] else { return fail("the CRM changed a case that nobody opened") }
    item.actors.insert(effect.by)
    switch effect.change {
    case .opened(let fields), .changed(let fields):
      for field in fields {
        item.fields[field.name, default: Course()].entries.append(
          Course.Entry(value: field.value, by: effect.by, isOurs: effect.isRequest, at: effect.at))
      }
    case .commented(let id, let text, let isPublic):
      if !effect.isRequest, let token = Token.first(.comment, in: text) {
        let own = Standing(id, text, isPublic: isPublic, by: effect.by, isOurs: false)
        item.comments.append(Comment(token: token, by: effect.by, isPublic: isPublic, own: own))
      }
    case .commentEdited(let id, let text, let isPublic):
      item.edited(id, text, isPublic: isPublic, by: effect.by, isOurs: effect.isRequest)
    case .commentDeleted(let id): item.deleted(id)
    case .deleted: item.deleter = effect.by
    case .moved: break
    }
    for (name, course) in item.fields { item.showers["\(name)=\(course.current)", default: []].insert(effect.by) }
    cases[effect.record] = item
  }

  private mutating func observe(inJira effect: SimulatedEffect) {
    if effect.isRequest { writes += 1 } else { deeds += 1 }
    if case .opened(let fields) = effect.change {
      let title = fields.first { $0.name == "summary" }?.value ?? ""
      let caseID = Token.first(.record, in: title).map { String($0.number) } ?? ""
      let key = fields.first { $0.name == "key" }?.value ?? ""
      issues[effect.record] = IssueTruth(id: effect.record, caseID: caseID, keys: [key])
      issueOrder.append(effect.record)
    }
    guard var issue = issues[effect.record] else { return fail("Jira changed an issue that was never made") }
    switch effect.change {
    case .opened(let fields), .changed(let fields):
      for field in fields {
        issue.fields[field.name, default: Course()].entries.append(
          Course.Entry(value: field.value, by: effect.by, isOurs: effect.isRequest, at: effect.at))
      }
    case .commented(let id, let text, let isPublic):
      if !effect.isRequest, let token = Token.first(.commentInJira, in: text) {
        let own = Standing(id, text, isPublic: isPublic, by: effect.by, isOurs: false)
        issue.comments.append(Comment(token: token, by: effect.by, isPublic: isPublic, own: own))
      }
    case .commentEdited(let id, let text, let isPublic):
      issue.edited(id, text, isPublic: isPublic, by: effect.by, isOurs: effect.isRequest)
      cases[issue.caseID]?.edited(id, text, isPublic: isPublic, by: effect.by, isOurs: effect.isRequest)
    case .commentDeleted(let id):
      issue.deleted(id)
      cases[issue.caseID]?.deleted(id)
    case .moved(let key):
      issue.keys.append(key)
      issue.isInSupport = key.hasPrefix("SUP-")
      issue.hasMoved = true
    case .deleted: issue.isDeleted = true
    }
    issues[effect.record] = issue
  }

  // MARK: - What our writes must obey

  /// How often this was done by us, this time included.
  mutating func count(_ what: String) -> Int {
    carried[what, default: 0] += 1
    return carried[what] ?? 0
  }
}

extension Truth {
  /// A webhook will never arrive, and nobody can know what it told.
  mutating func lose(_ delivery: SimulatedDelivery) {
    guard let event = (try? JSONReader.read(delivery.body))?["events"]?[0], let id = event["case"]?["id"]?.string
    else { return }
    lost.insert(id)
    cases[id]?.hasLoss = true
    if let text = event["comment"]?["body"]?.string, let token = Token.first(.comment, in: text) {
      lostComments.insert(token)
      cases[id]?.lostComments.insert(token)
    }
  }
}
