package import SyncModel

extension CallFailure {
  /// Somebody asks us to slow down: Jira, or our own account of what Jira allows.
  package struct RateLimit: Hashable, Sendable {
    /// What the limit concerns; without a word from Jira the narrowest is assumed.
    package enum Level: String, Hashable, Sendable, CaseIterable {
      /// One person's access through the app.
      case grant
      /// Writes to one issue.
      case issue
      /// Requests of one kind to one site: a burst.
      case endpoint
      /// Everything that goes to one site.
      case site
      /// Everything that goes out with the app's tokens, to whatever site.
      case app
    }

    package var level: Level
    /// How long from the answer on; nil: Jira did not say.
    package var retryAfter: Duration?
    /// When the limit begins anew; nil: Jira did not say.
    package var reset: Timestamp?
    /// A quota of the hour is used up, and begins anew with the next one.
    package var isHourly: Bool
    package var source: Source

    package enum Source: String, Hashable, Sendable {
      case jira, crm
      /// Nothing was sent: our own account says that it would be too much for Jira.
      case ours
      /// The same of the part that is not kept for what people do.
      case ourShare
    }

    package init(
      level: Level, retryAfter: Duration?, reset: Timestamp? = nil, isHourly: Bool = false, source: Source = .jira
    ) {
      self.level = level
      self.retryAfter = retryAfter
      self.reset = reset
      self.isHourly = isHourly
      self.source = source
    }

    /// Longer than this no limit of Jira's lasts, whatever a header says.
    private static let longest: Duration = .seconds(3660)
    private static let usual: Duration = .seconds(30)

    /// Until when nothing of what it concerns is sent: never sooner than Jira says.
    package func end(now: Timestamp) -> Timestamp {
      let said = [retryAfter.map { now + $0 }, reset].compactMap { $0 }.max()
      let end = said ?? (isHourly ? PointsLedger.reset(after: now) : now + Self.usual)
      return min(max(end, now), now + Self.longest)
    }

    /// What waits for it, as the middle of a sentence.
    package func words(until end: Timestamp) -> String {
      switch level {
      case _ where source == .crm: "the CRM asks to slow down, until \(end.clockTime)"
      case .grant: "Jira limits the requests of this person until \(end.clockTime)"
      case .issue: "Jira limits how often one issue is written; the next write goes out at \(end.clockTime)"
      case .endpoint: "Jira limits how many requests of one kind come at once; the next goes out at \(end.clockTime)"
      case .site:
        isHourly
          ? "the site's hourly quota at Jira is used up until \(end.clockTime)"
          : "Jira limits the requests to this site until \(end.clockTime)"
      case .app where source == .ourShare:
        "what runs and checks may use of Jira's hourly quota is used up until \(end.clockTime)"
      case .app: "Jira's hourly quota is used up until \(end.clockTime)"
      }
    }
  }
}

extension CallFailure.RateLimit: CustomStringConvertible {
  package var description: String {
    if let reset { return words(until: reset) }
    let wait = retryAfter.map { " for \($0.components.seconds) s" } ?? ""
    return switch level {
    case _ where source == .crm: "the CRM asks to slow down\(wait)"
    case .grant: "Jira limits the requests of this person\(wait)"
    case .issue: "Jira limits how often one issue is written\(wait)"
    case .endpoint: "Jira limits how many requests of one kind come at once\(wait)"
    case .site: isHourly ? "the site's hourly quota at Jira is used up\(wait)" : "Jira limits this site\(wait)"
    case .app: "Jira's hourly quota is used up\(wait)"
    }
  }
}

extension Timestamp {
  /// `14:00 UTC`, or `14:00:07 UTC`: for sentences about today.
  package var clockTime: String {
    let second = ((milliseconds / 1000) % 86_400 + 86_400) % 86_400
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let time = "\(two(second / 3600)):\(two(second / 60 % 60))"
    return second % 60 <= 2 ? time + " UTC" : "\(time):\(two(second % 60)) UTC"
  }
}
