import JSON
package import MappingLanguage
package import SyncCore
package import SyncModel
package import Wire

/// Tells Atlassian of which accounts personal data is stored, and learns which of them were closed or changed.
///
/// After https://developer.atlassian.com/cloud/jira/platform/user-privacy-developer-guide/: an app that stores account
/// ids reports each of them once in every cycle.
package struct AccountReporting: Sendable {
  /// More accounts in one request are refused.
  package static let batchLimit = 90

  package struct Answer: Hashable, Sendable {
    /// Whose personal data must be erased.
    package var closed: [AccountID] = []
    /// Whose personal data is to be read anew, or erased.
    package var updated: [AccountID] = []
    /// How long a cycle is, where Atlassian says so.
    package var cycle: Duration?

    package init(cycle: Duration? = nil) { self.cycle = cycle }
  }

  package let transport: any Transport
  package let site: JiraSite

  package init(transport: any Transport, site: JiraSite) {
    self.transport = transport
    self.site = site
  }

  package func report(_ accounts: [StoredAccount], token: Secret) async -> Result<Answer, CallFailure> {
    let body: JSONValue = [
      "accounts": .array(
        accounts.map {
          ["accountId": .string($0.account.rawValue), "updatedAt": .string($0.readAt.description)]
        })
    ]
    let request = WireRequest(
      .post, site.apiBase + "/app/report-accounts/",
      headers: [
        WireHeader("Accept", "application/json"), WireHeader("Authorization", "Bearer " + token.reveal()),
        WireHeader("Content-Type", "application/json"),
      ], body: body.utf8)
    do throws(TransportFailure) {
      let response = try await transport.send(request)
      // To report an account twice does no harm, so a lost answer is like one that a read lost.
      guard (200...299).contains(response.status) else { return .failure(JiraFailures.failure(response, .read)) }
      return Self.answer(response)
    } catch {
      return .failure(JiraFailures.failure(error, .read))
    }
  }

  private static func answer(_ response: WireResponse) -> Result<Answer, CallFailure> {
    var answer = Answer(cycle: cycle(response))
    guard response.status != 204 else { return .success(answer) }
    guard let accounts = (try? JSONReader.read(response.body))?["accounts"]?.array else {
      return .failure(.unreadable("the answer to the report of accounts has a shape that is not known"))
    }
    for account in accounts {
      guard let id = account["accountId"]?.text.map({ AccountID($0) }), id.isIdentity else { continue }
      switch account["status"]?.string {
      case "closed": answer.closed.append(id)
      case "updated": answer.updated.append(id)
      default: continue
      }
    }
    return .success(answer)
  }

  /// Whole days, at least one and at most a year.
  private static func cycle(_ response: WireResponse) -> Duration? {
    guard let days = response.header("Cycle-Period").flatMap({ Int64($0) }), days > 0 else { return nil }
    return .seconds(min(days, 366) * 86_400)
  }
}
