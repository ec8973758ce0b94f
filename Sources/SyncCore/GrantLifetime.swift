package import SyncModel

/// For how long a grant that nobody uses goes on, and when it is renewed so that it does not end.
///
/// Atlassian ends a refresh token that was not used for 90 days, and counts anew with each rotation
/// (https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/, "Rotating refresh tokens").
package enum GrantLifetime {
  package static let idleLimit: Duration = .seconds(90 * 86_400)
  /// A month is left for a server that is down, or for an Atlassian that refuses for a while.
  package static let renewAfter: Duration = .seconds(60 * 86_400)

  /// When a grant ends, if its tokens are not renewed before.
  package static func end(refreshedAt: Timestamp) -> Timestamp { refreshedAt + idleLimit }

  /// Grants whose tokens are older than this are renewed though nobody needs them.
  package static func oldest(now: Timestamp) -> Timestamp { now - renewAfter }

  /// Stands for the end of a token whose end is not known: the last day of the year 9999.
  package static let unknownEnd = Timestamp(seconds: 253_402_214_400)
}
