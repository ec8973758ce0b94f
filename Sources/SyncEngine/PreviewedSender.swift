import MappingLanguage
import SyncCore
import SyncModel
import SyncStore

/// As whom an operation would be sent to Jira, as far as it can be told without asking anybody (promise 3).
struct PreviewedSender {
  var words: String
  /// The grant that would be used.
  var grant: StoredGrant?
  /// The service user would act for somebody of this name.
  var standsInFor: String?

  init(words: String) { self.words = words }

  /// - Parameter grants: of the connection; nil: nobody knows who has connected.
  init(of actor: CRMUser?, rule: MissingGrantRule, site: JiraSite?, grants: [StoredGrant]?) {
    let service = site?.serviceUser
    let serviceGrant = grants?.first { $0.user.id == service && $0.state == .active }
    guard let actor else {
      self.init(
        rule.anonymous, reason: "since the CRM does not say who did this", name: "somebody whom the CRM does not name",
        serviceGrant)
      return
    }
    let person = (actor.name.map { "\($0), " } ?? "") + "CRM user \(actor.id)"
    guard let grants else {
      self.init(words: "\(person), with their own grant")
      return
    }
    if let grant = grants.first(where: { $0.user.id == actor.id }) {
      if grant.state == .active {
        self.init(words: "\(person), who is \(grant.accountName) in Jira")
        self.grant = grant
        return
      }
      self.init(
        rule.action, reason: "since \(person) must reconnect", name: actor.name ?? actor.id.rawValue, serviceGrant)
    } else {
      self.init(
        rule.action, reason: "since \(person) has not connected", name: actor.name ?? actor.id.rawValue, serviceGrant)
    }
  }

  private init(_ action: MissingGrantRule.Action, reason: String, name: String, _ service: StoredGrant?) {
    switch action {
    case .hold: words = "nobody: held, \(reason)"
    case .skip: words = "nobody: left out, \(reason)"
    case .service:
      words = "the service user, \(reason)"
      standsInFor = name
    }
    grant = service
  }
}
