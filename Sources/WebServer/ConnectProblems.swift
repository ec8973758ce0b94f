import HTTPTypes
import Hummingbird
import SyncEngine

extension ConnectFlow.Problem {
  var status: HTTPResponse.Status {
    switch self {
    case .linkMalformed, .stateUnknown: .badRequest
    case .linkForged, .denied, .scopesMissing, .siteMissing: .forbidden
    case .unknownConnection: .notFound
    case .emailDiffers: .conflict
    case .linkExpired: .gone
    case .codeRefused, .appRefused, .atlassianUnavailable: .badGateway
    case .noApp, .damaged, .unavailable: .serviceUnavailable
    }
  }

  /// A form that was sent twice is over too, after it has connected somebody.
  var title: String { self == .stateUnknown ? "This attempt is over" : "Not connected" }

  /// What happened.
  var sentence: String {
    switch self {
    case .unknownConnection: "The link names a CRM that Counterpart does not know."
    case .linkMalformed: "The link is not complete."
    case .linkExpired: "The link has expired."
    case .linkForged: "The link's signature does not fit: it was changed, or made with another secret."
    case .noApp: "Connecting is not set up here: there is no OAuth app, or no Jira site for this CRM."
    case .stateUnknown: "This attempt to connect has expired, was used already, or began in another browser."
    case .denied: "You did not allow the access at Atlassian, so nothing was connected."
    case .codeRefused: "Atlassian did not accept the code that it had given you."
    case .appRefused: "Atlassian does not accept Counterpart's own app credentials."
    case .atlassianUnavailable: "Atlassian cannot be reached at the moment."
    case .siteMissing: "The Atlassian account that you chose has no access to the Jira site of this CRM."
    case .scopesMissing: "Not every permission that Counterpart needs was granted."
    case .emailDiffers: "The e-mail address of the Atlassian account is not the one that you have in the CRM."
    case .damaged: "What Counterpart had kept of this attempt cannot be read any more."
    case .unavailable: "Counterpart cannot write to its database at the moment."
    }
  }

  /// The way forward.
  var advice: String {
    switch self {
    case .unknownConnection, .linkMalformed, .linkForged:
      "Open the link from the CRM again; if that does not help, tell your administrator."
    case .stateUnknown:
      "If you have just connected, all is well. Otherwise open the link from the CRM again to start afresh."
    case .linkExpired, .codeRefused, .damaged: "Open the link from the CRM again to start afresh."
    case .noApp, .appRefused: "Your administrator can mend it: the command “counterpart doctor” says what is missing."
    case .denied, .scopesMissing: "Open the link from the CRM again and allow all that is asked for."
    case .siteMissing:
      "Ask a Jira administrator for access to the site, or open the link again and choose another account or site."
    case .emailDiffers: "Sign out at Atlassian, open the link from the CRM again and sign in with your own account."
    case .atlassianUnavailable, .unavailable: "Nothing is lost. Open the link from the CRM again in a few minutes."
    }
  }
}

extension PageMaker {
  /// The page of a problem: what happened, and what to do.
  func page(for problem: ConnectFlow.Problem) -> Response {
    message(problem.title, [problem.sentence, problem.advice], status: problem.status)
  }
}
