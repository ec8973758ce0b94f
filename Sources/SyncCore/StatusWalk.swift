package import MappingLanguage
import SyncModel

/// The way from where an issue stands to the status it is to reach, found step by step: Jira shows only the transitions
/// out of the present status, and its workflows cannot be read by the people whose grants we hold. Pure.
///
/// A transition that leads straight there is taken. Else the status that the mapping's `via` names; without a `via`,
/// the one status that the mapping's pairs have between here and there. Where several of those are open, nothing is
/// guessed: a wrong status tells people something that did not happen.
package struct StatusWalk: Hashable, Sendable {
  /// More steps than this no way may have.
  package static let stepLimit = 5

  package enum Step: Hashable, Sendable {
    case take(JiraTransition)
    /// No way is known; why, and what would help.
    case stuck(String)
  }

  package var target: String
  /// The statuses to pass through, in order.
  package var via: [String]
  /// The mapping's statuses in the order of their pairs.
  package var order: [String]
  /// The fields that can be filled in on the way.
  package var supplied: Set<String>

  package init(target: String, via: [String] = [], order: [String] = [], supplied: Set<String> = []) {
    self.target = target
    self.via = via
    self.order = order
    self.supplied = supplied
  }

  package init(to transition: IssueTransition, _ rule: StatusRule?) {
    var order: [String] = []
    for pair in rule?.values.pairs ?? [] where !order.contains(pair.jira) { order.append(pair.jira) }
    self.init(
      target: transition.status, via: rule?.ways[transition.status]?.via ?? [], order: order,
      supplied: Set(transition.screen.map(\.key.rawValue) + (transition.resolution == nil ? [] : ["resolution"])))
  }

  package func isTarget(_ status: String) -> Bool { Self.same(status, target) }

  /// The next transition to take.
  ///
  /// - Parameter passed: the statuses in which the issue has stood on this walk; none is entered twice.
  package func step(from current: String, among transitions: [JiraTransition], passed: [String]) -> Step {
    if let direct = best(transitions.filter { isTarget($0.toStatus) }) { return .take(direct) }
    let open = transitions.filter { way in !passed.contains { Self.same($0, way.toStatus) } }
    if !via.isEmpty {
      let start = via.firstIndex { Self.same($0, current) }.map { $0 + 1 } ?? 0
      for status in via[start...].reversed() {
        if let way = best(open.filter { Self.same($0.toStatus, status) }) { return .take(way) }
      }
      return .stuck(nothing(from: current) + ", nor to any of via=\"\(via.joined(separator: ", "))\"")
    }
    let between = between(current).filter { status in open.contains { Self.same($0.toStatus, status) } }
    guard let only = between.first else { return .stuck(nothing(from: current)) }
    guard between.count == 1, let way = best(open.filter { Self.same($0.toStatus, only) }) else {
      return .stuck(
        nothing(from: current) + ", and it could go on by \(between.joined(separator: " or ")): "
          + "name the way with via=\"…\"")
    }
    return .take(way)
  }

  /// The mapping's statuses between here and there, in the direction of travel; all of them where the present one is
  /// none of the mapping's.
  private func between(_ current: String) -> [String] {
    guard let end = order.firstIndex(where: isTarget) else { return [] }
    guard let start = order.firstIndex(where: { Self.same($0, current) }) else {
      return order.filter { !isTarget($0) }
    }
    return start < end ? Array(order[(start + 1)..<end]) : order[(end + 1)..<max(start, end + 1)].reversed()
  }

  private func nothing(from current: String) -> String {
    "no transition leads from \(current) to \(target) for this person"
  }

  /// Of several transitions to one status, one whose required fields can all be filled in; exact names before others.
  private func best(_ ways: [JiraTransition]) -> JiraTransition? {
    let exact = ways.filter { $0.toStatus == target || via.contains($0.toStatus) || order.contains($0.toStatus) }
    let candidates = exact.isEmpty ? ways : exact
    return candidates.first { way in way.fields.allSatisfy { !$0.isRequired || supplied.contains($0.id) } }
      ?? candidates.first
  }

  private static func same(_ one: String, _ other: String) -> Bool { one.lowercased() == other.lowercased() }
}
