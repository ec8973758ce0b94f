import HTTPTypes
import Hummingbird
import SyncEngine

extension ConnectFlow.Problem {
  var status: HTTPResponse.Status {
    switch self {
    case .linkMalformed, .answerMalformed, .stateUnknown, .cookieMissing: .badRequest
    case .linkForged, .linkTaken, .otherBrowser, .denied, .scopesMissing, .siteMissing: .forbidden
    case .unknownConnection: .notFound
    case .emailDiffers, .stateUsed: .conflict
    case .linkExpired, .stateExpired: .gone
    case .codeRefused, .appRefused, .atlassianUnavailable: .badGateway
    case .noApp, .damaged, .unavailable: .serviceUnavailable
    }
  }

  /// A form that was sent twice is over too, after it has connected somebody.
  var title: String {
    switch self {
    case .stateUnknown, .stateUsed, .stateExpired: "This attempt is over"
    default: "Not connected"
    }
  }

  /// What happened.
  var sentence: String {
    switch self {
    case .unknownConnection: "The link names a CRM that Counterpart does not know."
    case .linkMalformed: "The link is not complete."
    case .linkExpired: "The link has expired."
    case .linkForged: "The link's signature does not fit: it was changed, or made with another secret."
    case .linkTaken: "The link was opened in another browser before, and works in that one only."
    case .noApp: "Connecting is not set up here: there is no OAuth app, or no Jira site for this CRM."
    case .answerMalformed: "The address with which you came back is not one that Atlassian makes."
    case .stateUnknown: "Counterpart knows nothing of this attempt to connect, or no longer."
    case .stateExpired: "This attempt to connect took longer than ten minutes."
    case .stateUsed: "This attempt to connect has been answered already, and an answer counts once."
    case .otherBrowser: "This attempt to connect began in another browser."
    case .cookieMissing: "Your browser did not send the cookie with which this attempt to connect began."
    case .denied: "You did not allow the access at Atlassian, so nothing was connected."
    case .codeRefused: "Atlassian did not accept the code that it had given you."
    case .appRefused: "Atlassian does not accept Counterpart's own app credentials."
    case .atlassianUnavailable: "Atlassian cannot be reached at the moment."
    case .siteMissing(let site): "The Atlassian account that you chose has no access to \(site), this CRM's Jira site."
    case .scopesMissing(let scopes): "Not every permission that Counterpart needs was granted. Missing: \(scopes.list)."
    case .emailDiffers: "The e-mail address of the Atlassian account is not the one that you have in the CRM."
    case .damaged: "What Counterpart had kept of this attempt cannot be read any more."
    case .unavailable: "Counterpart cannot write to its database at the moment."
    }
  }

  /// The way forward.
  var advice: String {
    switch self {
    case .unknownConnection, .linkMalformed, .linkForged, .answerMalformed:
      "Open the link from the CRM again; if that does not help, tell your administrator."
    case .stateUnknown, .stateUsed:
      "If you have just connected, all is well. Otherwise open the link from the CRM again to start afresh."
    case .linkExpired, .stateExpired, .codeRefused, .damaged: "Open the link from the CRM again to start afresh."
    case .linkTaken:
      "Open the link from your own CRM again: it makes a new one each time. If somebody sent you this one, do not "
        + "follow it."
    case .otherBrowser:
      "Open the link from your own CRM, and stay in one browser. If somebody sent you this address, do not follow it."
    case .cookieMissing:
      "Allow cookies for this address and open the link from the CRM again. If somebody sent you this address, do not "
        + "follow it."
    case .noApp, .appRefused: "Only your administrator can mend it: tell them; the server's log has a line on it."
    case .denied: "Open the link from the CRM again and allow all that is asked for."
    case .scopesMissing:
      "Open the link from the CRM again and allow all that is asked for. If the same is missing again, tell your "
        + "administrator: the app at Atlassian must have these permissions."
    case .siteMissing:
      "Ask a Jira administrator for access to the site, or open the link again and choose another account or site."
    case .emailDiffers: "Sign out at Atlassian, open the link from the CRM again and sign in with your own account."
    case .atlassianUnavailable, .unavailable: "Nothing is lost. Open the link from the CRM again in a few minutes."
    }
  }
}

extension [String] {
  fileprivate var list: String { joined(separator: ", ") }
}

extension PageMaker {
  /// The page of a problem: what happened, and what to do.
  func page(for problem: ConnectFlow.Problem) -> Response {
    message(problem.title, [problem.sentence, problem.advice], status: problem.status)
  }
}
