import SyncModel

extension FieldRule {
  private static let isoDay = try? TimePattern("yyyy-MM-dd")
  private static let isoTime = try? TimePattern("yyyy-MM-dd'T'HH:mm:ssXXX")

  /// The moment that the CRM's text means; nil: it means none.
  func time(_ text: String) -> Timestamp? {
    let text = text.trimmed
    if let pattern = times.pattern, let time = pattern.time(in: text, zone: times.zone ?? .utc) { return time }
    return Timestamp(text, in: times.zone)
  }

  /// `2026-11-23` of a date or date-time: the day as written, in the writer's own zone, unless the mapping names a zone and
  /// the text a moment.
  func day(_ text: String) -> String? {
    let text = text.trimmed
    if let pattern = times.pattern {
      let zone = times.zone ?? .utc
      if let time = pattern.time(in: text, zone: zone) { return Self.isoDay?.text(of: time, in: zone) }
    }
    guard let time = Timestamp(text, in: times.zone) else { return nil }
    if text.utf8.count > 10, let zone = times.zone { return Self.isoDay?.text(of: time, in: zone) }
    return text.utf8.count == 10 ? text : String(text.prefix(10))
  }

  /// A canonical day as the CRM writes it.
  func crmDate(_ day: String) -> String {
    guard let pattern = times.pattern, let time = Timestamp(day, in: times.zone) else { return day }
    return pattern.text(of: time, in: times.zone ?? .utc)
  }

  /// A canonical moment as the CRM writes it.
  func crmTime(_ moment: String) -> String {
    guard let time = Timestamp(moment) else { return moment }
    if let pattern = times.pattern { return pattern.text(of: time, in: times.zone ?? .utc) }
    guard let zone = times.zone, let pattern = Self.isoTime else { return time.description }
    return pattern.text(of: time, in: zone)
  }
}
