import Simulation

/// How the far sides misbehave for a while.
enum Weather {
  static func bad(using dice: inout SeededRandom) -> (name: String, plan: FaultPlan) {
    var plan = FaultPlan()
    switch dice.number(below: 8) {
    case 0:
      plan.lostAfterApply = 0.3
      plan.brokenAfterApply = 0.1
      plan.malformed = 0.1
      return ("lossy", plan)
    case 1:
      plan.rateLimited = 0.3
      plan.rateLimitedSilently = 0.1
      return ("limiting", plan)
    case 2:
      plan.refusedConnection = 0.3
      plan.unavailable = 0.2
      plan.htmlError = 0.1
      return ("down", plan)
    case 3:
      plan.unauthorised = 0.2
      return ("distrustful", plan)
    case 4:
      plan.forbidden = 0.15
      return ("forbidding", plan)
    case 5:
      plan.slow = 0.4
      plan.delay = .seconds(40)
      return ("slow", plan)
    case 6:
      plan.staleSearch = 0.7
      plan.lostAfterApply = 0.2
      return ("stale", plan)
    default:
      plan.lostAfterApply = 0.08
      plan.brokenAfterApply = 0.04
      plan.refusedConnection = 0.04
      plan.unavailable = 0.04
      plan.rateLimited = 0.04
      plan.unauthorised = 0.03
      plan.malformed = 0.04
      plan.slow = 0.04
      plan.delay = .seconds(40)
      plan.staleSearch = 0.2
      return ("mixed", plan)
    }
  }
}
