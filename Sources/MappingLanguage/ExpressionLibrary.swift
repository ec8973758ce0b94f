import SyncModel
import XML

extension XPathLibrary {
  /// What the expressions of mappings and profiles may call: the standard functions, and those for dates and times.
  static let documents = XPathLibrary.standard.adding([formatDate, parseDate])

  /// `format-date(text, pattern)` or `(text, pattern, zone)`: a date or time in ISO 8601 as the pattern has it, by the zone's
  /// clocks (UTC without one). Empty where the text is none.
  private static let formatDate = XPathFunction(
    "format-date", 2...3,
    manual: (
      "format-date(text, pattern, zone)",
      "a date or time in ISO 8601 as a pattern has it, `dd.MM.yyyy HH:mm`, by the clocks of a zone, `Europe/Berlin` "
        + "(without one: UTC); empty where the text is none"
    ), check: checkTimes
  ) { texts, _ in
    guard let pattern = try? TimePattern(texts[1]), let zone = zone(texts), let time = Timestamp(texts[0], in: zone)
    else {
      // What is no time has no form: `default(format-date(…), '…')` says what stands there instead.
      return ""
    }
    return pattern.text(of: time, in: zone)
  }

  /// `parse-date(text, pattern)` or `(text, pattern, zone)`: a date or time that is written by the pattern, in ISO 8601 and
  /// UTC. Empty where the text is not written so.
  private static let parseDate = XPathFunction(
    "parse-date", 2...3,
    manual: (
      "parse-date(text, pattern, zone)",
      "the way back from `format-date`: ISO 8601 and UTC of what is written by a pattern; empty where it is not"
    ), check: checkTimes
  ) { texts, _ in
    guard let pattern = try? TimePattern(texts[1]), let zone = zone(texts),
      let time = pattern.time(in: texts[0].trimmed, zone: zone)
    else { return "" }
    return pattern.hasTime ? time.description : String(day(time, zone))
  }

  private static func zone(_ texts: [String]) -> Zone? { texts.count > 2 ? Zone(named: texts[2]) : .utc }

  /// A date without a time is a day, whatever the zone.
  private static func day(_ time: Timestamp, _ zone: Zone) -> Substring {
    (time + .seconds(zone.offsetSeconds(at: time))).description.prefix(10)
  }

  @Sendable private static func checkTimes(_ texts: [String?]) throws(XPathFunction.ArgumentProblem) {
    if let source = texts[1] {
      do throws(TimePattern.Problem) { _ = try TimePattern(source) } catch {
        throw XPathFunction.ArgumentProblem(argument: 1, message: error.message, offset: error.offset)
      }
    }
    if texts.count > 2, let name = texts[2], Zone(named: name) == nil {
      throw XPathFunction.ArgumentProblem(
        argument: 2, message: "there is no time zone '\(name.prefix(60))'\(NearestName.hint(name, in: Zone.names))")
    }
  }
}
