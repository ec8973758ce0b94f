/// Why a genuine delivery cannot be read, and where. Carries nothing of what the delivery says.
package enum DeliveryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The body is not what the profile says it is: `JSON line 3 column 7: …`.
  case unreadable(String)
  case noEvents(select: String)
  case tooManyEvents(limit: Int)
  /// One of the events, counted from 1.
  case event(Int, String)

  package var description: String {
    switch self {
    case .unreadable(let problem): problem
    case .noEvents(let select): "no event at '\(select)'"
    case .tooManyEvents(let limit): "more than \(limit) events in one delivery"
    case .event(let number, let problem): "event \(number): \(problem)"
    }
  }
}
