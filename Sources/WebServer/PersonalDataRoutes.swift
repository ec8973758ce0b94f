import HTTPTypes
import Hummingbird
import JSON
import SyncEngine
import SyncModel
import SyncStore

/// What is stored about a person, and its end, for programs.
struct PersonalDataAPI: Sendable {
  let dependencies: WebDependencies

  private var records: PersonRecords { PersonRecords(dependencies.services) }

  /// `GET /api/v1/people/{user or account}?connection=…`
  func report(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let chosen = FormFields(request.queryPairs)?["connection"].map { ConnectionName($0) }
    let found = try await records.find(context.pathPart("person"), in: chosen)
    guard !found.isEmpty else { return .jsonError(.notFound, "Nothing is stored about this person.") }
    return .json(["people": .array(found.map(\.json))])
  }

  /// `POST /api/v1/people/purge`: a form with connection and user.
  func purge(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    guard let fields = FormFields(try await request.formPairs(within: dependencies.bodyDeadline)),
      let connection = fields["connection"],
      let user = fields["user"], !user.isEmpty
    else { return .jsonError(.badRequest, "Send a form with connection and user.") }
    var random = SystemRandomNumberGenerator()
    let purge = try await records.purge(
      CRMUserID(user), in: ConnectionName(connection), now: dependencies.clock(), using: &random)
    return .json(["purged": purge.json])
  }
}

/// The same by hand, on the page of people.
struct PersonalDataChanges: Sendable {
  let dependencies: WebDependencies
  let pages: PageMaker

  /// `POST /admin/people/purge`
  func purge(_ fields: FormFields, _ request: Request, _ context: BasicRequestContext) async throws -> Response {
    guard let connection = fields["connection"], let user = fields["user"], !user.isEmpty else {
      throw HTTPError(.badRequest)
    }
    var random = SystemRandomNumberGenerator()
    let purge = try await PersonRecords(dependencies.services).purge(
      CRMUserID(user), in: ConnectionName(connection), now: dependencies.clock(), using: &random)
    return pages.message(
      "Erased", purge.sentences, link: MessagePage.Link(href: "/admin/people", label: "Back to the people"))
  }
}

extension PersonRecords {
  fileprivate init(_ services: Services) {
    self.init(store: services.store, mappings: services.live.current.mappings)
  }
}

extension PersonRecords.Purge {
  fileprivate var sentences: [String] {
    let user = left.user?.rawValue ?? ""
    var sentences = [
      erased.isEmpty
        ? "Nothing was left to erase of the CRM user \(user)."
        : "The CRM user \(user) was disconnected and erased: the tokens, the names, and the id in what is finished."
    ]
    if left.unfinished > 0 {
      sentences.append(
        "\(left.unfinished) of their changes wait or are dead and keep the id; give them up, and erase again.")
    }
    sentences.append(
      "Texts stay, and so does whom cases are assigned to; counterpart users report \(user) lists what is left.")
    return sentences
  }
}

extension ReportTurn {
  /// Where the reporting of stored accounts stands, for the page of people.
  func sentence(now: Timestamp) -> String? {
    if let problem { return "Stored accounts are not reported to Atlassian: \(problem)." }
    return doneAt.map { "Stored accounts were last reported to Atlassian \(Moment($0, now: now).words)." }
  }
}
