import MappingLanguage
package import SyncCore
package import SyncModel
import Wire
import XML

/// A user as the CRM's API answers.
///
/// What is printed of it names nobody: an e-mail address is in flight only, and never logged.
package struct CRMPerson: Hashable, Sendable, Unprinted {
  package var id: CRMUserID
  package var name: String?
  /// Nil: the CRM has none, or one that is longer than addresses are.
  package var email: String?
  package var isActive: Bool

  package init(id: CRMUserID, name: String?, email: String?, isActive: Bool) {
    self.id = id
    self.name = name
    self.email = email
    self.isActive = isActive
  }

  package var description: String { "a CRM user" }
}

/// Users of the CRM, for who is to be found by an e-mail address. No failure repeats an address or a name.
extension CRMSystem {
  private static let idLimit = 200
  /// RFC 5321, 4.5.3.1: 64 octets before the sign, 255 after it.
  private static let emailLimit = 320
  private static let nameLimit = 320
  private static let userLimit = 100
  private static let unknownShape = CallFailure.unreadable("the answer does not hold users as the profile says")

  /// The user with an id, of at most 200 bytes.
  ///
  /// - Returns: nil where the CRM has no such user: 404, 410, or nobody where the profile says that the user is.
  package func user(_ id: CRMUserID) async -> Result<CRMPerson?, CallFailure> {
    do throws(CallFailure) {
      guard id.rawValue.utf8.count <= Self.idLimit else { return .success(nil) }
      let rule = try requests.rule(.getUser)
      let response = try await send(try requests.getUser(id), .read)
      let found = try Self.users(in: response.body, rule)
      guard let user = found.first else { return .success(nil) }
      guard found.count == 1 else { throw .unreadable("the CRM answered several users to one id") }
      guard user.id == id else { throw .unreadable("the CRM answered another user than the one that was asked for") }
      return .success(user)
    } catch .notFound { return .success(nil) } catch .gone { return .success(nil) } catch { return .failure(error) }
  }

  /// The users with an e-mail address, the letters' case apart; others that the CRM shows beside them do not count.
  ///
  /// At most 100 users are read: an answer with more is refused, since the rest could hold the same address once more.
  /// Some CRMs answer 404 where a search finds nobody, so that is nobody, too.
  package func users(email: String) async -> Result<[CRMPerson], CallFailure> {
    do throws(CallFailure) {
      guard email.utf8.count <= Self.emailLimit else { return .success([]) }
      let rule = try requests.rule(.findUsers)
      let response = try await send(try requests.findUsers(email: email), .read)
      let wanted = email.lowercased()
      var found: [CRMPerson] = []
      for user in try Self.users(in: response.body, rule) where user.email?.lowercased() == wanted {
        guard !user.id.rawValue.isEmpty else { throw Self.unknownShape }
        if !found.contains(user) { found.append(user) }
      }
      return .success(found)
    } catch .notFound { return .success([]) } catch { return .failure(error) }
  }

  /// The users of an answer; an id that is too long is an empty one.
  private static func users(in body: [UInt8], _ rule: RequestRule) throws(CallFailure) -> [CRMPerson] {
    guard let rules = rule.users else {
      throw .rejected("the profile does not say where the answer holds users", fields: [:])
    }
    let document: XPathDocument
    do throws(CallFailure) { document = try answer(body) } catch {
      // What is wrong with a text may quote it.
      throw .unreadable("the answer is not JSON, or larger than may be")
    }
    let nodes: [XPathNode]
    do throws(XPathError) { nodes = try document.nodes(rules.select, at: document.root) } catch { throw unknownShape }
    guard nodes.count <= userLimit else { throw .unreadable("the answer holds more than \(userLimit) users") }
    do throws(EventProblem) {
      var users: [CRMPerson] = []
      for node in nodes { users.append(try user(at: node, of: document, rules)) }
      return users
    } catch { throw unknownShape }
  }

  private static func user(
    at node: XPathNode, of document: XPathDocument, _ rules: UserRules
  ) throws(EventProblem) -> CRMPerson {
    func text(_ expression: XPathExpression?, limit: Int) throws(EventProblem) -> String? {
      guard let expression else { return nil }
      let text = try document.trimmedText(expression, at: node)
      return text.isEmpty || text.utf8.count > limit ? nil : text
    }
    return CRMPerson(
      id: CRMUserID(try text(rules.id, limit: idLimit) ?? ""), name: try text(rules.name, limit: nameLimit),
      email: try text(rules.email, limit: emailLimit),
      isActive: try document.isClearYes(rules.isActive, at: node))
  }
}
